//! What queue functions share: they handle a batch message by message and report the messages that failed, so that SQS
//! delivers only these again.
//!
//! SQS would deliver a failed message again after the queue's visibility time-out, up to 90 minutes. So a message that
//! failed is put off by a time of its own before it is reported; its number of deliveries stays.

use std::fmt::Display;

use aws::Cloud;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::event::MAX_RECEIVES;
use jiff::SignedDuration;
use lambda_runtime::LambdaEvent;

pub use aws::clock::Deadline;

/// The longest that a message waits after a failure.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// A message is not begun when less is left: most work is done in this time, also if a store is slow.
const LEAST_TIME: SignedDuration = SignedDuration::from_secs(30);

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// The body, which is JSON.
    pub body: String,
    /// The number of deliveries, this one included.
    pub receives: u32,
    /// When the function is killed.
    pub deadline: Deadline,
}

impl Message {
    /// Whether this is the last delivery: if it fails, SQS moves the message to the dead-letter queue.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.receives >= MAX_RECEIVES
    }
}

/// Why a message failed and is to be delivered again.
pub trait Failure: Display {
    /// Whether nothing is wrong: another worker has the work, or it is too early for it.
    fn is_expected(&self) -> bool {
        false
    }

    /// How long the message waits, if it is known. Otherwise the wait doubles with each failure.
    fn wait(&self) -> Option<SignedDuration> {
        None
    }
}

/// Handles a batch, one message after the other. Failures are logged here, and their messages are delivered again.
///
/// A message that can't be done before the deadline is not begun and comes again at once, but at its last delivery it is
/// begun in any case, since it will not come again.
pub async fn each<F: Failure, Handled: Future<Output = Result<(), F>>>(
    event: LambdaEvent<SqsEvent>,
    cloud: &Cloud,
    handle: impl Fn(Message) -> Handled,
) -> SqsBatchResponse {
    let deadline = Deadline::at(event.context.deadline);
    let mut answer = SqsBatchResponse::default();
    for mut delivery in event.payload.records {
        let count = delivery.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        let receives = count.unwrap_or(1);
        let message = Message { body: delivery.body.take().unwrap_or_default(), receives, deadline };
        let (id, is_last) = (delivery.message_id.take().unwrap_or_default(), message.is_last());
        let wait = if deadline.is_within(LEAST_TIME) && !is_last {
            tracing::info!(
                message_id = id,
                "too little time is left for a message; it will be delivered again"
            );
            Some(SignedDuration::ZERO)
        } else {
            // Boxed, because the type of a function's whole work would be too deep for the compiler.
            let Err(failure) = Box::pin(handle(message)).await else { continue };
            if failure.is_expected() {
                tracing::info!(%failure, message_id = id, "a message is not done and will be delivered again");
            } else {
                tracing::error!(%failure, message_id = id, "a message failed and will be delivered again");
            }
            failure.wait()
        };
        if !is_last {
            put_off(&delivery, receives, wait, cloud).await;
        }
        answer.add_failure(id);
    }
    answer
}

/// Puts a message off. If that fails, the message is only delivered later: after the queue's visibility time-out.
async fn put_off(delivery: &SqsMessage, receives: u32, wait: Option<SignedDuration>, cloud: &Cloud) {
    let source = delivery.event_source_arn.as_deref().unwrap_or_default();
    let receipt = delivery.receipt_handle.as_deref().unwrap_or_default();
    let Some(queue) = cloud.queues().of_source(source) else {
        tracing::error!(
            source,
            "a message is of a queue that is not in the settings, so it will come again late"
        );
        return;
    };
    let wait = wait.unwrap_or_else(|| wait_after(receives, queue.first_wait));
    if let Err(error) = cloud.queues().put_off(queue, receipt, wait).await {
        tracing::error!(%error, "a message that failed could not be put off, so it will come again late");
    }
}

/// How long a message waits after so many deliveries: `first`, and twice as long after each further one. There is no
/// randomness in it: failed messages are few, and a function takes as many at once as its concurrency allows.
fn wait_after(receives: u32, first: SignedDuration) -> SignedDuration {
    let doubled = receives.saturating_sub(1).min(16);
    first.saturating_mul(1 << doubled).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests;
