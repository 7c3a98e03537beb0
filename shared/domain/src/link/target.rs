//! The target of a link.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, FolderId, LinkId};
use crate::set::SetRef;

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
        /// Its id.
        id: FolderId,
        /// Whether the folders below it are shared too.
        #[serde(default)]
        include_subfolders: bool,
    },
    /// Assets picked when the link was created, in that order. They are kept in a set of the link.
    Selection,
}

impl Target {
    /// The set of its assets.
    pub fn set(&self, link: &LinkId) -> SetRef {
        match self {
            Target::Asset { .. } | Target::Selection => SetRef::selection(link),
            Target::Folder { id, include_subfolders: false } => SetRef::folder(id),
            Target::Folder { id, include_subfolders: true } => SetRef::tree(id),
        }
    }
}
