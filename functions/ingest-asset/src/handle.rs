//! The function: messages of its queue, each an event of S3, straight or by EventBridge, a request to index or to
//! render, or a step of a backfill.
//!
//! Work comes in two steps so that thousands of new files can be browsed within seconds: an S3 event puts the
//! asset's row and sends a message to render it; the message reads the file. Events come at least once and in any
//! order, so neither step believes them: both look at what is in the bucket now.

use aws::Cloud;
use aws::queues::receives;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::{IndexBucket, IndexObject, RenderAsset};
use lambda_runtime::Error;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{backfill, index, render_asset};

/// How often the queue delivers a message before it goes to the dead letters.
const LAST_RECEIVE: u32 = 5;

/// Why a message could not be dealt with: it comes again, and in the end goes to the dead letters.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is no message of ours.
    #[error("the message is neither an event of S3 nor a request to render, to index or to backfill")]
    NotOurs,
    /// The key of an S3 event does not decode.
    #[error("the event's object key is not UTF-8")]
    BadKey,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// The file could not be kept while it was read.
    #[error("keep a file for reading: {0}")]
    Disk(#[from] std::io::Error),
    /// Rendering was cancelled.
    #[error("render: {0}")]
    Render(#[from] tokio::task::JoinError),
}

/// Deals with a batch; messages that failed are named, so that only they come again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: SqsEvent, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in event.records {
        let body = message.body.unwrap_or_default();
        let is_last = receives(&message.attributes) >= LAST_RECEIVE;
        if let Err(error) = deal_with(&body, is_last, cloud).await {
            tracing::error!(%error, "a message failed and will come again");
            answer.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(answer)
}

async fn deal_with(body: &str, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let message: Value = serde_json::from_str(body).map_err(|_| Failure::NotOurs)?;
    if message.get("render").is_some() {
        let wanted: RenderAsset = serde_json::from_value(message).map_err(|_| Failure::NotOurs)?;
        return render_asset::render_asset(&wanted.render, is_last, cloud).await;
    }
    if message.get("index").is_some() {
        let wanted: IndexObject = serde_json::from_value(message).map_err(|_| Failure::NotOurs)?;
        return index::index(&wanted.index, cloud).await;
    }
    if message.get("backfill").is_some() {
        let wanted: IndexBucket = serde_json::from_value(message).map_err(|_| Failure::NotOurs)?;
        return backfill::backfill(wanted.backfill, is_last, cloud).await;
    }
    if message.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        // S3 sends it once, when the notification is set up.
        return Ok(());
    }
    if message.get("source").and_then(Value::as_str) == Some("aws.s3") {
        // By EventBridge, which tells a key as it is
        // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
        let key = message.pointer("/detail/object/key").and_then(Value::as_str).ok_or(Failure::NotOurs)?;
        return index::index(key, cloud).await;
    }
    let event: S3Event = serde_json::from_value(message).map_err(|_| Failure::NotOurs)?;
    for record in event.records {
        let key = record.s3.object.key.unwrap_or_default().replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8().map_err(|_| Failure::BadKey)?;
        index::index(&key, cloud).await?;
    }
    Ok(())
}
