//! The only place of this crate that reads the clock, because an S3 store dates its objects by its own clock.

use jiff::Timestamp;

/// Milliseconds since 1970, which is the resolution of S3's listings.
pub(crate) fn now_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a store's Last-Modified is the store's own clock, as S3's is"
    )]
    Timestamp::now().as_millisecond()
}
