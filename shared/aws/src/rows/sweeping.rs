//! The sweep: finds what has ended and clears it up. It reads an index by the day of the end, so that its work grows
//! with what has ended and not with the number of links.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::bundle;
use domain::id::{BundleId, LinkId};
use domain::object::Bucket;
use domain::set::{SetKind, SetRef};
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::is_refused_condition;
use crate::rows::schema::SHARDS;
use crate::rows::table::{IndexQuery, Item, Key, number, string, text};
use crate::rows::transact::{BATCH, delete_request};
use crate::rows::uses::Used;
use crate::{Cloud, Error, rows::links};

/// The most rows that are deleted at the same time, each by a request of its own.
const DELETES: usize = 16;
/// The condition that a window has ended, so that its count means nothing any more.
const WINDOW_ENDED: &str = "attribute_not_exists(window_ends) OR window_ends <= :now";

/// Something that has ended, according to the index. Its row is read again before it is cleared up, because the index
/// lags and the row may have got a new end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A link whose date has passed: its visits and bundles are deleted. Its row stays, because it still answers 410.
    Link(LinkId),
    /// A link that was deleted: all its remaining rows and objects are deleted.
    DeletedLink(LinkId),
    /// A selection whose link was not created in time.
    Selection(LinkId),
    /// A bundle that was not requested for 72 hours.
    Bundle(LinkId, BundleId),
}

/// A row of the index: what ended, and how to take it out of the index.
#[derive(Debug, Clone)]
pub struct ToSweep {
    /// What ended.
    pub what: Ended,
    key: Key,
    end_key: String,
}

fn read_ended(row: &Item) -> Result<ToSweep, Error> {
    let broken = |why: &str| Error::broken("read what has ended", why);
    let (pk, sk) = (text(row, "pk").unwrap_or_default(), text(row, "sk").unwrap_or_default());
    let link = |id: &str| id.parse::<LinkId>().map_err(|_| broken("a row has no link id"));
    let what = match (pk.strip_prefix("LINK#"), pk.strip_prefix("SET#selection#"), sk) {
        (Some(id), _, "LINK") => Ended::Link(link(id)?),
        (Some(id), _, "DELETED") => Ended::DeletedLink(link(id)?),
        (_, Some(id), "HEAD") => Ended::Selection(link(id)?),
        (Some(id), _, sk) => {
            let bundle = sk.strip_prefix("BUNDLE#").and_then(|id| id.parse().ok());
            Ended::Bundle(link(id)?, bundle.ok_or_else(|| broken("a row of an unknown kind"))?)
        }
        _ => return Err(broken("a row of an unknown kind")),
    };
    let end_key = text(row, "end_key").unwrap_or_default().to_owned();
    Ok(ToSweep { what, key: Key::new(pk, sk), end_key })
}

/// What has ended and is to be cleared up.
#[derive(Clone, Copy)]
pub struct Sweeps<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// What has ended and is to be cleared up.
    pub fn sweeps(&self) -> Sweeps<'_> {
        Sweeps(self)
    }
}

