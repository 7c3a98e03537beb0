//! Selections: sets of assets picked for one link. A selection is written before its link and is in the sweep's index
//! until the link exists. Its rows follow the changes of their assets.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::asset::Asset;
use domain::id::{AssetId, LinkId};
use domain::set::{Counts, SetHead, SetRef};
use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::Error;
use crate::backoff::pause;
use crate::rows::assets::{add_counts, member_row};
use crate::rows::links::sweep_keys;
use crate::rows::sets::Sets;
use crate::rows::sets::{figures, head_key, read_member};
use crate::rows::table::{IndexQuery, Item, Key, string, text, to_item};
use crate::rows::transact::{ATTEMPTS, BATCH, put_request};

/// How long a selection may exist without its link before the sweep deletes it.
const ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// The most rows that DynamoDB reads in one BatchGetItem.
const READ: usize = 100;
/// The most batches that are sent at the same time.
const AT_ONCE: usize = 8;

fn row(set: &SetRef, position: usize, asset: &Asset) -> Result<Item, Error> {
    let mut row = member_row(set, asset)?;
    row.insert("position".into(), string(format!("{position:08}")));
    row.insert("asset_key".into(), string(format!("ASSET#{}", asset.id)));
    Ok(row)
}

impl Sets<'_> {
    /// Writes the selection of a link that is about to be created: the assets, in their order.
    ///
    /// # Errors
    /// When the store fails; the sweep deletes the rows that were written.
    pub async fn put_selection(
        self,
        link: &LinkId,
        name: &str,
        assets: &[Asset],
        now: Timestamp,
    ) -> Result<SetHead, Error> {
        let doing = "write a selection";
        let set = SetRef::selection(link);
        let head = SetHead {
            name: name.to_owned(),
            path: String::new(),
            parent: None,
            counts: assets.iter().map(Counts::of).sum(),
        };
        let mut item = to_item(doing, &head)?;
        item.extend(figures(&head.counts));
        item.extend(head_key(&set).item());
        item.extend(sweep_keys(now.saturating_add(ORPHAN_AFTER).unwrap_or(now), link.as_str()));
        item.insert("id".into(), string(link.as_str()));
        // The head is written first, so that the sweep finds the selection if a later write fails.
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(item));
        put.send().await.map_err(|e| Error::sdk(doing, e))?;

        let rows: Vec<Item> = assets
            .iter()
            .enumerate()
            .map(|(position, asset)| row(&set, position, asset))
            .collect::<Result<_, _>>()?;
        let puts = rows.into_iter().map(|row| put_request(doing, row)).collect::<Result<Vec<_>, _>>()?;
        futures_util::stream::iter(puts.chunks(BATCH).map(<[_]>::to_vec).collect::<Vec<_>>())
            .map(|batch| self.0.rows().write_batch(doing, batch))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        self.apply_changes_since(&set, assets).await?;
        Ok(head)
    }

    /// Applies the changes of assets that were made while the selection was being written: their writers could not find
    /// its rows yet.
    async fn apply_changes_since(self, set: &SetRef, written: &[Asset]) -> Result<(), Error> {
        let chunks = written.chunks(READ).enumerate().map(|(n, chunk)| (n * READ, chunk.to_vec()));
        futures_util::stream::iter(chunks.collect::<Vec<_>>())
            .map(|(first, chunk)| async move {
                let ids: Vec<AssetId> = chunk.iter().map(|asset| asset.id.clone()).collect();
                for (at, (was, now)) in chunk.iter().zip(self.0.assets().find_many(&ids).await?).enumerate() {
                    if now.as_ref().is_none_or(|now| now.revision != was.revision) {
                        self.follow_asset(row(set, first + at, was)?, now.as_ref()).await?;
                    }
                }
                Ok::<(), Error>(())
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    /// Changes the rows of an asset in all selections to what it is now (`None`: removed).
    pub(crate) async fn refresh_selections(self, id: &AssetId, now: Option<&Asset>) -> Result<(), Error> {
        let asset_key = format!("ASSET#{id}");
        let mut after: Option<String> = None;
        loop {
            let query = IndexQuery {
                index: "by_asset",
                partition: ("asset_key", &asset_key),
                sort: "pk",
                ascending: true,
                after: after.as_deref(),
                limit: 100,
            };
            let rows = self.0.rows().query("find an asset's selections", &query).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = text(last, "pk").map(str::to_owned);
            // The index can show a row as it was a moment ago, so the row itself is read.
            let keys = rows.iter().filter_map(|row| Some(Key::new(text(row, "pk")?, text(row, "sk")?)));
            for key in keys {
                self.follow_row(&key, now).await?;
            }
        }
    }

    /// Changes a selection's row of an asset to what the asset is now, even if others change it at the same time.
    async fn follow_row(self, key: &Key, now: Option<&Asset>) -> Result<(), Error> {
        let doing = "update a selection";
        for attempt in 0..ATTEMPTS {
            let Some(row) = self.0.rows().get_item(doing, key).await? else { return Ok(()) };
            if self.follow_asset(row, now).await? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Error::Busy { doing, cause: "the row kept changing".into() })
    }

    /// Changes a member to what its asset is now; `false` if another writer changed it first.
    async fn follow_asset(self, row: Item, now: Option<&Asset>) -> Result<bool, Error> {
        let doing = "update a selection";
        let (Some(pk), Some(position)) =
            (text(&row, "pk").map(str::to_owned), text(&row, "position").map(str::to_owned))
        else {
            return Err(Error::broken(doing, "a member has no key or position"));
        };
        let Some(id) = pk.strip_prefix("SET#selection#").map(str::to_owned) else {
            return Err(Error::broken(doing, "a member is not in a selection"));
        };
        let set = SetRef { kind: domain::set::SetKind::Selection, id };
        let was = read_member(row)?;
        if now.is_some_and(|now| now.revision <= was.revision) {
            return Ok(true);
        }
        let change = now.map(Counts::of).unwrap_or_default() - Counts::of(&was);
        let key = crate::rows::sets::member_key(&set, &was.id);
        let condition = "asset.revision = :was";
        let revision = crate::rows::table::number(was.revision);
        let member = match now {
            Some(now) => {
                let mut item = self::row(&set, 0, now)?;
                item.insert("position".into(), string(position));
                let put = Put::builder()
                    .table_name(self.0.table())
                    .set_item(Some(item))
                    .condition_expression(condition)
                    .expression_attribute_values(":was", revision)
                    .build();
                TransactWriteItem::builder().put(put.map_err(|e| Error::broken(doing, e))?).build()
            }
            None => {
                let delete = Delete::builder()
                    .table_name(self.0.table())
                    .set_key(Some(key.item()))
                    .condition_expression(condition)
                    .expression_attribute_values(":was", revision)
                    .build();
                TransactWriteItem::builder().delete(delete.map_err(|e| Error::broken(doing, e))?).build()
            }
        };
        let update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(head_key(&set).item()))
            .condition_expression("attribute_exists(pk)");
        let (adds, update) = add_counts(update, &change);
        let head =
            update.update_expression(format!("ADD {adds}")).build().map_err(|e| Error::broken(doing, e))?;
        let head = TransactWriteItem::builder().update(head).build();
        // If the head is gone, the link is being deleted, and nothing is left to do.
        let written = self.0.rows().write_together(doing, vec![member, head]).await?;
        Ok(written.map_or_else(|failed| failed.first() != Some(&true), |()| true))
    }
}
