//! The only place that reads the clock. Rules elsewhere take `now`.

use jiff::Timestamp;

/// The present moment in whole milliseconds, which is the precision of rows.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("the clock's time is in range")
}
