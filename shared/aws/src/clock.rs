//! The only place that reads the clock. Rules elsewhere take `now`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The present moment in whole milliseconds, which is the precision of rows.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("the clock's time is in range")
}

/// When a function is killed, whatever it does then.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// Lambda's deadline of a call, in milliseconds since 1970.
    pub fn at(milliseconds: u64) -> Self {
        let at = i64::try_from(milliseconds).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        // A deadline after the last possible time is no deadline.
        Self(at.unwrap_or(Timestamp::MAX))
    }

    /// Whether less than `time` is left.
    #[must_use]
    pub fn is_within(self, time: SignedDuration) -> bool {
        self.0.duration_since(now()) < time
    }

    /// The time that is left, less a `margin`; zero if there is none.
    #[must_use]
    pub fn left_before(self, margin: SignedDuration) -> Duration {
        Duration::try_from(self.0.duration_since(now()).saturating_sub(margin)).unwrap_or_default()
    }
}
