//! The sweep: clears up one thing that has ended. Every step may be repeated, so a run may end at any point: the entry
//! leaves the index last. Rows are read in pages, because a link may have any number of visits.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::bundle;
use domain::id::{AssetId, BundleId, LinkId, ListId};
use domain::object::Bucket;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::Error;
use crate::error::was_done;
use crate::rows::indexes::GSI3;
use crate::rows::sweeping::{Ended, Sweeps, ToSweep};
use crate::rows::table::{Item, Key, number, string, text};
use crate::rows::transact::{BATCH, delete_request};
use crate::rows::uses::Used;
use crate::rows::{assets, links, lists};

/// The most rows of one thing that are deleted at the same time, each by a request of its own.
const DELETES: usize = 4;
/// What reading rows is called in errors.
const READ: &str = "read what has ended";
/// The condition that a window has ended, so that its count has no meaning any more.
const WINDOW_ENDED: &str = "attribute_not_exists(window_ends) OR window_ends <= :now";

impl Sweeps<'_> {
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
                self.delete_rows(&[swept.key().item()]).await?;
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
            Ended::GoneAsset(id) => return self.forget_asset(id, swept.end_key()).await,
            Ended::Bundle(link, bundle) => return self.clear_bundle(link, bundle, swept.end_key()).await,
        }
        Ok(true)
    }

    /// Deletes the visits, password tries and bundles of a link that ended. Each has a condition of its own, because
    /// the link may get a new end at any moment, and then they are needed again.
    async fn clear_ended_link(self, link: &LinkId, now: Timestamp) -> Result<(), Error> {
        let pk = links::partition_key(link);
        let mut bundles = self.0.rows().keys_below("read a link's bundles", &pk, "BUNDLE#");
        while let Some(page) = bundles.next_page().await? {
            for row in page {
                let id = Key::of(&row).sk.strip_prefix("BUNDLE#").and_then(|id| id.parse().ok());
                let id: BundleId =
                    id.ok_or_else(|| Error::broken("sweep a bundle", "its row has no bundle id"))?;
                self.clear_bundle(link, &id, text(&row, GSI3.sk).unwrap_or_default()).await?;
            }
        }
        for (prefix, condition) in
            [("VISIT#", "ends_at <= :now"), ("TRIES", WINDOW_ENDED), ("ASKS#", WINDOW_ENDED)]
        {
            let mut rows = self.0.rows().keys_below(READ, &pk, prefix);
            while let Some(page) = rows.next_page().await? {
                let deletes = page.iter().map(|row| self.delete_if(Key::of(row), condition, now));
                let deletes: Vec<_> = deletes.collect();
                futures_util::stream::iter(deletes)
                    .buffer_unordered(DELETES)
                    .try_collect::<Vec<()>>()
                    .await?;
            }
        }
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
        was_done("delete what ended", delete).map(|_| ())
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

    /// Deletes the row of an asset whose file went, unless it came back since.
    async fn forget_asset(self, id: &AssetId, end_key: &str) -> Result<bool, Error> {
        let delete = self
            .0
            .dynamodb()
            .delete_item()
            .table_name(self.0.table())
            .set_key(Some(assets::key(id).item()))
            .condition_expression("gsi3sk = :seen AND attribute_exists(gone)")
            .expression_attribute_values(":seen", string(end_key))
            .send()
            .await;
        was_done("delete the row of an asset that went", delete)
    }

    /// Marks a selection, so that its link can't be created any more.
    async fn withhold_selection(self, swept: &ToSweep) -> Result<bool, Error> {
        let withheld = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key().item()))
            .update_expression("SET deleting = :yes")
            .condition_expression("gsi3sk = :seen")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":seen", string(swept.end_key()))
            .send()
            .await;
        was_done("sweep a selection", withheld)
    }

    /// Deletes all that a deleted link left: first objects, then rows.
    async fn clear_deleted_link(self, link: &LinkId) -> Result<(), Error> {
        self.0.objects(Bucket::Bundles).delete_below(&bundle::objects_prefix(link)).await?;
        // A link that only ended keeps its mails, because it may get a new end.
        for prefix in ["USED", "VISIT#", "TRIES", "ASKS#", "BUNDLE", "MAIL"] {
            self.delete_below(&links::partition_key(link), prefix).await?;
        }
        self.clear_selection(link).await
    }

    async fn clear_selection(self, link: &LinkId) -> Result<(), Error> {
        let list = lists::partition_key(&ListId::of_link(link));
        // The rows of ids begin with the number of their generation. The head last, because it is in the index.
        for prefix in ["0", "HEAD"] {
            self.delete_below(&list, prefix).await?;
        }
        Ok(())
    }

    /// Deletes the rows of a partition whose sort keys begin with `prefix`.
    async fn delete_below(self, pk: &str, prefix: &'static str) -> Result<(), Error> {
        let mut rows = self.0.rows().keys_below(READ, pk, prefix);
        while let Some(page) = rows.next_page().await? {
            self.delete_rows(&page).await?;
        }
        Ok(())
    }

    async fn remove_from_index(self, swept: &ToSweep) -> Result<(), Error> {
        let update = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(swept.key().item()))
            .update_expression("REMOVE gsi3pk, gsi3sk")
            // If an edit has set a new end since, the row stays in the index.
            .condition_expression("gsi3sk = :seen")
            .expression_attribute_values(":seen", string(swept.end_key()))
            .send()
            .await;
        was_done("take a row out of the sweep's index", update).map(|_| ())
    }

    async fn delete_rows(self, rows: &[Item]) -> Result<(), Error> {
        let doing = "delete rows";
        for batch in rows.chunks(BATCH) {
            let deletes =
                batch.iter().map(|row| delete_request(doing, &Key::of(row))).collect::<Result<_, _>>()?;
            self.0.rows().write_batch(doing, deletes).await?;
        }
        Ok(())
    }
}
