//! The one place of this crate that reads the clock: an S3 store stamps what it stores by its own time.

use jiff::Timestamp;

/// Milliseconds since 1970, the resolution S3 shows in listings.
pub(crate) fn now_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a store's Last-Modified is the store's own clock, as S3's is"
    )]
    Timestamp::now().as_millisecond()
}
