//! What the sweep reads and clears up. It walks an index of things by the day they end, so that its work grows with
//! what there is to sweep and not with the number of links.

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use domain::bundle;
use domain::id::{BundleId, LinkId};
use domain::object::Bucket;
use domain::set::{SetKind, SetRef};
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::is_refused_condition;
use crate::rows::schema::SHARDS;
use crate::rows::table::{Along, Item, Key, number, pause, string, text};
use crate::rows::transact::CONFLICT_TRIES;
use crate::{Cloud, Error, rows::links};

/// Rows deleted at once.
const DELETES: usize = 16;
/// Nothing is counted in a row of tries any more.
const WINDOW_ENDED: &str = "attribute_not_exists(window_ends) OR window_ends <= :now";

/// Something whose time has come, as the index says. Clearing it up looks again at its row: the index lags, and what
/// had ended may have been given another end since it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A link whose date has passed: its visits and bundles go, its row stays (it answers 410).
    Link(LinkId),
    /// A link that was deleted: everything it left goes.
    DeletedLink(LinkId),
    /// A selection whose link should stand by now.
    Selection(LinkId),
    /// A bundle that nobody asked for in a while.
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

fn to_sweep(row: &Item) -> Result<ToSweep, Error> {
    let broken = |why: &str| Error::broken("read what there is to sweep", why);
    let (pk, sk) = (text(row, "pk").unwrap_or_default(), text(row, "sk").unwrap_or_default());
    let link = |id: &str| id.parse::<LinkId>().map_err(|_| broken("a row names no link"));
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

/// What has ended and is to be removed.
#[derive(Clone, Copy)]
pub struct Sweeps<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// What has ended and is to be removed.
    pub fn sweeps(&self) -> Sweeps<'_> {
        Sweeps(self)
    }
}

