//! Messages from a queue as Lambda passes them to a function.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};

/// A message as it is delivered for the `n`-th time, with the id `m-1`.
pub fn delivered(body: impl Into<String>, n: u32) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("m-1".into());
    message.body = Some(body.into());
    message.attributes.insert("ApproximateReceiveCount".into(), n.to_string());
    message
}

/// An event of several messages.
pub fn batch(messages: impl IntoIterator<Item = SqsMessage>) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records.extend(messages);
    event
}
