//! An asset: one file of the library, with its renditions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AssetId, FolderId};
use crate::name::fold_name;

/// The prefix of originals' keys in a bucket that was made for Vitrine: `library/<folder path>/<name>`. In an existing
/// bucket the setting `library_prefix` may be another one.
pub const LIBRARY: &str = "library/";

/// The prefix of renditions' keys in the assets bucket.
pub const RENDITIONS: &str = "renditions/";

/// The prefix of the keys of all renditions of an asset.
pub fn renditions_prefix(id: &AssetId) -> String {
    format!("{RENDITIONS}{id}/")
}

/// One file of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// The asset's id.
    pub id: AssetId,
    /// The original's key in the assets bucket.
    pub key: String,
    /// The file name.
    pub name: String,
    /// The asset's folder.
    pub folder: FolderId,
    /// The folder's path, such as `Press/Autumn`; empty for the top of the library.
    pub folder_path: String,
    /// The file type as a short lower-case name, such as `jpg`.
    pub file_type: String,
    /// The original's size in bytes.
    pub size: u64,
    /// The original's ETag, which changes with its bytes.
    pub etag: String,
    /// The CRC-32 (ISO-HDLC) of the original's bytes, as soon as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// Width in pixels as shown, for images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels as shown, for images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Duration in milliseconds, for video and audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Number of pages, for documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// When the asset was added to the library.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created: Timestamp,
    /// When the file was last modified.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub modified: Timestamp,
    /// The values of the attributes, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The image of 150 px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<RenderedFile>,
    /// The image of 500 px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<RenderedFile>,
    /// How far ingest has come.
    pub state: AssetState,
    /// Why ingest failed, as text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether ingest failed because its message reached the last delivery, and not because of the file. The next
    /// message for the asset then tries again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gave_up: bool,
    /// Grows by one with each write, so that a writer notices another writer's change.
    pub revision: u64,
}

/// How far ingest has come with an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AssetState {
    /// Its file has not been read yet.
    Processing,
    /// Its file has been read, and rendered if its type is.
    Ready,
    /// Its file could not be read; `reason` says why. The original can still be downloaded.
    Failed,
}

/// A rendition's object in the assets bucket; its size is in bytes, its width and height in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "plain data, named after what S3 and the image say")]
pub struct RenderedFile {
    pub key: String,
    pub etag: String,
    pub size: u64,
    pub crc32: u32,
    pub width: u32,
    pub height: u32,
}

/// A file that represents an asset; in URLs `original`, `thumbnail`, `preview`, `view:NAME`, `preset:ID`. Pages offer them
/// in this order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rendition {
    /// The file itself.
    Original,
    /// The image of 500 px.
    Preview,
    /// The image of 150 px.
    Thumbnail,
    /// An extra file that is attached under a name.
    View(String),
    /// A saved conversion.
    Preset(String),
}

impl std::str::FromStr for Rendition {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "original" => Self::Original,
            "thumbnail" => Self::Thumbnail,
            "preview" => Self::Preview,
            _ => match text.split_once(':') {
                Some(("view", name)) if !name.is_empty() => Self::View(name.to_owned()),
                Some(("preset", id)) if !id.is_empty() => Self::Preset(id.to_owned()),
                _ => return Err(()),
            },
        })
    }
}

impl std::fmt::Display for Rendition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Original => f.write_str("original"),
            Self::Thumbnail => f.write_str("thumbnail"),
            Self::Preview => f.write_str("preview"),
            Self::View(name) => write!(f, "view:{name}"),
            Self::Preset(id) => write!(f, "preset:{id}"),
        }
    }
}

/// One downloadable file of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetFile {
    /// The object's key in the assets bucket.
    pub key: String,
    /// The object's ETag.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// CRC-32 of the bytes, if known.
    pub crc32: Option<u32>,
    /// The name of the downloaded file.
    pub file_name: String,
}

impl Asset {
    /// The renditions that are stored, each with its file.
    pub fn rendered(&self) -> impl Iterator<Item = (Rendition, &RenderedFile)> {
        let stored = [(Rendition::Preview, &self.preview), (Rendition::Thumbnail, &self.thumbnail)];
        stored.into_iter().filter_map(|(rendition, file)| Some((rendition, file.as_ref()?)))
    }

    /// Whether the file is still to be read and rendered.
    pub fn awaits_rendering(&self) -> bool {
        self.state == AssetState::Processing || self.gave_up
    }

    /// The file of a rendition; `None` if the asset has no such rendition.
    pub fn file(&self, rendition: &Rendition) -> Option<AssetFile> {
        let (rendered, word) = match rendition {
            Rendition::Original => {
                return Some(AssetFile {
                    key: self.key.clone(),
                    etag: self.etag.clone(),
                    size: self.size,
                    crc32: self.crc32,
                    file_name: self.name.clone(),
                });
            }
            Rendition::Thumbnail => (self.thumbnail.as_ref()?, "thumbnail"),
            Rendition::Preview => (self.preview.as_ref()?, "preview"),
            Rendition::View(_) | Rendition::Preset(_) => return None,
        };
        let stem = self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem);
        let extension = rendered.key.rsplit_once('.').map_or("jpg", |(_, extension)| extension);
        Some(AssetFile {
            key: rendered.key.clone(),
            etag: rendered.etag.clone(),
            size: rendered.size,
            crc32: Some(rendered.crc32),
            file_name: format!("{stem} ({word}).{extension}"),
        })
    }

    /// The sort key by name, of [`fold_name`]; equal names are distinguished by the id.
    pub fn name_key(&self) -> String {
        format!("{}\u{1}{}", fold_name(&self.name), self.id)
    }

    /// The sort key by the time when the asset was added.
    pub fn created_key(&self) -> String {
        format!("{:016}\u{1}{}", self.created.as_millisecond().max(0), self.id)
    }
}

/// The folder path and name in an original's key, in a library that begins at `prefix`. `None` for a key outside the
/// library, for a folder's own key, and for renditions, which are in the same bucket.
pub fn parts_of_key<'a>(prefix: &str, key: &'a str) -> Option<(&'a str, &'a str)> {
    if key.starts_with(RENDITIONS) {
        return None;
    }
    let path = key.strip_prefix(prefix)?;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (!name.is_empty()).then_some((folder, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_folder_and_a_name() {
        assert_eq!(parts_of_key(LIBRARY, "library/a/b/c.jpg"), Some(("a/b", "c.jpg")));
        assert_eq!(parts_of_key(LIBRARY, "library/c.jpg"), Some(("", "c.jpg")));
        assert_eq!(parts_of_key(LIBRARY, "library/a/"), None);
        assert_eq!(parts_of_key(LIBRARY, "library2/a.jpg"), None);
        assert_eq!(parts_of_key("", "Press/a.jpg"), Some(("Press", "a.jpg")));
        assert_eq!(parts_of_key("", "renditions/0a/1/preview.jpg"), None, "no rendition becomes an asset");
    }

    #[test]
    fn renditions_read_back_as_written() {
        for text in ["original", "thumbnail", "preview", "view:Back", "preset:web-jpeg"] {
            assert_eq!(text.parse::<Rendition>().unwrap().to_string(), text);
        }
        assert!("Original".parse::<Rendition>().is_err() && "view:".parse::<Rendition>().is_err());
    }
}
