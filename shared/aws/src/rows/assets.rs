//! Rows of assets. An asset is in one row, which the indexes by folder and by time show; nothing of it is copied.
//!
//! The row of a file that went is kept for [`GONE_FOR`] without its keys in those indexes. If a file comes back at the
//! same key, it is then the same asset with all that people gave it, and no older event is taken for a newer one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::asset::Asset;
use domain::id::AssetId;
use domain::library::place::place_of;
use jiff::{SignedDuration, Timestamp};

use crate::clock::now;
use crate::rows::card::{pack, pack_version, unpack, unpack_version};
use crate::rows::indexes::{ATTRIBUTES, CARD, GSI1, GSI2, GSI3, sweep_keys};
use crate::rows::table::{Item, Key, number, text};
use crate::{Cloud, Error};

/// The partition of all assets in the first index, by place.
pub(crate) const LIBRARY: &str = "LIBRARY";
/// The partition of all assets in the third index, by the time when they were added.
pub(crate) const NEWEST: &str = "LIBRARY#NEW";
/// How long the row of a file that went is kept.
const GONE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The attribute that such a row has: when the file went, in milliseconds.
const GONE: &str = "gone";

/// The outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The asset was written.
    Done,
    /// Another writer was first, so nothing was written: read the asset again.
    Outdated,
}

/// What is in an asset's row.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// The asset.
    Here(Asset),
    /// The asset as it was when its file went.
    Gone(Asset),
}

impl Stored {
    /// The asset, also if its file went.
    pub fn asset(&self) -> &Asset {
        match self {
            Self::Here(asset) | Self::Gone(asset) => asset,
        }
    }

    /// The asset; `None` if its file went.
    pub fn here(&self) -> Option<&Asset> {
        match self {
            Self::Here(asset) => Some(asset),
            Self::Gone(_) => None,
        }
    }

    fn into_here(self) -> Option<Asset> {
        match self {
            Self::Here(asset) => Some(asset),
            Self::Gone(_) => None,
        }
    }

    /// The revision of the row. That of a file that went has one of its own.
    pub fn revision(&self) -> u64 {
        match self {
            Self::Here(asset) => asset.revision,
            Self::Gone(asset) => asset.revision + 1,
        }
    }
}

/// A change of one asset, from how it was read to how it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The asset as it was read.
    pub was: Option<Stored>,
    /// The asset from now on; `None` if its file went.
    pub now: Option<Asset>,
}

impl Change {
    /// The asset as it was in the library.
    pub fn here(&self) -> Option<&Asset> {
        self.was.as_ref().and_then(Stored::here)
    }

    /// The asset's id; `None` for a change from nothing to nothing.
    pub(crate) fn id(&self) -> Option<&AssetId> {
        self.now.as_ref().or(self.was.as_ref().map(Stored::asset)).map(|asset| &asset.id)
    }
}

pub(crate) fn key(id: &AssetId) -> Key {
    Key::new(format!("ASSET#{id}"), "ASSET")
}

/// The id in a row of the table or of an index.
fn id_of(row: &Item) -> Result<AssetId, Error> {
    let id = text(row, "pk").and_then(|pk| pk.strip_prefix("ASSET#")).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::broken("read an asset", "a row has no asset's key"))
}

/// The asset of a row of an index, which shows no asset that went.
pub(crate) fn read_shown(row: &Item) -> Result<Asset, Error> {
    let mut asset = unpack(&id_of(row)?, row)?;
    if row.contains_key(ATTRIBUTES) {
        asset.attributes = unpack_version("read an asset", row, ATTRIBUTES)?;
    }
    Ok(asset)
}

/// What is in a row of the table.
pub(crate) fn read_stored(row: &Item) -> Result<Stored, Error> {
    let asset = read_shown(row)?;
    Ok(if row.contains_key(GONE) { Stored::Gone(asset) } else { Stored::Here(asset) })
}

/// The asset of a row of the table; `None` if its file went.
pub(crate) fn read(row: &Item) -> Result<Option<Asset>, Error> {
    read_stored(row).map(Stored::into_here)
}

fn bare_row(asset: &Asset, revision: u64) -> Result<Item, Error> {
    let mut row = key(&asset.id).item();
    row.insert("revision".into(), number(revision));
    row.insert(CARD.into(), pack(asset)?);
    if !asset.attributes.is_empty() {
        let attributes: &BTreeMap<String, String> = &asset.attributes;
        row.insert(ATTRIBUTES.into(), pack_version("write an asset", attributes)?);
    }
    Ok(row)
}

fn row(asset: &Asset) -> Result<Item, Error> {
    let mut row = bare_row(asset, asset.revision)?;
    GSI1.insert(&mut row, LIBRARY, place_of(asset));
    GSI2.insert(&mut row, format!("FOLDER#{}", asset.folder), asset.created_key());
    GSI3.insert(&mut row, NEWEST, asset.created_key());
    Ok(row)
}

/// The row that is kept of an asset whose file went.
fn row_of_gone(asset: &Asset, at: Timestamp) -> Result<Item, Error> {
    let mut row = bare_row(asset, asset.revision + 1)?;
    row.insert(GONE.into(), number(at.as_millisecond()));
    row.extend(sweep_keys(at.saturating_add(GONE_FOR).unwrap_or(Timestamp::MAX), asset.id.as_str()));
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
        Ok(self.find_many(std::slice::from_ref(id)).await?.pop().flatten())
    }

    /// Reads assets, in the order of the ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_many(self, ids: &[AssetId]) -> Result<Vec<Option<Asset>>, Error> {
        let found = self.find_stored(ids).await?.into_iter();
        Ok(found.map(|stored| stored.and_then(Stored::into_here)).collect())
    }

    /// Reads what is in the rows of assets, also of those whose files went, in the order of the ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_stored(self, ids: &[AssetId]) -> Result<Vec<Option<Stored>>, Error> {
        let keys: Vec<Key> = ids.iter().map(key).collect();
        let rows = self.0.rows().get_items("read assets", &keys).await?;
        rows.iter().map(|row| row.as_ref().map(read_stored).transpose()).collect()
    }

    /// Replaces an asset as it was read (`was`, `None` for a new one) by what it is now (`now`, `None` to remove it).
    /// Its row and the figures of its folders change in one transaction.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn replace(self, was: Option<&Asset>, now: Option<&Asset>) -> Result<Written, Error> {
        let change = Change { was: was.cloned().map(Stored::Here), now: now.cloned() };
        self.commit(vec![change]).await.pop().unwrap_or(Ok(Written::Done))
    }

    /// The write of an asset's own row, with the condition that guards the transaction.
    pub(crate) fn row_write(self, change: &Change) -> Result<TransactWriteItem, Error> {
        let doing = "write an asset";
        let row = match (&change.now, &change.was) {
            (Some(now), _) => row(now)?,
            (None, Some(was)) => row_of_gone(was.asset(), now())?,
            (None, None) => return Err(Error::broken(doing, "there is nothing to write")),
        };
        let put = Put::builder().table_name(self.0.table()).set_item(Some(row));
        let put = match &change.was {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(stored) => {
                let condition = match stored {
                    Stored::Here(_) => "#revision = :was AND attribute_not_exists(gone)",
                    Stored::Gone(_) => "#revision = :was AND attribute_exists(gone)",
                };
                put.condition_expression(condition)
                    .expression_attribute_names("#revision", "revision")
                    .expression_attribute_values(":was", number(stored.revision()))
            }
        };
        let put = put.build().map_err(|e| Error::broken(doing, e))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
