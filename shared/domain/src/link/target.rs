//! The target of a link.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, LinkId, ListId};
use crate::set::Set;

/// The asset, folder or selection that a link shares. It can't be changed after creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// One asset.
    Asset {
        /// Its id.
        id: AssetId,
    },
    /// A folder's assets as they are at each visit.
    Folder {
        /// Its path.
        path: String,
        /// Whether the folders below it are shared too.
        #[serde(default)]
        include_subfolders: bool,
    },
    /// Assets picked when the link was created, in that order. They are in a list of the link.
    Selection,
}

impl Target {
    /// Its assets.
    pub fn set(&self, link: &LinkId) -> Set {
        match self {
            Target::Asset { id } => Set::Asset(id.clone()),
            Target::Folder { path, include_subfolders: false } => Set::Folder(path.clone()),
            Target::Folder { path, include_subfolders: true } => Set::Tree(path.clone()),
            Target::Selection => Set::List(ListId::of_link(link)),
        }
    }
}
