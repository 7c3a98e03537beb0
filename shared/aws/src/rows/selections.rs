//! Selections: sets of assets picked for one link. They are written before their link, marked for the sweep until the
//! link stands, and follow their assets' changes.

use aws_sdk_dynamodb::types::{Delete, Put, PutRequest, TransactWriteItem, Update, WriteRequest};
use domain::asset::Asset;
use domain::id::{AssetId, LinkId};
use domain::set::{Counts, SetHead, SetRef};
use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::Error;
use crate::rows::assets::{add_counts, member_row};
use crate::rows::links::end_keys;
use crate::rows::sets::Sets;
use crate::rows::sets::{head_key, read_member};
use crate::rows::table::{Along, Item, Key, pause, string, text, to_item};
use crate::rows::transact::CONFLICT_TRIES;

/// How long a selection may stand without its link before the sweep takes it for an accident.
const ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Rows in one BatchWriteItem.
const BATCH: usize = 25;
/// Rows in one BatchGetItem.
const READ: usize = 100;
/// Batches under way at once.
const AT_ONCE: usize = 8;

fn row(set: &SetRef, position: usize, asset: &Asset) -> Result<Item, Error> {
    let mut row = member_row(set, asset)?;
    row.insert("position".into(), string(format!("{position:08}")));
    row.insert("asset_key".into(), string(format!("ASSET#{}", asset.id)));
    Ok(row)
}

impl Sets<'_> {
    /// Writes the set of a link that is about to be created: the assets, in their order.
    ///
    /// # Errors
    /// When the store fails. What was written is cleared up by the sweep.
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
        item.extend(head_key(&set).item());
        item.extend(end_keys(now.saturating_add(ORPHAN_AFTER).unwrap_or(now), link.as_str()));
        item.insert("id".into(), string(link.as_str()));
        // The head comes first: whatever happens next, the sweep finds it.
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(item));
        put.send().await.map_err(|e| Error::sdk(doing, e))?;

        let rows: Vec<Item> = assets
            .iter()
            .enumerate()
            .map(|(position, asset)| row(&set, position, asset))
            .collect::<Result<_, _>>()?;
        futures_util::stream::iter(rows.chunks(BATCH).map(<[Item]>::to_vec))
            .map(|batch| self.put_batch(doing, batch))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        self.apply_changes_since(&set, assets).await?;
        Ok(head)
    }

    /// Has a new selection follow what changed while it was being written: whoever changed an asset then could not
    /// find the selection yet.
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

    async fn put_batch(self, doing: &'static str, rows: Vec<Item>) -> Result<(), Error> {
        let mut wanted: Vec<WriteRequest> = rows
            .into_iter()
            .map(|row| {
                let put = PutRequest::builder().set_item(Some(row)).build()?;
                Ok(WriteRequest::builder().put_request(put).build())
            })
            .collect::<Result<_, aws_sdk_dynamodb::error::BuildError>>()
            .map_err(|e| Error::broken(doing, e))?;
        for attempt in 0..CONFLICT_TRIES {
            let answer = self
                .0
                .dynamodb()
                .batch_write_item()
                .request_items(self.0.table(), std::mem::take(&mut wanted))
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            wanted = answer.unprocessed_items.unwrap_or_default().remove(self.0.table()).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Error::Busy { doing, cause: "rows stay unprocessed".into() })
    }

    /// Has the selections that an asset is in follow what it is now (`None`: removed).
    pub(crate) async fn refresh_selections(self, id: &AssetId, now: Option<&Asset>) -> Result<(), Error> {
        let asset_key = format!("ASSET#{id}");
        let mut after: Option<String> = None;
        loop {
            let along = Along {
                index: "by_asset",
                partition: ("asset_key", &asset_key),
                sort: "pk",
                ascending: true,
                after: after.as_deref(),
                limit: 100,
            };
            let rows = self.0.rows().query("find an asset's selections", &along).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = text(last, "pk").map(str::to_owned);
            // The index tells where the asset is; how it stands there it may show as it was a moment ago.
            let places = rows.iter().filter_map(|row| Some(Key::new(text(row, "pk")?, text(row, "sk")?)));
            for place in places {
                while let Some(row) = self.0.rows().get_item("refresh a selection", &place).await? {
                    if self.follow_asset(row, now).await? {
                        break;
                    }
                }
            }
        }
    }

    /// Has a member follow its asset; `false` where another writer of the member was first.
    async fn follow_asset(self, row: Item, now: Option<&Asset>) -> Result<bool, Error> {
        let doing = "refresh a selection";
        let (Some(pk), Some(position)) =
            (text(&row, "pk").map(str::to_owned), text(&row, "position").map(str::to_owned))
        else {
            return Err(Error::broken(doing, "a member has no place"));
        };
        let Some(id) = pk.strip_prefix("SET#selection#").map(str::to_owned) else {
            return Err(Error::broken(doing, "a member of no selection"));
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
        let (adds, update) = add_counts(update, change);
        let head =
            update.update_expression(format!("ADD {adds}")).build().map_err(|e| Error::broken(doing, e))?;
        let head = TransactWriteItem::builder().update(head).build();
        // Where the head is gone the link is being deleted, which leaves nothing to do.
        let written = self.0.rows().write_together(doing, vec![member, head]).await?;
        Ok(written.map_or_else(|failed| failed.first() != Some(&true), |()| true))
    }
}
