//! The function: messages of its queue, each an event of S3 (direct or by EventBridge), a request to index or to
//! render, or a step of a backfill.
//!
//! Work is done in two steps, so that thousands of new files can be browsed within seconds: an S3 event puts the
//! asset's row and sends a message; that message reads and renders the file. Events come at least once and in any
//! order, so both steps look at the object in the bucket instead of trusting the event.

use aws::Cloud;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::IngestMessage;
use lambda_runtime::{Error, LambdaEvent};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use worker::Message;

use crate::failure::Failure;
use crate::{backfill, index, render_asset};

/// Handles a batch; the answer names the messages that failed, so that only they are delivered again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: LambdaEvent<SqsEvent>, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    Ok(worker::each(event, cloud, |message| ingest(message, cloud)).await)
}

async fn ingest(message: Message, cloud: &Cloud) -> Result<(), Failure> {
    if let Ok(request) = serde_json::from_str(&message.body) {
        return match request {
            IngestMessage::Render(id) => render_asset::render_asset(&id, message.is_last(), cloud).await,
            IngestMessage::Index(key) => index::index(&key, cloud).await,
            IngestMessage::Backfill(from) => backfill::backfill(from, &message, cloud).await,
        };
    }
    let event: Value = serde_json::from_str(&message.body).map_err(|_| Failure::NotOurs)?;
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        // S3 sends it once, when the notification is set up.
        return Ok(());
    }
    if event.get("source").and_then(Value::as_str) == Some("aws.s3") {
        // EventBridge does not encode keys
        // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
        let key = event.pointer("/detail/object/key").and_then(Value::as_str).ok_or(Failure::NotOurs)?;
        return index::index(key, cloud).await;
    }
    let event: S3Event = serde_json::from_value(event).map_err(|_| Failure::NotOurs)?;
    for record in event.records {
        let key = record.s3.object.key.unwrap_or_default().replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8().map_err(|_| Failure::BadKey)?;
        index::index(&key, cloud).await?;
    }
    Ok(())
}
