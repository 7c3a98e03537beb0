//! Deletes postings of words that an asset no longer has.

use aws::Cloud;
use domain::id::AssetId;
use domain::library::words::Word;

use crate::failure::Failure;

/// Deletes the postings of those words that the asset no longer has. Words whose postings are too young get another
/// message.
pub(crate) async fn tidy_words(asset: &AssetId, words: &[Word], cloud: &Cloud) -> Result<(), Failure> {
    let young = cloud.words().tidy(asset, words, aws::clock::now()).await?;
    if !young.is_empty() {
        cloud.queues().send_tidy(asset, young).await?;
    }
    Ok(())
}
