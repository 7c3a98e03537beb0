//! Backfill: indexes objects that existed before notifications were set up, a page by each message.

use aws::Cloud;
use domain::event::{Backfill, IngestMessage};
use domain::object::Bucket;
use jiff::SignedDuration;
use worker::Message;

use crate::failure::Failure;
use crate::index::{ToIndex, index_all};

/// Objects of a message: about a minute's work of the fifteen that the function may take.
const PAGE: usize = 500;
/// Objects indexed together.
const AT_ONCE: usize = 100;
/// A page ends early when less time is left, so that what is begun and the messages are done in time.
const HAND_ON_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Indexes the next page and sends a message for the one after it. An object that is indexed already costs one read of
/// its row and one HEAD request, so a backfill can be started again at any time.
///
/// An object that can't be indexed gets a message of its own, so that the others need not wait. If a whole page fails,
/// the stores may be at fault, so the message fails and is delivered again; at its last delivery the objects are taken
/// to be at fault. Before the deadline a page ends early, and the next message continues from there.
pub(crate) async fn backfill(from: Backfill, message: &Message, cloud: &Cloud) -> Result<(), Failure> {
    let prefix = &cloud.settings().library_prefix;
    let keys = cloud.objects(Bucket::Assets).keys_after(prefix, from.after.as_deref(), PAGE).await?;
    let mut failed = Vec::new();
    let mut tried = 0;
    for some in keys.chunks(AT_ONCE) {
        // The first ones are tried in any case, so that each message gets on.
        if tried > 0 && message.deadline.is_within(HAND_ON_WITHIN) {
            break;
        }
        tried += some.len();
        let again = message.receives > 1;
        let objects = some.iter().map(|key| ToIndex { key: key.clone(), again }).collect();
        for (key, error) in index_all(objects, message.deadline, cloud).await {
            tracing::warn!(%error, "an object could not be indexed and gets a message of its own");
            failed.push((key, error));
        }
    }
    let keys = &keys[..tried];
    if !message.is_last()
        && failed.len() == keys.len()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    for (key, _) in &failed {
        cloud.queues().send_ingest(&IngestMessage::Index(key.clone())).await?;
    }
    tracing::info!(objects = keys.len(), failed = failed.len(), "a page of the bucket was indexed");
    // The store may return fewer keys than requested, so only an empty page is the end.
    if let Some(last) = keys.last() {
        cloud.queues().send_ingest(&IngestMessage::Backfill(Backfill { after: Some(last.clone()) })).await?;
    }
    Ok(())
}
