//! What queue functions share: they handle a batch message by message and report the messages that failed, so that SQS
//! delivers only these again.

use std::fmt::Display;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::MAX_RECEIVES;

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// The body, which is JSON.
    pub body: String,
    /// The number of deliveries, this one included.
    pub receives: u32,
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
}

/// Handles a batch, one message after the other. Failures are logged here, and their messages are delivered again.
pub async fn each<F: Failure, Handled: Future<Output = Result<(), F>>>(
    event: SqsEvent,
    handle: impl Fn(Message) -> Handled,
) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    for message in event.records {
        let count = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        let body = message.body.unwrap_or_default();
        // Boxed, because the type of a function's whole work would be too deep for the compiler.
        let handled = Box::pin(handle(Message { body, receives: count.unwrap_or(1) })).await;
        let Err(failure) = handled else { continue };
        let id = message.message_id.unwrap_or_default();
        if failure.is_expected() {
            tracing::info!(%failure, message = id, "a message is not done and will be delivered again");
        } else {
            tracing::error!(%failure, message = id, "a message failed and will be delivered again");
        }
        answer.add_failure(id);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Failure for &str {}

    #[tokio::test]
    async fn only_messages_that_failed_are_delivered_again() {
        let event = serde_json::json!({"Records": [
            {"messageId": "1", "body": "good"},
            {"messageId": "2", "body": "bad", "attributes": {"ApproximateReceiveCount": "4"}},
            {"messageId": "3", "body": "bad at last", "attributes": {"ApproximateReceiveCount": "5"}},
        ]});
        let event: SqsEvent = serde_json::from_value(event).unwrap();
        let answer = each(event, async |message: Message| match (message.body.as_str(), message.is_last()) {
            ("good", false) => Ok(()),
            ("bad", false) | ("bad at last", true) => Err("no"),
            other => panic!("{other:?}"),
        });
        let failed = answer.await.batch_item_failures;
        let failed: Vec<_> = failed.iter().map(|failure| failure.item_identifier.as_str()).collect();
        assert_eq!(failed, ["2", "3"]);
    }
}
