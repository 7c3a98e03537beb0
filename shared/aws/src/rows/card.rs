//! The card of an asset: what pages show and downloads need, packed into one binary attribute of its row. Indexes hold
//! it, so that a page of a folder is read by one Query. The values that people gave are packed in another attribute.
//!
//! A card begins with its version. Its fields have no names, so every change of them needs a new version.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::asset::{Asset, AssetState, RENDITIONS, RenderedFile, renditions_prefix};
use domain::id::{AssetId, FolderId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::rows::indexes::CARD;
use crate::rows::table::Item;

/// The version that this release writes and reads.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Card {
    key: String,
    /// The key ends with the folder's path, a slash if there is a path, and the name; these are their bytes.
    folder: u16,
    name: u16,
    file_type: String,
    size: u64,
    etag: String,
    crc32: Option<u32>,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    pages: Option<u32>,
    /// Milliseconds since 1970, as are all times here.
    created: i64,
    modified: i64,
    thumbnail: Option<File>,
    preview: Option<File>,
    state: u8,
    reason: Option<String>,
    gave_up: bool,
    revision: u64,
}

#[derive(Serialize, Deserialize)]
struct File {
    /// Without the prefix of the asset's renditions, if it has that.
    key: String,
    etag: String,
    size: u64,
    crc32: u32,
    width: u32,
    height: u32,
}

impl File {
    fn of(file: &RenderedFile, id: &AssetId) -> Self {
        let RenderedFile { key, etag, size, crc32, width, height } = file.clone();
        let key = key.strip_prefix(&renditions_prefix(id)).map(str::to_owned).unwrap_or(key);
        Self { key, etag, size, crc32, width, height }
    }

    fn into_rendered(self, id: &AssetId) -> RenderedFile {
        let Self { key, etag, size, crc32, width, height } = self;
        let key = if key.starts_with(RENDITIONS) { key } else { renditions_prefix(id) + &key };
        RenderedFile { key, etag, size, crc32, width, height }
    }
}

/// The card of an asset.
///
/// # Errors
/// When the asset's key does not end with its folder and its name.
pub(crate) fn pack(asset: &Asset) -> Result<AttributeValue, Error> {
    let doing = "write an asset";
    let inside = match asset.folder_path.as_str() {
        "" => asset.name.clone(),
        folder => format!("{folder}/{}", asset.name),
    };
    let len = |part: &str| u16::try_from(part.len()).ok().filter(|_| asset.key.ends_with(&inside));
    let (Some(folder), Some(name)) = (len(&asset.folder_path), len(&asset.name)) else {
        return Err(Error::broken(doing, "its key is not that of its folder and name"));
    };
    let card = Card {
        key: asset.key.clone(),
        folder,
        name,
        file_type: asset.file_type.clone(),
        size: asset.size,
        etag: asset.etag.clone(),
        crc32: asset.crc32,
        width: asset.width,
        height: asset.height,
        duration_ms: asset.duration_ms,
        pages: asset.pages,
        created: asset.created.as_millisecond(),
        modified: asset.modified.as_millisecond(),
        thumbnail: asset.thumbnail.as_ref().map(|file| File::of(file, &asset.id)),
        preview: asset.preview.as_ref().map(|file| File::of(file, &asset.id)),
        state: match asset.state {
            AssetState::Processing => 0,
            AssetState::Ready => 1,
            AssetState::Failed => 2,
        },
        reason: asset.reason.clone(),
        gave_up: asset.gave_up,
        revision: asset.revision,
    };
    pack_version(doing, &card)
}

