//! Writes assets: the asset's own row, its rows in its folder's sets, and the figures of those sets, in one
//! transaction.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::asset::Asset;
use domain::id::{AssetId, FolderId};
use domain::set::{Counts, SetRef, paths_from_root};

use crate::rows::sets::{figures, head_key, member_key};
use crate::rows::table::{Item, Key, from_item, number, string, to_item};
use crate::{Cloud, Error};

/// The outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The asset was written.
    Done,
    /// Another writer was first, so nothing was written: read the asset again.
    Outdated,
}

fn key(id: &AssetId) -> Key {
    Key::new(format!("ASSET#{id}"), "ASSET")
}

/// A row of a set: a copy of the asset's document, with the keys that sort it.
pub(crate) fn member_row(set: &SetRef, asset: &Asset) -> Result<Item, Error> {
    let doing = "write a set's member";
    let mut row = member_key(set, &asset.id).item();
    row.insert(
        "asset".into(),
        serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(asset).map_err(|e| Error::broken(doing, e))?,
    );
    row.insert("name_key".into(), string(asset.name_key()));
    row.insert("joined_key".into(), string(asset.created_key()));
    Ok(row)
}

/// The rows of assets.
#[derive(Clone, Copy)]
pub struct Assets<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The rows of assets.
    pub fn assets(&self) -> Assets<'_> {
        Assets(self)
    }
}

impl Assets<'_> {
    /// Reads an asset.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, id: &AssetId) -> Result<Option<Asset>, Error> {
        self.0
            .rows()
            .get_item("read an asset", &key(id))
            .await?
            .map(|item| from_item("read an asset", item))
            .transpose()
    }

    /// Reads assets, in the order of the ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_many(self, ids: &[AssetId]) -> Result<Vec<Option<Asset>>, Error> {
        let keys: Vec<Key> = ids.iter().map(key).collect();
        let items = self.0.rows().get_items("read assets", &keys).await?;
        items.into_iter().map(|item| item.map(|item| from_item("read an asset", item)).transpose()).collect()
    }

    /// Replaces an asset as it was read (`was`, `None` for a new one) by what it is now (`now`, `None` to remove it).
    /// Its row, its rows in its folder's sets and their figures change in one transaction. Its rows in selections are
    /// changed afterwards; if that fails, the repeated event does it.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Panics
    /// When both are `None`.
    pub async fn replace(self, was: Option<&Asset>, now: Option<&Asset>) -> Result<Written, Error> {
        let doing = "write an asset";
        if self.0.rows().write_together(doing, self.asset_writes(was, now)?).await?.is_err() {
            return Ok(Written::Outdated);
        }
        let id = now.or(was).map(|asset| asset.id.clone()).expect("one of the two is given");
        self.0.sets().refresh_selections(&id, now).await?;
        Ok(Written::Done)
    }

    fn asset_writes(self, was: Option<&Asset>, now: Option<&Asset>) -> Result<Vec<TransactWriteItem>, Error> {
        let doing = "write an asset";
        let asset = now.or(was).expect("one of the two is given");
        let mut writes = Vec::new();

        // The condition on the asset's own row guards the whole transaction.
        let condition = if was.is_some() { "#revision = :was" } else { "attribute_not_exists(pk)" };
        let revision = was.map(|was| number(was.revision));
        match now {
            Some(now) => {
                let mut row = to_item(doing, now)?;
                row.extend(key(&asset.id).item());
                let mut put = Put::builder()
                    .table_name(self.0.table())
                    .set_item(Some(row))
                    .condition_expression(condition);
                if let Some(revision) = revision {
                    put = put
                        .expression_attribute_names("#revision", "revision")
                        .expression_attribute_values(":was", revision);
                }
                writes.push(
                    TransactWriteItem::builder()
                        .put(put.build().map_err(|e| Error::broken(doing, e))?)
                        .build(),
                );
            }
            None => {
                let delete = Delete::builder()
                    .table_name(self.0.table())
                    .set_key(Some(key(&asset.id).item()))
                    .condition_expression(condition)
                    .expression_attribute_names("#revision", "revision")
                    .set_expression_attribute_values(revision.map(|was| Item::from([(":was".into(), was)])));
                let delete = delete.build().map_err(|e| Error::broken(doing, e))?;
                writes.push(TransactWriteItem::builder().delete(delete).build());
            }
        }

        let change = now.map(Counts::of).unwrap_or_default() - was.map(Counts::of).unwrap_or_default();
        let mut sets: Vec<(SetRef, &str)> = paths_from_root(&asset.folder_path)
            .into_iter()
            .map(|path| (SetRef::tree(&FolderId::of(path)), path))
            .collect();
        sets.push((SetRef::folder(&asset.folder), &asset.folder_path));
        for (set, path) in &sets {
            writes.push(match now {
                Some(now) => {
                    let put = Put::builder()
                        .table_name(self.0.table())
                        .set_item(Some(member_row(set, now)?))
                        .build();
                    TransactWriteItem::builder().put(put.map_err(|e| Error::broken(doing, e))?).build()
                }
                None => {
                    let delete = Delete::builder()
                        .table_name(self.0.table())
                        .set_key(Some(member_key(set, &asset.id).item()))
                        .build();
                    TransactWriteItem::builder().delete(delete.map_err(|e| Error::broken(doing, e))?).build()
                }
            });
            if was.is_none() || change != Counts::default() {
                writes.push(self.head_write(set, path, &change)?);
            }
        }
        // A folder is listed even if only its subfolders hold assets.
        if was.is_none() {
            for path in
                paths_from_root(&asset.folder_path).into_iter().filter(|path| *path != asset.folder_path)
            {
                writes.push(self.head_write(
                    &SetRef::folder(&FolderId::of(path)),
                    path,
                    &Counts::default(),
                )?);
            }
        }
        Ok(writes)
    }

    /// The write that creates a folder's set if it is new, and adds to its figures.
    fn head_write(self, set: &SetRef, path: &str, change: &Counts) -> Result<TransactWriteItem, Error> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut sets = vec!["#name = :name", "#path = :path"];
        let mut update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(head_key(set).item()))
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#path", "path")
            .expression_attribute_values(":name", string(name))
            .expression_attribute_values(":path", string(path));
        if !path.is_empty() {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            sets.push("parent = :parent");
            update = update.expression_attribute_values(":parent", string(FolderId::of(parent).as_str()));
        }
        if set.kind == domain::set::SetKind::Folder {
            sets.extend(["site_shard = :folders", "made_key = :made_key"]);
            update = update
                .expression_attribute_values(":folders", string("FOLDERS"))
                .expression_attribute_values(":made_key", string(format!("/{path}")));
        }
        let (adds, update) = add_counts(update, change);
        let update = update
            .update_expression(format!("SET {} ADD {adds}", sets.join(", ")))
            .build()
            .map_err(|e| Error::broken("write a set", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The `ADD` clause for a change of figures, and the update with the clause's values.
pub(crate) fn add_counts(
    mut update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    change: &Counts,
) -> (String, aws_sdk_dynamodb::types::builders::UpdateBuilder) {
    let mut adds = Vec::new();
    for (at, (name, by)) in figures(change).enumerate() {
        adds.push(format!("#figure{at} :figure{at}"));
        update = update
            .expression_attribute_names(format!("#figure{at}"), name)
            .expression_attribute_values(format!(":figure{at}"), by);
    }
    (adds.join(", "), update)
}
