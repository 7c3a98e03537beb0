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

    /// Whether too little time is left to begin with it. At its last delivery it is begun in any case, since it will
    /// not come again.
    #[must_use]
    pub fn has_no_time(&self) -> bool {
        self.deadline.is_within(LEAST_TIME) && !self.is_last()
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
/// A message that can't be done before the deadline is not begun and comes again at once, but at its last delivery it
/// is begun in any case, since it will not come again.
pub async fn each<F: Failure, Handled: Future<Output = Result<(), F>>>(
    event: LambdaEvent<SqsEvent>,
    cloud: &Cloud,
    handle: impl Fn(Message) -> Handled,
) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    for (delivery, message) in deliveries(event) {
        let outcome = if message.has_no_time() {
            tracing::info!(
                message_id = delivery.message_id,
                "too little time is left for a message; it will be delivered again"
            );
            Err(Some(SignedDuration::ZERO))
        } else {
            // Boxed, because the type of a function's whole work would be too deep for the compiler.
            Box::pin(handle(message.clone())).await.map_err(|failure| log(&failure, &delivery))
        };
        settle(delivery, &message, outcome, cloud, &mut answer).await;
    }
    answer
}

/// Handles a batch as a whole: `handle` gets all messages and returns what became of each, in their order. Failures are
/// logged here, and their messages are delivered again.
pub async fn together<F: Failure, Handled: Future<Output = Vec<Result<(), F>>>>(
    event: LambdaEvent<SqsEvent>,
    cloud: &Cloud,
    handle: impl FnOnce(Vec<Message>) -> Handled,
) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    let (deliveries, messages): (Vec<_>, Vec<_>) = deliveries(event).unzip();
    let mut outcomes = Box::pin(handle(messages.clone())).await.into_iter();
    for (delivery, message) in deliveries.into_iter().zip(messages) {
        let outcome = match outcomes.next() {
            Some(outcome) => outcome.map_err(|failure| log(&failure, &delivery)),
            None => {
                tracing::error!(message_id = delivery.message_id, "nothing became of a message");
                Err(None)
            }
        };
        settle(delivery, &message, outcome, cloud, &mut answer).await;
    }
    answer
}

/// The messages of a batch, each with its delivery.
fn deliveries(event: LambdaEvent<SqsEvent>) -> impl Iterator<Item = (SqsMessage, Message)> {
    let deadline = Deadline::at(event.context.deadline);
    event.payload.records.into_iter().map(move |mut delivery| {
        let count = delivery.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        let body = delivery.body.take().unwrap_or_default();
        (delivery, Message { body, receives: count.unwrap_or(1), deadline })
    })
}

/// Logs why a message failed, and returns how long it waits.
fn log(failure: &impl Failure, delivery: &SqsMessage) -> Option<SignedDuration> {
    let message_id = delivery.message_id.as_deref().unwrap_or_default();
    if failure.is_expected() {
        tracing::info!(%failure, message_id, "a message is not done and will be delivered again");
    } else {
        tracing::error!(%failure, message_id, "a message failed and will be delivered again");
    }
    failure.wait()
}

/// Reports a message that is not done, and puts it off unless it will not come again.
async fn settle(
    mut delivery: SqsMessage,
    message: &Message,
    outcome: Result<(), Option<SignedDuration>>,
    cloud: &Cloud,
    answer: &mut SqsBatchResponse,
) {
    let Err(wait) = outcome else { return };
    if !message.is_last() {
        put_off(&delivery, message.receives, wait, cloud).await;
    }
    answer.add_failure(delivery.message_id.take().unwrap_or_default());
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
