//! Backfill: indexes objects that were there before notifications were set up, one page per message.

use aws::Cloud;
use domain::event::{Backfill, IngestMessage};
use domain::object::Bucket;
use futures_util::future::join_all;

use crate::failure::Failure;
use crate::index::index;

/// How many objects one message looks at: about a minute's work of the fifteen that the function may take.
const PAGE: usize = 500;
/// How many of them at once. Assets of one folder share its figures, so more would only wait for each other.
const AT_ONCE: usize = 4;

/// Indexes the next page and asks for the one after it. An object that is indexed already costs one read of its row and
/// one of its object's head, so a backfill may be started again at any time.
///
/// An object that can't be indexed gets a message of its own, so that the others need not wait. Where all of a page
/// fail, the stores may be at fault, and the page's message comes again; at its last delivery (`is_last`) the objects
/// are taken to be at fault.
pub(crate) async fn backfill(from: Backfill, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let prefix = &cloud.settings().library_prefix;
    let keys = cloud.objects(Bucket::Assets).keys_after(prefix, from.after.as_deref(), PAGE).await?;
    let mut failed = Vec::new();
    for some in keys.chunks(AT_ONCE) {
        let outcomes = join_all(some.iter().map(|key| index(key, cloud))).await;
        for (key, outcome) in some.iter().zip(outcomes) {
            if let Err(error) = outcome {
                tracing::warn!(%error, "an object was left for a message of its own");
                failed.push((key, error));
            }
        }
    }
    if !is_last
        && failed.len() == keys.len()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    for (key, _) in &failed {
        cloud.queues().send_ingest(&IngestMessage::Index((*key).clone())).await?;
    }
    tracing::info!(objects = keys.len(), failed = failed.len(), "a page of the bucket was indexed");
    // The store may give fewer than it was asked for: only an empty page is the end.
    if let Some(last) = keys.last() {
        cloud.queues().send_ingest(&IngestMessage::Backfill(Backfill { after: Some(last.clone()) })).await?;
    }
    Ok(())
}
