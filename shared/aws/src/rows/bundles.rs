//! Rows of bundles, in the partitions of their links. Each change is one conditional write, so that a late worker can't
//! bring back a deleted bundle or change a finished one.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::bundle::{BUNDLE_LASTS, Bundle, BundleStatus};
use domain::id::{BundleId, LinkId};
use jiff::{SignedDuration, Timestamp};

use crate::error::was_done;
use crate::rows::bundle_counts::Change;
use crate::rows::table::{Item, Key, from_item, number, string, text, to_item};
use crate::rows::{indexes, links};
use crate::{Cloud, Error};

/// How exact the time of the last use is: downloads write a bundle's row at most this often.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The outcome of a request for a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutBundle {
    /// Its row was written, and it must be built.
    New,
    /// It is ready or being built already.
    Existing(Box<Bundle>),
    /// It is being deleted. A moment later it can be requested again.
    Deleting,
    /// The bundles of the link have reached their limit: wait this long.
    NoRoom(SignedDuration),
}

pub(crate) fn key(link: &LinkId, bundle: &BundleId) -> Key {
    Key::new(links::partition_key(link), format!("BUNDLE#{bundle}"))
}

pub(crate) fn read(item: Item) -> Result<Bundle, Error> {
    from_item("read a bundle", item)
}

/// The keys of a bundle in the sweep's index: it is deleted [`BUNDLE_LASTS`] after its last use.
fn sweep_keys(last_used: Timestamp, id: &BundleId) -> [(String, aws_sdk_dynamodb::types::AttributeValue); 2] {
    indexes::sweep_keys(last_used.saturating_add(BUNDLE_LASTS).unwrap_or(Timestamp::MAX), id.as_str())
}

/// Bundles' rows.
#[derive(Clone, Copy)]
pub struct Bundles<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Bundles' rows.
    pub fn bundles(&self) -> Bundles<'_> {
        Bundles(self)
    }
}