impl Sweeps<'_> {
    /// Finds what ended on a day, up to `now`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_ended(self, day: Date, now: Timestamp) -> Result<Vec<ToSweep>, Error> {
        let until = format!("{:016}~", now.as_millisecond());
        let mut ended = Vec::new();
        for shard in 0..SHARDS {
            let partition = format!("{day}#{shard}");
            let mut after: Option<String> = None;
            loop {
                let query = IndexQuery {
                    index: "by_end",
                    partition: ("end_shard", &partition),
                    sort: "end_key",
                    ascending: true,
                    after: after.as_deref(),
                    limit: 200,
                };
                let rows = self.0.rows().query("find what has ended", &query).await?;
                after = rows.last().and_then(|row| text(row, "end_key")).map(str::to_owned);
                let due = rows.iter().filter(|row| text(row, "end_key").is_some_and(|key| *key < *until));
                for row in due {
                    ended.push(read_ended(row)?);
                }
                if after.as_ref().is_none_or(|last| *last >= until) {
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Clears up one thing that has ended by `now`. Returns `false` if its row now has a later end. Idempotent.
    ///
    /// # Errors
    /// When a store fails; it stays in the index for the next sweep then.
    pub async fn sweep(self, swept: &ToSweep, now: Timestamp) -> Result<bool, Error> {
        let doing = "read a link to sweep";
        match &swept.what {
            Ended::Link(link) => {
                let row = self.0.rows().get_item(doing, &links::key(link)).await?;
                let row = row.map(|row| links::read(row, Used::default())).transpose()?;
                if row.is_none_or(|row| !row.has_expired(now)) {
                    return Ok(false);
                }
                self.clear_ended_link(link, now).await?;
                self.remove_from_index(swept).await?;
            }
            Ended::DeletedLink(link) => {
                // The link may have been restored from a backup since.
                if self.0.rows().get_item(doing, &links::key(link)).await?.is_none() {
                    self.clear_deleted_link(link).await?;
                }
                self.delete_rows(vec![swept.key.clone()]).await?;
            }
            Ended::Selection(link) => {
                if self.0.rows().get_item(doing, &links::key(link)).await?.is_some() {
                    self.remove_from_index(swept).await?;
                    return Ok(false);
                }
                if !self.withhold_selection(swept).await? {
                    return Ok(false);
                }
                self.clear_selection(link).await?;
            }
            Ended::Bundle(link, bundle) => return self.clear_bundle(link, bundle, &swept.end_key).await,
        }
        Ok(true)
    }

    /// Deletes the visits, password tries and bundles of a link that ended. Each has a condition of its own, because
    /// the link may get a new end at any moment, and then they are needed again.
    async fn clear_ended_link(self, link: &LinkId, now: Timestamp) -> Result<(), Error> {
        let pk = links::partition_key(link);
        for row in self.0.rows().rows_below("read a link's bundles", &pk, "BUNDLE#").await? {
            let id =
                text(&row, "sk").and_then(|sk| sk.strip_prefix("BUNDLE#")).and_then(|id| id.parse().ok());
            let id: BundleId =
                id.ok_or_else(|| Error::broken("sweep a bundle", "its row has no bundle id"))?;
            self.clear_bundle(link, &id, text(&row, "end_key").unwrap_or_default()).await?;
        }
        let mut rows = Vec::new();
        for (prefix, condition) in
            [("VISIT#", "ends_at <= :now"), ("TRIES", WINDOW_ENDED), ("ASKS#", WINDOW_ENDED)]
        {
            let keys = self.keys_below(&pk, prefix).await?;
            rows.extend(keys.into_iter().map(|key| self.delete_if(key, condition, now)));
        }
        futures_util::stream::iter(rows).buffer_unordered(DELETES).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    /// Deletes a row if this condition on its end holds.
    async fn delete_if(self, key: Key, condition: &'static str, now: Timestamp) -> Result<(), Error> {
        let delete = self
            .0
            .dynamodb()
            .delete_item()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .condition_expression(condition)
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .send()
            .await;
        match delete {
            Ok(_) => Ok(()),
            Err(e) if is_refused_condition(&e) => Ok(()),
            Err(e) => Err(Error::sdk("delete what ended", e)),
        }
    }

    /// Deletes a bundle if its end is still `end_key`. It is first marked, so that it can't be downloaded any more;
    /// then its objects are deleted, and its row last, so that the next sweep can continue after a failure.
    async fn clear_bundle(self, link: &LinkId, id: &BundleId, end_key: &str) -> Result<bool, Error> {
        // A worker may change the row between reading and marking it.
        for _ in 0..3 {
            let Some(bundle) = self.0.bundles().find(link, id).await? else { return Ok(false) };
            if !self.0.bundles().mark_deleting(&bundle, end_key).await? {
                continue;
            }
            for object in [bundle.zip_key(), bundle.manifest_key()] {
                self.0.objects(Bucket::Bundles).delete(&object).await?;
            }
            self.0.bundles().delete_row(link, id).await?;
            return Ok(true);
        }
        // It was requested again and therefore has a later end.
        Ok(false)
    }

    /// Marks a selection, so that its link can't be created any more.
    async fn withhold_selection(self, swept: &ToSweep) -> Result<bool, Error> {
        let withheld = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key.item()))
            .update_expression("SET deleting = :yes")
            .condition_expression("end_key = :seen")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":seen", string(&swept.end_key))
            .send()
            .await;
        match withheld {
            Ok(_) => Ok(true),
            Err(e) if is_refused_condition(&e) => Ok(false),
            Err(e) => Err(Error::sdk("sweep a selection", e)),
        }
    }

    /// Deletes all that a deleted link left: first objects, then rows.
    async fn clear_deleted_link(self, link: &LinkId) -> Result<(), Error> {
        self.0.objects(Bucket::Bundles).delete_below(&bundle::objects_prefix(link)).await?;
        let mut keys = Vec::new();
        for prefix in ["USED", "VISIT#", "TRIES", "ASKS#", "BUNDLE"] {
            keys.extend(self.keys_below(&links::partition_key(link), prefix).await?);
        }
        self.delete_rows(keys).await?;
        self.clear_mails(link).await?;
        self.clear_selection(link).await
    }

    /// Deletes a link's mailings and mails. A link that only ended keeps them, because it may get a new end.
    async fn clear_mails(self, link: &LinkId) -> Result<(), Error> {
        let keys = self.keys_below(&links::partition_key(link), "MAIL").await?;
        self.delete_rows(keys).await
    }

    async fn clear_selection(self, link: &LinkId) -> Result<(), Error> {
        let set = SetRef { kind: SetKind::Selection, id: link.to_string() };
        let mut keys = self.keys_below(&set.partition_key(), "ASSET#").await?;
        keys.extend(self.keys_below(&set.partition_key(), "HEAD").await?);
        self.delete_rows(keys).await
    }

    async fn keys_below(self, pk: &str, prefix: &str) -> Result<Vec<Key>, Error> {
        let rows = self.0.rows().rows_below("read what has ended", pk, prefix).await?;
        Ok(rows.iter().filter_map(|row| text(row, "sk")).map(|sk| Key::new(pk, sk)).collect())
    }

    async fn remove_from_index(self, swept: &ToSweep) -> Result<(), Error> {
        let update = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key.item()))
            .update_expression("REMOVE end_shard, end_key")
            // If an edit has set a new end since, the row stays in the index.
            .condition_expression("end_key = :seen")
            .expression_attribute_values(":seen", string(&swept.end_key))
            .send()
            .await;
        match update {
            Ok(_) => Ok(()),
            Err(e) if is_refused_condition(&e) => Ok(()),
            Err(e) => Err(Error::sdk("take a row out of the sweep's index", e)),
        }
    }

    async fn delete_rows(self, keys: Vec<Key>) -> Result<(), Error> {
        let doing = "delete rows";
        for batch in keys.chunks(BATCH) {
            let deletes = batch.iter().map(|key| delete_request(doing, key)).collect::<Result<_, _>>()?;
            self.0.rows().write_batch(doing, deletes).await?;
        }
        Ok(())
    }

    /// The last day that was swept without failures; `None` before the first such sweep.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn swept_through(self) -> Result<Option<Date>, Error> {
        let row = self.0.rows().get_item("read the last day that was swept", &sweep_key()).await?;
        Ok(row.as_ref().and_then(|row| text(row, "through")).and_then(|day| day.parse().ok()))
    }

    /// Stores the last day that was swept without failures.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_swept_through(self, day: Date) -> Result<(), Error> {
        let mut row = sweep_key().item();
        row.insert("through".into(), string(day.to_string()));
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(row)).send().await;
        put.map_err(|e| Error::sdk("store the last day that was swept", e))?;
        Ok(())
    }
}

fn sweep_key() -> Key {
    Key::new("SITE", "SWEEP")
}
