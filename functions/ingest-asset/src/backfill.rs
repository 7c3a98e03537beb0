//! What lay in the bucket before anybody told of it: listed and indexed, a page a message.

use aws::Cloud;
use domain::event::{Backfill, IndexBucket};
use domain::gate::Bucket;
use futures_util::future::try_join_all;

use crate::handle::Failure;
use crate::index::index;

/// How many objects one message looks at: about a minute's work of the fifteen that the function may take.
const PAGE: usize = 500;
/// How many of them at once. Assets of one folder share its figures, and more would only wait for each other.
const AT_ONCE: usize = 4;

/// Indexes the next page and asks for the one after it. What is indexed already costs one read of its row and one look
/// at its object, so a backfill may be started again at any time.
pub(crate) async fn backfill(from: Backfill, cloud: &Cloud) -> Result<(), Failure> {
    let prefix = &cloud.settings().library_prefix;
    let keys = cloud.keys_after(Bucket::Assets, prefix, from.after.as_deref(), PAGE).await?;
    for some in keys.chunks(AT_ONCE) {
        try_join_all(some.iter().map(|key| index(key, cloud))).await?;
    }
    tracing::info!(objects = keys.len(), "a page of the bucket was indexed");
    // The store may give fewer than it was asked for: only an empty page is the end.
    if let Some(last) = keys.last() {
        cloud.send_backfill(&IndexBucket { backfill: Backfill { after: Some(last.clone()) } }).await?;
    }
    Ok(())
}
