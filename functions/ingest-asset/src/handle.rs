//! The function: messages of its queues, each an event of S3 (direct or by EventBridge), a request to index or to
//! render, a step of a backfill, or words to tidy. The objects of all events of a batch are indexed together.

use std::collections::BTreeMap;

use aws::Cloud;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::{Backfill, IngestMessage};
use domain::id::AssetId;
use domain::library::words::Word;
use lambda_runtime::{Error, LambdaEvent};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use worker::Message;

use crate::failure::Failure;
use crate::index::{ToIndex, index_all};
use crate::{backfill, render_asset, tidy_words};

/// Handles a batch; the answer names the messages that failed, so that only they are delivered again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: LambdaEvent<SqsEvent>, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    Ok(worker::together(event, cloud, |messages| ingest(messages, cloud)).await)
}

/// What a message is for.
enum Work {
    /// To index these objects.
    Index(Vec<String>),
    /// To read and render this asset's file.
    Render(AssetId),
    /// To index the next page of the bucket.
    Backfill(Backfill),
    /// To look at the postings of an asset's words.
    Tidy(AssetId, Vec<Word>),
}

async fn ingest(messages: Vec<Message>, cloud: &Cloud) -> Vec<Result<(), Failure>> {
    let work: Vec<Result<Work, Failure>> = messages.iter().map(|message| read(&message.body)).collect();
    // Several events of one object are one look at it.
    let mut objects = BTreeMap::<&str, bool>::new();
    for (message, work) in messages.iter().zip(&work) {
        if let Ok(Work::Index(keys)) = work {
            for key in keys {
                *objects.entry(key).or_default() |= message.receives > 1;
            }
        }
    }
    let objects = objects.into_iter().map(|(key, again)| ToIndex { key: key.to_owned(), again }).collect();
    let failed = match messages.first() {
        Some(first) => index_all(objects, first.deadline, cloud).await,
        None => return Vec::new(),
    };
    let mut outcomes = Vec::with_capacity(messages.len());
    for (message, work) in messages.iter().zip(work) {
        outcomes.push(match work {
            Err(failure) => Err(failure),
            Ok(Work::Index(keys)) => {
                keys.iter().find_map(|key| failed.get(key)).map_or(Ok(()), |failure| Err(failure.clone()))
            }
            Ok(_) if message.has_no_time() => Err(Failure::NoTime),
            Ok(Work::Render(id)) => render_asset::render_asset(&id, message.is_last(), cloud).await,
            Ok(Work::Backfill(from)) => backfill::backfill(from, message, cloud).await,
            Ok(Work::Tidy(asset, words)) => tidy_words::tidy_words(&asset, &words, cloud).await,
        });
    }
    outcomes
}

/// Reads the body of a message.
fn read(body: &str) -> Result<Work, Failure> {
    if let Ok(request) = serde_json::from_str(body) {
        return Ok(match request {
            IngestMessage::Index(key) => Work::Index(vec![key]),
            IngestMessage::Render(id) => Work::Render(id),
            IngestMessage::Backfill(from) => Work::Backfill(from),
            IngestMessage::Tidy { asset, words } => Work::Tidy(asset, words),
        });
    }
    let event: Value = serde_json::from_str(body).map_err(|_| Failure::NotOurs)?;
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        // S3 sends it once, when the notification is set up.
        return Ok(Work::Index(Vec::new()));
    }
    if event.get("source").and_then(Value::as_str) == Some("aws.s3") {
        // EventBridge does not encode keys
        // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
        let key = event.pointer("/detail/object/key").and_then(Value::as_str).ok_or(Failure::NotOurs)?;
        return Ok(Work::Index(vec![key.to_owned()]));
    }
    let event: S3Event = serde_json::from_value(event).map_err(|_| Failure::NotOurs)?;
    let keys = event.records.into_iter().map(|record| {
        let key = record.s3.object.key.unwrap_or_default().replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8().map_err(|_| Failure::BadKey)?;
        Ok(key.into_owned())
    });
    Ok(Work::Index(keys.collect::<Result<_, Failure>>()?))
}