impl Sweeps<'_> {
    /// What ended on a day, up to `now`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ended_on(self, day: Date, now: Timestamp) -> Result<Vec<ToSweep>, Error> {
        let until = format!("{:016}~", now.as_millisecond());
        let mut ended = Vec::new();
        for shard in 0..SHARDS {
            let partition = format!("{day}#{shard}");
            let mut after: Option<String> = None;
            loop {
                let along = Along {
                    index: "by_end",
                    partition: ("end_shard", &partition),
                    sort: "end_key",
                    ascending: true,
                    after: after.as_deref(),
                    limit: 200,
                };
                let rows = self.0.rows().query("read what there is to sweep", &along).await?;
                after = rows.last().and_then(|row| text(row, "end_key")).map(str::to_owned);
                let due = rows.iter().filter(|row| text(row, "end_key").is_some_and(|key| *key < *until));
                for row in due {
                    ended.push(to_sweep(row)?);
                }
                if after.as_ref().is_none_or(|last| *last >= until) {
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Clears one thing up that had ended by `now`; `false` where its row says otherwise by now. What fails stays in
    /// the index for the next sweep; what is done twice does no harm.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn sweep(self, swept: &ToSweep, now: Timestamp) -> Result<bool, Error> {
        let doing = "read a link to sweep";
        match &swept.what {
            Ended::Link(link) => {
                let row = self.0.rows().get_item(doing, &links::key(link)).await?;
                let row = row.map(|row| links::read(row, None)).transpose()?;
                if row.is_none_or(|row| !row.has_expired(now)) {
                    return Ok(false);
                }
                self.clear_ended_link(link, now).await?;
                self.leave_index(swept).await?;
            }
            Ended::DeletedLink(link) => {
                // One that was restored since stands.
                if self.0.rows().get_item(doing, &links::key(link)).await?.is_none() {
                    self.clear_deleted_link(link).await?;
                }
                self.delete_rows(vec![swept.key.clone()]).await?;
            }
            Ended::Selection(link) => {
                if self.0.rows().get_item(doing, &links::key(link)).await?.is_some() {
                    self.leave_index(swept).await?;
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

    /// Deletes the visits, tries and bundles of a link that ended, each under its own condition: the link may be given
    /// another end at any moment, and then they count again.
    async fn clear_ended_link(self, link: &LinkId, now: Timestamp) -> Result<(), Error> {
        let pk = links::partition_key(link);
        for row in self.0.rows().rows_below("read a link's bundles", &pk, "BUNDLE#").await? {
            let id =
                text(&row, "sk").and_then(|sk| sk.strip_prefix("BUNDLE#")).and_then(|id| id.parse().ok());
            let id: BundleId = id.ok_or_else(|| Error::broken("sweep a bundle", "its row has no id"))?;
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

    /// Deletes a row if it says that its time has passed.
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

    /// Clears a bundle up that still ends when it was seen to end: first nobody gets it any more, then its objects go,
    /// then its row. Killed in between, the next sweep goes on from the row.
    async fn clear_bundle(self, link: &LinkId, id: &BundleId, end_key: &str) -> Result<bool, Error> {
        // It may be finished between reading and marking it.
        for _ in 0..3 {
            let Some(bundle) = self.0.bundles().find(link, id).await? else { return Ok(false) };
            if !self.0.bundles().mark_going(&bundle, end_key).await? {
                continue;
            }
            for object in [bundle.zip_key(), bundle.manifest_key()] {
                self.0.objects(Bucket::Bundles).delete(&object).await?;
            }
            self.0.bundles().delete_going(link, id).await?;
            return Ok(true);
        }
        // Somebody asked for it, and it has another end.
        Ok(false)
    }

    /// Takes a selection from the link that it waited for, should that still come.
    async fn withhold_selection(self, swept: &ToSweep) -> Result<bool, Error> {
        let withheld = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key.item()))
            .update_expression("SET going = :yes")
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

    /// Deletes everything that a deleted link left, objects first: rows without objects mend themselves.
    async fn clear_deleted_link(self, link: &LinkId) -> Result<(), Error> {
        self.0.objects(Bucket::Bundles).delete_below(&bundle::prefix(link)).await?;
        let mut keys = Vec::new();
        for prefix in ["USED", "VISIT#", "TRIES", "ASKS#", "BUNDLE"] {
            keys.extend(self.keys_below(&links::partition_key(link), prefix).await?);
        }
        self.delete_rows(keys).await?;
        self.clear_mails(link).await?;
        self.clear_selection(link).await
    }

    /// Deletes a link's mailings and mails. They stay with a link that ended, which may be given a new end.
    async fn clear_mails(self, link: &LinkId) -> Result<(), Error> {
        let keys = self.keys_below(&links::partition_key(link), "MAIL").await?;
        self.delete_rows(keys).await
    }

    async fn clear_selection(self, link: &LinkId) -> Result<(), Error> {
        let set = SetRef { kind: SetKind::Selection, id: link.to_string() };
        let mut keys = self.keys_below(&set.partition(), "ASSET#").await?;
        keys.extend(self.keys_below(&set.partition(), "HEAD").await?);
        self.delete_rows(keys).await
    }

    async fn keys_below(self, pk: &str, prefix: &str) -> Result<Vec<Key>, Error> {
        let rows = self.0.rows().rows_below("read what there is to sweep", pk, prefix).await?;
        Ok(rows.iter().filter_map(|row| text(row, "sk")).map(|sk| Key::new(pk, sk)).collect())
    }

    async fn leave_index(self, swept: &ToSweep) -> Result<(), Error> {
        let update = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key.item()))
            .update_expression("REMOVE end_shard, end_key")
            // An edit may have given it another end meanwhile, and then it stays.
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
        for batch in keys.chunks(25) {
            let mut wanted: Vec<WriteRequest> = batch
                .iter()
                .map(|key| {
                    let delete = DeleteRequest::builder().set_key(Some(key.item())).build()?;
                    Ok(WriteRequest::builder().delete_request(delete).build())
                })
                .collect::<Result<_, aws_sdk_dynamodb::error::BuildError>>()
                .map_err(|e| Error::broken(doing, e))?;
            let mut attempt = 0;
            while !wanted.is_empty() {
                if attempt == CONFLICT_TRIES {
                    return Err(Error::Busy { doing, cause: "rows stay unprocessed".into() });
                }
                let answer = self
                    .0
                    .dynamodb()
                    .batch_write_item()
                    .request_items(self.0.table(), std::mem::take(&mut wanted))
                    .send()
                    .await
                    .map_err(|e| Error::sdk(doing, e))?;
                wanted =
                    answer.unprocessed_items.unwrap_or_default().remove(self.0.table()).unwrap_or_default();
                if !wanted.is_empty() {
                    pause(attempt).await;
                    attempt += 1;
                }
            }
        }
        Ok(())
    }

    /// The day through which everything has been swept, if a sweep ever ended well.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn swept_through(self) -> Result<Option<Date>, Error> {
        let row = self.0.rows().get_item("read how far the sweep is", &sweep_key()).await?;
        Ok(row.as_ref().and_then(|row| text(row, "through")).and_then(|day| day.parse().ok()))
    }

    /// Remembers the day through which everything has been swept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_swept_through(self, day: Date) -> Result<(), Error> {
        let mut row = sweep_key().item();
        row.insert("through".into(), string(day.to_string()));
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(row)).send().await;
        put.map_err(|e| Error::sdk("remember how far the sweep is", e))?;
        Ok(())
    }
}

fn sweep_key() -> Key {
    Key::new("SITE", "SWEEP")
}
