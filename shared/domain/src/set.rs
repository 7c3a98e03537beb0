//! A set: the assets of a target. Every kind of target has a set, so that landing pages, counts, membership checks and
//! bundles read all of them in the same way.
//!
//! An asset is in one row. Folders and trees are ranges of the library's order (`library::place`), and lists are ids.

use crate::asset::Asset;
use crate::id::{AssetId, ListId};
use crate::library::folder::is_within;

/// The assets of a target, or of the library.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Set {
    /// One asset.
    Asset(AssetId),
    /// The own assets of the folder at a path.
    Folder(String),
    /// The assets of the folder at a path, and those of every folder below it.
    Tree(String),
    /// The assets of a list.
    List(ListId),
}

impl Set {
    /// Every asset of the library.
    pub fn library() -> Self {
        Self::Tree(String::new())
    }

    /// Whether an asset is a member, judged by the asset alone; `None` for a list, which has to be read.
    pub fn includes(&self, asset: &Asset) -> Option<bool> {
        match self {
            Self::Asset(id) => Some(asset.id == *id),
            Self::Folder(path) => Some(asset.folder_path == *path),
            Self::Tree(path) => Some(is_within(&asset.folder_path, path)),
            Self::List(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_folder_has_its_own_assets_and_a_tree_also_those_below() {
        let (own, below) = (samples::asset("a", "x.jpg"), samples::asset("a/b", "x.jpg"));
        let (folder, tree) = (Set::Folder("a".to_owned()), Set::Tree("a".to_owned()));
        assert_eq!([&own, &below].map(|asset| folder.includes(asset)), [Some(true), Some(false)]);
        assert_eq!([&own, &below].map(|asset| tree.includes(asset)), [Some(true); 2]);
        assert_eq!([&own, &below].map(|asset| Set::library().includes(asset)), [Some(true); 2]);
        assert_eq!(
            [&own, &below].map(|asset| Set::Asset(own.id.clone()).includes(asset)),
            [Some(true), Some(false)]
        );
        assert_eq!(Set::List(ListId::of_link(&samples::link().id)).includes(&own), None, "the list says it");
    }
}
