//! The only place that reads the clock. Rules elsewhere take `now`.

use jiff::Timestamp;

/// The present moment, in whole milliseconds, as rows keep it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a time once read is in range")
}
