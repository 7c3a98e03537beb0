//! What lay in the bucket before anybody told of it: listed and indexed, a page a message.

use aws::Cloud;
use domain::event::{Backfill, IndexBucket, IndexObject};
use domain::object::Bucket;
use futures_util::future::join_all;

use crate::handle::Failure;
use crate::index::index;

/// How many objects one message looks at: about a minute's work of the fifteen that the function may take.
const PAGE: usize = 500;
/// How many of them at once. Assets of one folder share its figures, and more would only wait for each other.
const AT_ONCE: usize = 4;

/// Indexes the next page and asks for the one after it. What is indexed already costs one read of its row and one look
/// at its object, so a backfill may be started again at any time.
///
/// An object that can't be looked at gets a message of its own and does not keep the others waiting. Where all fail it
/// may be the stores, and the page comes again; with its last delivery (`is_last`) it was the objects.
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
        cloud.queues().send_index(&IndexObject { index: (*key).clone() }).await?;
    }
    tracing::info!(objects = keys.len(), failed = failed.len(), "a page of the bucket was indexed");
    // The store may give fewer than it was asked for: only an empty page is the end.
    if let Some(last) = keys.last() {
        cloud
            .queues()
            .send_backfill(&IndexBucket { backfill: Backfill { after: Some(last.clone()) } })
            .await?;
    }
    Ok(())
}
