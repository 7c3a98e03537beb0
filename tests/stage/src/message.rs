//! Messages from a queue as Lambda passes them to a function.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use jiff::SignedDuration;
use lambda_runtime::{Context, LambdaEvent};

/// How much time a function has in tests.
const TIME: SignedDuration = SignedDuration::from_mins(15);

/// A message as it is delivered for the `n`-th time, with the id `m-1` and the receipt `r-1`.
pub fn delivered(body: impl Into<String>, n: u32) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("m-1".into());
    message.receipt_handle = Some("r-1".into());
    message.body = Some(body.into());
    message.attributes.insert("ApproximateReceiveCount".into(), n.to_string());
    message
}

/// An event of several messages.
pub fn batch(messages: impl IntoIterator<Item = SqsMessage>) -> LambdaEvent<SqsEvent> {
    let mut event = SqsEvent::default();
    event.records.extend(messages);
    with_time(event, TIME)
}

/// An event of a function that has some time left.
pub fn with_time<T>(event: T, left: SignedDuration) -> LambdaEvent<T> {
    let mut context = Context::default();
    context.deadline = (aws::clock::now() + left).as_millisecond().unsigned_abs();
    LambdaEvent::new(event, context)
}
