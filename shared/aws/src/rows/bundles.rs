//! Bundles' rows, beside their link's. Each change is one conditional write: a bundle that was deleted meanwhile
//! stays deleted, and one that has ended (ready or failed) is not stirred up by a worker that comes late.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::bundle::{BUNDLE_LASTS, Bundle, BundleStatus};
use domain::id::{BundleId, LinkId};
use jiff::{SignedDuration, Timestamp};

use crate::rows::bundle_counts::Change;
use crate::rows::links::end_keys;
use crate::rows::table::{Item, Key, from_item, number, string, text, to_item};
use crate::{Cloud, Error};

/// How exactly the last use is known: a bundle's row is written at most this often for being downloaded.
const TOUCHED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What became of asking for a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutBundle {
    /// Its row was written: it is to be built.
    New,
    /// It stood already, ready or being built.
    Standing(Box<Bundle>),
    /// It is being cleared up at this moment, and can be asked for again in the next.
    Going,
    /// The link has no room for it: wait this long.
    NoRoom(SignedDuration),
}

pub(crate) fn key(link: &LinkId, bundle: &BundleId) -> Key {
    Key::new(crate::rows::links::partition_key(link), format!("BUNDLE#{bundle}"))
}

pub(crate) fn read(item: Item) -> Result<Bundle, Error> {
    from_item("read a bundle", item)
}

/// Its place in the sweep's index: when it is no longer kept.
fn ends(last_used: Timestamp, id: &BundleId) -> [(String, aws_sdk_dynamodb::types::AttributeValue); 2] {
    end_keys(last_used.saturating_add(BUNDLE_LASTS).unwrap_or(Timestamp::MAX), id.as_str())
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
    /// A bundle's row.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, link: &LinkId, bundle: &BundleId) -> Result<Option<Bundle>, Error> {
        self.0.rows().get_item("read a bundle", &key(link, bundle)).await?.map(read).transpose()
    }

    /// Puts a bundle's row unless it stands; one that failed is started anew. With `room`, the bytes that the link's
    /// bundles may take, it is refused where they would take more, or where too many stand or are being made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(self, bundle: &Bundle, room: Option<u64>) -> Result<PutBundle, Error> {
        let doing = "ask for a bundle";
        let mut row = to_item(doing, bundle)?;
        row.extend(key(&bundle.link, &bundle.id).item());
        row.extend(ends(bundle.last_used, &bundle.id));
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
                    Some(old) if old.status != BundleStatus::Going => PutBundle::Standing(Box::new(old)),
                    // Gone meanwhile, or about to be.
                    _ => PutBundle::Going,
                })
            }
            Err(_) => Ok(PutBundle::NoRoom(self.0.bundle_counts().wait_for_room(&bundle.link).await?)),
        }
    }

    /// Takes it upon the caller to ask again for a bundle that has been silent: of all who saw the same row, one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_silent(self, seen: &Bundle, now: Timestamp) -> Result<bool, Error> {
        let update = self
            .update_preparing(&seen.link, &seen.id, "SET updated = :now", " AND updated = :seen")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":seen", number(seen.updated.as_millisecond()));
        self.write("ask for a bundle again", update).await.map(|old| old.is_ok())
    }

    /// Notes the multipart upload that builds a bundle, in place of the one noted before (`was`). Gives the upload
    /// that stands noted now: another worker's, where it was first; `None` where the bundle is no longer to be built.
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

    /// Notes how much of a bundle stands. `false` where it is no longer to be built: deleted, failed or ready.
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

    /// Offers a bundle that was built and read back. `false` where it is no longer wanted.
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

    /// Gives a bundle up, with a reason in words for the recipient.
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
        self.change_status("give a bundle up", bundle, (from, to), update, "").await
    }

    /// Takes a bundle whose end has come from everybody, before its objects are deleted. `false` where it is not what
    /// was read (`bundle`, which ends at `end_key`): somebody asked for it, or it was finished meanwhile.
    pub(crate) async fn mark_going(self, bundle: &Bundle, end_key: &str) -> Result<bool, Error> {
        let update = Update::builder()
            .update_expression("SET #status = :now_is")
            .expression_attribute_values(":end", string(end_key));
        let way = (bundle.status, BundleStatus::Going);
        self.change_status("clear a bundle up", bundle, way, update, " AND end_key = :end").await
    }

    /// Deletes the row of a bundle whose objects are gone.
    pub(crate) async fn delete_going(self, link: &LinkId, bundle: &BundleId) -> Result<(), Error> {
        let delete = self
            .0
            .dynamodb()
            .delete_item()
            .table_name(self.0.table())
            .set_key(Some(key(link, bundle).item()))
            .condition_expression("attribute_not_exists(pk) OR #status = :going")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":going", string("going"));
        delete.send().await.map_err(|e| Error::sdk("delete a bundle's row", e))?;
        Ok(())
    }

    /// Moves a bundle from one status to another and notes what that takes or gives, together. `false` where it does
    /// not stand where it should.
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

    /// Notes that a bundle was asked for, at most hourly, so that it is kept. `false` where it is no longer there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn touch(self, bundle: &Bundle, now: Timestamp) -> Result<bool, Error> {
        if now.duration_since(bundle.last_used) < TOUCHED_EVERY {
            return Ok(bundle.status != BundleStatus::Going);
        }
        let mut update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(&bundle.link, &bundle.id).item()))
            .update_expression("SET last_used = :now, end_shard = :end_shard, end_key = :end_key")
            .condition_expression("attribute_exists(pk) AND #status <> :going")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":going", string("going"))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        for (name, value) in ends(now, &bundle.id) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        Ok(self.write("note a bundle's use", update).await?.is_ok())
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

    /// Writes an update; the row that refused it is an ordinary answer (empty where there is none).
    async fn write(self, doing: &'static str, update: UpdateBuilder) -> Result<Result<(), Item>, Error> {
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let update = update.return_values_on_condition_check_failure(old).build();
        self.0.rows().write_alone(doing, update.map_err(|e| Error::broken(doing, e))?).await
    }
}