impl Bundles<'_> {
    /// Reads a bundle's row.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, link: &LinkId, bundle: &BundleId) -> Result<Option<Bundle>, Error> {
        self.0.rows().get_item("read a bundle", &key(link, bundle)).await?.map(read).transpose()
    }

    /// Writes a bundle's row if it has none, or replaces the row of a failed one. With `room` (the bytes that the link's
    /// bundles may have together) it is refused if they would have more, or if there are too many of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(self, bundle: &Bundle, room: Option<u64>) -> Result<PutBundle, Error> {
        let doing = "request a bundle";
        let mut row = to_item(doing, bundle)?;
        row.extend(key(&bundle.link, &bundle.id).item());
        row.extend(sweep_keys(bundle.last_used, &bundle.id));
        let put = Put::builder()
            .table_name(self.0.table())
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR #status = :failed")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":failed", string("failed"))
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        let change = Change::between(None, Some(bundle.status), bundle.bytes);
        let writes = vec![
            TransactWriteItem::builder().put(put).build(),
            self.0.bundle_counts().note_change(&bundle.link, change, room)?,
        ];
        match self.0.rows().write_together(doing, writes).await? {
            Ok(()) => Ok(PutBundle::New),
            Err(failed) if failed.first() == Some(&true) => {
                Ok(match self.find(&bundle.link, &bundle.id).await? {
                    Some(old) if old.status != BundleStatus::Deleting => PutBundle::Existing(Box::new(old)),
                    // The sweep has deleted it since, or is about to.
                    _ => PutBundle::Deleting,
                })
            }
            Err(_) => Ok(PutBundle::NoRoom(self.0.bundle_counts().wait_for_room(&bundle.link).await?)),
        }
    }

    /// Claims a silent bundle for a new request to build it. Of all callers that read the same row, one gets `true`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_silent(self, seen: &Bundle, now: Timestamp) -> Result<bool, Error> {
        let update = self
            .update_preparing(&seen.link, &seen.id, "SET updated = :now", " AND updated = :seen")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":seen", number(seen.updated.as_millisecond()));
        self.write("request a bundle again", update).await.map(|old| old.is_ok())
    }

    /// Notes the multipart upload that builds a bundle, in place of the one noted before (`was`). Returns the upload that
    /// is noted now (of another worker, if that was first); `None` if the bundle must not be built any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_upload(
        self,
        bundle: &Bundle,
        was: Option<&str>,
        upload_id: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let doing = "note a bundle's upload";
        let condition =
            if was.is_some() { " AND upload_id = :was" } else { " AND attribute_not_exists(upload_id)" };
        let mut update = self
            .update_preparing(&bundle.link, &bundle.id, "SET upload_id = :id, updated = :now", condition)
            .expression_attribute_values(":id", string(upload_id))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        if let Some(was) = was {
            update = update.expression_attribute_values(":was", string(was));
        }
        Ok(match self.write(doing, update).await? {
            Ok(()) => Some(upload_id.to_owned()),
            Err(old) if text(&old, "status") == Some("preparing") => {
                text(&old, "upload_id").map(str::to_owned)
            }
            Err(_) => None,
        })
    }

    /// Notes how much of a bundle is written. `false` if it must not be built any more: it is deleted, failed or ready.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_progress(
        self,
        bundle: &Bundle,
        done_bytes: u64,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let update = self
            .update_preparing(&bundle.link, &bundle.id, "SET done_bytes = :done, updated = :now", "")
            .expression_attribute_values(":done", number(done_bytes))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        self.write("note a bundle's progress", update).await.map(|old| old.is_ok())
    }

    /// Marks a bundle as ready. `false` if it is not being prepared any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish(self, bundle: &Bundle, now: Timestamp) -> Result<bool, Error> {
        let change = "SET #status = :now_is, done_bytes = #bytes, updated = :now REMOVE upload_id";
        let update = Update::builder().expression_attribute_names("#bytes", "bytes");
        let (from, to) = (BundleStatus::Preparing, BundleStatus::Ready);
        let update = update.expression_attribute_values(":now", number(now.as_millisecond()));
        self.change_status("finish a bundle", bundle, (from, to), update.update_expression(change), "").await
    }

    /// Marks a bundle as failed, with a sentence for the recipient. `false` if it is not being prepared any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fail(self, bundle: &Bundle, reason: &str, now: Timestamp) -> Result<bool, Error> {
        let change = "SET #status = :now_is, reason = :reason, updated = :now REMOVE upload_id";
        let (from, to) = (BundleStatus::Preparing, BundleStatus::Failed);
        let update = Update::builder()
            .update_expression(change)
            .expression_attribute_values(":reason", string(reason))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        self.change_status("fail a bundle", bundle, (from, to), update, "").await
    }

    /// Hides a bundle from recipients before its objects are deleted. `false` if its row is not as it was read (`bundle`,
    /// with `end_key`): it was requested or finished since.
    pub(crate) async fn mark_deleting(self, bundle: &Bundle, end_key: &str) -> Result<bool, Error> {
        let update = Update::builder()
            .update_expression("SET #status = :now_is")
            .expression_attribute_values(":end", string(end_key));
        let statuses = (bundle.status, BundleStatus::Deleting);
        self.change_status("mark a bundle as being deleted", bundle, statuses, update, " AND gsi3sk = :end")
            .await
    }

    /// Deletes the row of a bundle whose objects are deleted.
    pub(crate) async fn delete_row(self, link: &LinkId, bundle: &BundleId) -> Result<(), Error> {
        let delete = self
            .0
            .dynamodb()
            .delete_item()
            .table_name(self.0.table())
            .set_key(Some(key(link, bundle).item()))
            .condition_expression("attribute_not_exists(pk) OR #status = :deleting")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", string("deleting"));
        delete.send().await.map_err(|e| Error::sdk("delete a bundle's row", e))?;
        Ok(())
    }

    /// Changes the status of a bundle and the counts of its link in one transaction. `false` if the row does not have the
    /// status `from`.
    async fn change_status(
        self,
        doing: &'static str,
        bundle: &Bundle,
        (from, to): (BundleStatus, BundleStatus),
        update: UpdateBuilder,
        and: &str,
    ) -> Result<bool, Error> {
        let value = |status: BundleStatus| {
            serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(status)
                .map_err(|cause| Error::broken(doing, cause))
        };
        let update = update
            .table_name(self.0.table())
            .set_key(Some(key(&bundle.link, &bundle.id).item()))
            .condition_expression(format!("#status = :was{and}"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":was", value(from)?)
            .expression_attribute_values(":now_is", value(to)?)
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        let change = Change::between(Some(from), Some(to), bundle.bytes);
        let writes = vec![
            TransactWriteItem::builder().update(update).build(),
            self.0.bundle_counts().note_change(&bundle.link, change, None)?,
        ];
        Ok(self.0.rows().write_together(doing, writes).await?.is_ok())
    }

    /// Notes that a bundle was used, at most once an hour, so that it is kept longer. `false` if it is being deleted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_use(self, bundle: &Bundle, now: Timestamp) -> Result<bool, Error> {
        if now.duration_since(bundle.last_used) < USE_NOTED_EVERY {
            return Ok(bundle.status != BundleStatus::Deleting);
        }
        // A plain write, which may be repeated: as transactions, simultaneous downloads of one bundle would conflict.
        let mut update = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(key(&bundle.link, &bundle.id).item()))
            .update_expression("SET last_used = :now, gsi3pk = :gsi3pk, gsi3sk = :gsi3sk")
            .condition_expression("attribute_exists(pk) AND #status <> :deleting")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", string("deleting"))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        for (name, value) in sweep_keys(now, &bundle.id) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        was_done("note a bundle's use", update.send().await)
    }

    fn update_preparing(self, link: &LinkId, bundle: &BundleId, change: &str, and: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(link, bundle).item()))
            .update_expression(change)
            .condition_expression(format!("#status = :preparing{and}"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":preparing", string("preparing"))
    }

    /// Writes an update; the inner `Err` is the row whose condition failed (empty if there is none).
    async fn write(self, doing: &'static str, update: UpdateBuilder) -> Result<Result<(), Item>, Error> {
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let update = update.return_values_on_condition_check_failure(old).build();
        self.0.rows().write_alone(doing, update.map_err(|e| Error::broken(doing, e))?).await
    }
}
