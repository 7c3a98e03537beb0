//! A bundle: one zip of several files of a link, built in S3 in the background from a frozen manifest.

pub mod zip;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{BundleId, LinkId};
use crate::link::Offer;

/// How long a bundle is kept after it was last requested.
pub const BUNDLE_LASTS: SignedDuration = SignedDuration::from_hours(72);

/// A preparing bundle whose row has not changed for this long is requested again: its message or its worker was lost.
pub const SILENT_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The state of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleStatus {
    /// Waiting or being built.
    Preparing,
    /// Can be downloaded.
    Ready,
    /// Could not be built; `reason` says why.
    Failed,
    /// Being deleted; recipients can't see it any more.
    Deleting,
}

/// A bundle's row, in the partition of its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Its id: the hash of its manifest.
    pub id: BundleId,
    /// The link it belongs to.
    pub link: LinkId,
    /// The options it was built with. If the link no longer offers all of them, the zip can't be downloaded.
    pub holds: Offer,
    /// Its state.
    pub status: BundleStatus,
    /// Files in it.
    pub files: u64,
    /// Bytes of the zip.
    pub bytes: u64,
    /// Bytes of the zip that are written.
    pub done_bytes: u64,
    /// Why it failed, as a sentence for the recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The id of the multipart upload that builds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// When the row was last written; see [`SILENT_FOR`].
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated: Timestamp,
    /// When it was last requested.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub last_used: Timestamp,
}

impl Bundle {
    /// Whether it is being prepared and has not changed for [`SILENT_FOR`].
    pub fn is_silent(&self, now: Timestamp) -> bool {
        self.status == BundleStatus::Preparing && now.duration_since(self.updated) > SILENT_FOR
    }

    /// The key of the zip in the bundles bucket.
    pub fn zip_key(&self) -> String {
        format!("{}{}.zip", objects_prefix(&self.link), self.id)
    }

    /// The key of the manifest in the bundles bucket.
    pub fn manifest_key(&self) -> String {
        format!("{}{}.json", objects_prefix(&self.link), self.id)
    }
}

/// The prefix of all keys that a link's bundles have in the bundles bucket.
pub fn objects_prefix(link: &LinkId) -> String {
    format!("bundles/{link}/")
}

/// The files of a bundle, stored before it is built, so that every worker plans the same zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The files, in order.
    pub entries: Vec<ManifestEntry>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Its name in the zip: safe to unpack, and unique also where upper and lower case are the same.
    pub name: String,
    /// Its object's key in the assets bucket.
    pub key: String,
    /// The ETag its object must still have.
    pub etag: String,
    /// Its size in bytes.
    pub size: u64,
    /// CRC-32 of its bytes.
    pub crc32: u32,
    /// When it was last modified.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub modified: Timestamp,
}

impl Manifest {
    /// The JSON that is stored in S3; its hash is the bundle's id.
    pub fn freeze(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers always serialise")
    }

    /// Its files as entries of the zip; each `object` is the index in `entries`.
    pub fn zip_entries(&self) -> Vec<zip::Entry<usize>> {
        let entries = self.entries.iter().enumerate();
        let entry = |(object, entry): (usize, &ManifestEntry)| zip::Entry {
            name: entry.name.clone(),
            size: entry.size,
            crc32: entry.crc32,
            modified: entry.modified,
            object,
        };
        entries.map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::manifest_entry;

    #[test]
    fn the_same_content_is_the_same_bundle() {
        let a = manifest_entry("a");
        let renamed = ManifestEntry { name: "b".into(), ..a.clone() };
        let (one, two) = (Manifest { entries: vec![a] }, Manifest { entries: vec![renamed] });
        assert_eq!(BundleId::of(&one.freeze()), BundleId::of(&one.clone().freeze()));
        assert_ne!(BundleId::of(&one.freeze()), BundleId::of(&two.freeze()));
    }
}