/// The asset of a card, without the values that people gave.
///
/// # Errors
/// When the card is missing, of a version that this release does not know, or does not read.
pub(crate) fn unpack(id: &AssetId, row: &Item) -> Result<Asset, Error> {
    let doing = "read an asset";
    let card: Card = unpack_version(doing, row, CARD)?;
    let broken = |why: &str| Error::broken(doing, format!("the card of {id} {why}"));
    let time = |ms| Timestamp::from_millisecond(ms).map_err(|_| broken("has a time beyond all times"));
    let split = |at: usize| card.key.split_at_checked(at).ok_or_else(|| broken("does not fit its key"));
    let before = |end: usize, len: u16| {
        end.checked_sub(usize::from(len)).ok_or_else(|| broken("has a folder that its key lacks"))
    };
    let name_starts = before(card.key.len(), card.name)?;
    let name = split(name_starts)?.1;
    let folder_ends = name_starts.saturating_sub(usize::from(card.folder > 0));
    let folder_path = split(folder_ends)?.0;
    let folder_path =
        folder_path.get(before(folder_ends, card.folder)?..).ok_or_else(|| broken("does not fit its key"))?;
    Ok(Asset {
        name: name.to_owned(),
        folder: FolderId::of(folder_path),
        folder_path: folder_path.to_owned(),
        file_type: card.file_type,
        size: card.size,
        etag: card.etag,
        crc32: card.crc32,
        width: card.width,
        height: card.height,
        duration_ms: card.duration_ms,
        pages: card.pages,
        created: time(card.created)?,
        modified: time(card.modified)?,
        attributes: std::collections::BTreeMap::new(),
        thumbnail: card.thumbnail.map(|file| file.into_rendered(id)),
        preview: card.preview.map(|file| file.into_rendered(id)),
        state: match card.state {
            0 => AssetState::Processing,
            1 => AssetState::Ready,
            2 => AssetState::Failed,
            _ => return Err(broken("has an unknown state")),
        },
        reason: card.reason,
        gave_up: card.gave_up,
        revision: card.revision,
        id: id.clone(),
        key: card.key,
    })
}

/// A value as a binary attribute that begins with the version.
pub(crate) fn pack_version(doing: &'static str, value: &impl Serialize) -> Result<AttributeValue, Error> {
    let bytes = postcard::to_extend(value, vec![VERSION]).map_err(|cause| Error::broken(doing, cause))?;
    Ok(AttributeValue::B(Blob::new(bytes)))
}

/// The value of a binary attribute that begins with the version.
pub(crate) fn unpack_version<T: DeserializeOwned>(
    doing: &'static str,
    row: &Item,
    name: &str,
) -> Result<T, Error> {
    let broken = |why: &str| {
        let pk = crate::rows::table::text(row, "pk").unwrap_or_default();
        Error::broken(doing, format!("the {name} of {pk} {why}"))
    };
    let bytes = row.get(name).and_then(|value| value.as_b().ok()).ok_or_else(|| broken("is missing"))?;
    match bytes.as_ref().split_first() {
        Some((&VERSION, packed)) => postcard::from_bytes(packed).map_err(|_| broken("does not read")),
        Some((version, _)) => {
            Err(broken(&format!("has version {version}, which this release does not know")))
        }
        None => Err(broken("is empty")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::samples;

    fn row(asset: &Asset) -> Item {
        Item::from([("card".to_owned(), pack(asset).unwrap())])
    }

    #[test]
    fn an_asset_reads_back_as_written_and_takes_little_room() {
        let failed = Asset {
            state: AssetState::Failed,
            reason: Some("It is truncated.".to_owned()),
            gave_up: true,
            duration_ms: Some(7),
            revision: u64::MAX,
            ..samples::asset("", "a.pdf")
        };
        for asset in [samples::asset("Press/Autumn", "photo 1.jpg"), failed, samples::asset("a//", "b.jpg")] {
            assert_eq!(unpack(&asset.id, &row(&asset)).unwrap(), asset);
        }
        let photograph = row(&samples::asset("Press/Autumn", "photo 1.jpg"));
        let size = photograph["card"].as_b().unwrap().as_ref().len();
        assert!(size < 130, "{size} bytes");
    }

    #[test]
    fn an_unknown_version_and_a_broken_card_are_named() {
        let asset = samples::asset("Press", "a.jpg");
        let with = |change: fn(&mut Vec<u8>)| {
            let mut bytes = row(&asset)["card"].as_b().unwrap().clone().into_inner();
            change(&mut bytes);
            let row = Item::from([("card".to_owned(), AttributeValue::B(Blob::new(bytes)))]);
            let Err(Error::Broken { cause, .. }) = unpack(&asset.id, &row) else { panic!("it was read") };
            cause
        };
        assert!(with(|bytes| bytes[0] = 9).contains("version 9, which this release does not know"));
        assert!(with(|bytes| bytes.truncate(20)).contains("does not read"));
        assert!(with(Vec::clear).contains("is empty"));
    }

    #[test]
    fn a_card_needs_the_key_of_its_folder_and_name() {
        let moved = Asset { folder_path: "Elsewhere".to_owned(), ..samples::asset("Press", "a.jpg") };
        assert!(pack(&moved).is_err());
    }
}
