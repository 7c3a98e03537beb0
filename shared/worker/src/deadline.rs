//! When Lambda kills a function.

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;

/// When the function is killed, whatever it does then.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// Lambda's, of this call.
    pub(crate) fn of(call: &Context) -> Self {
        let at = i64::try_from(call.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        // What is beyond all time is as good as no deadline.
        Self(at.unwrap_or(Timestamp::MAX))
    }

    /// Whether less than `time` is left.
    #[must_use]
    pub fn is_within(self, time: SignedDuration) -> bool {
        self.0.duration_since(aws::clock::now()) < time
    }
}
