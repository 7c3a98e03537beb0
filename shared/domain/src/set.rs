//! A set: the assets that a target stands for. Every kind of target is one, so that a landing page, a count, a
//! membership check and a bundle are the same reads whatever was shared.

use serde::{Deserialize, Serialize};

use crate::asset::{Asset, AssetState};
use crate::id::{FolderId, LinkId};

/// What kind of set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKind {
    /// A folder's own assets.
    Folder,
    /// A folder's assets and those of every folder below it. The root's tree is the whole library.
    Tree,
    /// The assets picked for one link; its id is the link's. A link on one asset is a selection of one.
    Selection,
}

/// The name of a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetRef {
    /// Its kind.
    pub kind: SetKind,
    /// Its id among those of its kind.
    pub id: String,
}

impl SetRef {
    /// A folder's own assets.
    pub fn folder(id: &FolderId) -> Self {
        Self { kind: SetKind::Folder, id: id.to_string() }
    }

    /// A folder's tree.
    pub fn tree(id: &FolderId) -> Self {
        Self { kind: SetKind::Tree, id: id.to_string() }
    }

    /// Every asset of the library.
    pub fn library() -> Self {
        Self::tree(&FolderId::of(""))
    }

    /// The assets picked for a link.
    pub fn selection(link: &LinkId) -> Self {
        Self { kind: SetKind::Selection, id: link.to_string() }
    }

    /// Its partition key: `SET#<kind>#<id>`.
    pub fn partition(&self) -> String {
        let kind = match self.kind {
            SetKind::Folder => "folder",
            SetKind::Tree => "tree",
            SetKind::Selection => "selection",
        };
        format!("SET#{kind}#{}", self.id)
    }

    /// Whether its members stand in a picked order; otherwise they stand by name.
    pub fn is_ordered(&self) -> bool {
        self.kind == SetKind::Selection
    }
}

/// How many members a set has, and how many of them have what a link may offer. Kept with the set, in the
/// transactions that change its members, so that no page counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Members.
    #[serde(default)]
    pub asset_count: i64,
    /// Bytes of their originals.
    #[serde(default)]
    pub total_bytes: i64,
    /// Members still processing.
    #[serde(default)]
    pub processing: i64,
    /// Members that failed.
    #[serde(default)]
    pub failed: i64,
    /// Members with a thumbnail.
    #[serde(default)]
    pub with_thumbnail: i64,
    /// Members with a preview.
    #[serde(default)]
    pub with_preview: i64,
}

impl Counts {
    /// What one asset adds.
    pub fn of(asset: &Asset) -> Self {
        Self {
            asset_count: 1,
            total_bytes: i64::try_from(asset.size).unwrap_or(i64::MAX),
            processing: i64::from(asset.state == AssetState::Processing),
            failed: i64::from(asset.state == AssetState::Failed),
            with_thumbnail: i64::from(asset.thumbnail.is_some()),
            with_preview: i64::from(asset.preview.is_some()),
        }
    }

    /// Each figure with its attribute's name, for an update that adds them.
    pub fn figures(&self) -> [(&'static str, i64); 6] {
        [
            ("asset_count", self.asset_count),
            ("total_bytes", self.total_bytes),
            ("processing", self.processing),
            ("failed", self.failed),
            ("with_thumbnail", self.with_thumbnail),
            ("with_preview", self.with_preview),
        ]
    }

    fn zip(self, other: Self, f: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            asset_count: f(self.asset_count, other.asset_count),
            total_bytes: f(self.total_bytes, other.total_bytes),
            processing: f(self.processing, other.processing),
            failed: f(self.failed, other.failed),
            with_thumbnail: f(self.with_thumbnail, other.with_thumbnail),
            with_preview: f(self.with_preview, other.with_preview),
        }
    }
}

impl std::ops::Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, i64::saturating_add)
    }
}

impl std::ops::Sub for Counts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, i64::saturating_sub)
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), std::ops::Add::add)
    }
}

/// A set's first row: its name and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetHead {
    /// Its name: a folder's last path component (empty for the library itself), a selection's link title.
    pub name: String,
    /// A folder's path.
    #[serde(default)]
    pub path: String,
    /// The folder above, for a folder that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<FolderId>,
    /// Its figures.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A folder's path and those above it, from the library itself (`""`) down.
pub fn path_and_ancestors(path: &str) -> Vec<&str> {
    let mut paths = vec![""];
    paths.extend(path.match_indices('/').map(|(end, _)| &path[..end]));
    if !path.is_empty() {
        paths.push(path);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lies_in_those_above_it() {
        assert_eq!(path_and_ancestors(""), [""]);
        assert_eq!(path_and_ancestors("a"), ["", "a"]);
        assert_eq!(path_and_ancestors("a/b/c"), ["", "a", "a/b", "a/b/c"]);
    }

    #[test]
    fn a_set_is_named_by_kind_and_id() {
        let id = FolderId::of("a");
        assert_eq!(SetRef::folder(&id).partition(), format!("SET#folder#{id}"));
        assert_ne!(SetRef::folder(&id).partition(), SetRef::tree(&id).partition());
    }
}
