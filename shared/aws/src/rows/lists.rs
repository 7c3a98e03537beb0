//! Lists of assets: their ids in order. Nothing of the assets is copied, so a change of an asset touches no list; an id
//! whose asset went is left out when the list is read.
//!
//! The ids are in rows of 1,000 with the number of their generation. The list's first row, its head, names the
//! generation that counts, so that a new order is written beside the old one and takes its place in one write.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::asset::Asset;
use domain::id::{AssetId, ListId};
use domain::library::counts::Counts;
use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::rows::folders::read_figures;
use crate::rows::indexes::sweep_keys;
use crate::rows::table::{Item, Key, number, number_of, text};
use crate::rows::transact::{BATCH, put_request};
use crate::{Cloud, Error};

/// How long a list may exist without its link before the sweep deletes it.
const ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Ids in one row: 16 KB.
const IDS_A_ROW: usize = 1_000;
/// The most batches that are sent at the same time.
const AT_ONCE: usize = 8;
/// The first generation, and the only one of a selection, which never changes.
const FIRST: u32 = 1;

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The generation that was read.
    pub generation: u32,
    /// The assets in order; some may have gone since.
    pub ids: Vec<AssetId>,
    /// The figures of the assets when the list was written.
    pub counts: Counts,
}

pub(crate) fn partition_key(id: &ListId) -> String {
    format!("LIST#{id}")
}

pub(crate) fn head_key(id: &ListId) -> Key {
    Key::new(partition_key(id), "HEAD")
}

/// How the sort keys of a generation's rows begin. They are before the head's.
fn generation_prefix(generation: u32) -> String {
    format!("{generation:010}#")
}

fn pack_ids(ids: &[AssetId]) -> AttributeValue {
    AttributeValue::B(Blob::new(ids.iter().flat_map(AssetId::to_bytes).collect::<Vec<u8>>()))
}

fn read_ids(row: &Item) -> Result<Vec<AssetId>, Error> {
    let bytes = row.get("ids").and_then(|ids| ids.as_b().ok()).map(|ids| ids.as_ref().as_chunks::<16>());
    match bytes {
        Some((ids, [])) => Ok(ids.iter().copied().map(AssetId::from_bytes).collect()),
        _ => Err(Error::broken("read a list", "a row of it has no ids of 16 bytes each")),
    }
}

/// Lists of assets.
#[derive(Clone, Copy)]
pub struct Lists<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Lists of assets.
    pub fn lists(&self) -> Lists<'_> {
        Lists(self)
    }
}

impl Lists<'_> {
    /// Writes the selection of a link that is about to be created: the assets, in their order.
    ///
    /// # Errors
    /// When the store fails; the sweep deletes the rows that were written.
    pub async fn put_selection(self, id: &ListId, assets: &[Asset], now: Timestamp) -> Result<(), Error> {
        let doing = "write a selection";
        let mut head = head_key(id).item();
        head.insert("generation".into(), number(FIRST));
        let counts: Counts = assets.iter().map(Counts::of).sum();
        head.extend(counts.figures().map(|(name, figure)| (name, number(figure))));
        head.extend(sweep_keys(now.saturating_add(ORPHAN_AFTER).unwrap_or(now), id.as_str()));
        // The head is written first, so that the sweep finds the list if a later write fails.
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(head));
        put.send().await.map_err(|e| Error::sdk(doing, e))?;

        let ids: Vec<AssetId> = assets.iter().map(|asset| asset.id.clone()).collect();
        let rows = ids.chunks(IDS_A_ROW).enumerate().map(|(at, ids)| {
            let key = Key::new(partition_key(id), format!("{}{at:04}", generation_prefix(FIRST)));
            let mut row = key.item();
            row.insert("ids".into(), pack_ids(ids));
            put_request(doing, row)
        });
        let puts = rows.collect::<Result<Vec<_>, _>>()?;
        futures_util::stream::iter(puts.chunks(BATCH).map(<[_]>::to_vec).collect::<Vec<_>>())
            .map(|batch| self.0.rows().write_batch(doing, batch))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    /// Reads a list by one Query: 16 KB for each 1,000 ids, of which it has at most 10,000.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, id: &ListId) -> Result<Option<List>, Error> {
        let rows = self.0.rows().partition("read a list", &partition_key(id)).await?;
        let Some(head) = rows.iter().find(|row| text(row, "sk") == Some("HEAD")) else { return Ok(None) };
        let generation = number_of(head, "generation")
            .ok_or_else(|| Error::broken("read a list", "its head names no generation"))?;
        let prefix = generation_prefix(generation);
        let mut ids = Vec::new();
        for row in rows.iter().filter(|row| text(row, "sk").is_some_and(|sk| sk.starts_with(&prefix))) {
            ids.extend(read_ids(row)?);
        }
        Ok(Some(List { generation, ids, counts: read_figures(head, "") }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_in_order_and_a_cut_row_is_named() {
        let ids: Vec<AssetId> = (0..3).map(|n| AssetId::of(&n.to_string())).collect();
        let row = Item::from([("ids".to_owned(), pack_ids(&ids))]);
        assert_eq!(read_ids(&row).unwrap(), ids);
        let cut = Item::from([("ids".to_owned(), AttributeValue::B(Blob::new(vec![0; 17])))]);
        assert!(read_ids(&cut).is_err() && read_ids(&Item::new()).is_err());
    }
}
