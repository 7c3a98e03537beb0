//! The document of a folder.

use aws::rows::sets::Folder;
use domain::id::FolderId;
use domain::invisible::without_invisible;
use serde::Serialize;

/// The document of a folder.
#[derive(Debug, Serialize)]
pub(crate) struct FolderView {
    id: FolderId,
    name: String,
    path: String,
    parent: Option<FolderId>,
    /// Its own assets.
    asset_count: i64,
    /// Its own assets and those of all folders below.
    tree_count: i64,
}

impl From<Folder> for FolderView {
    fn from(folder: Folder) -> Self {
        let Folder { id, head, tree_count } = folder;
        // The root folder has no name.
        let name = if head.path.is_empty() { "Library".to_owned() } else { without_invisible(&head.name) };
        Self {
            id,
            name,
            path: without_invisible(&head.path),
            parent: head.parent,
            asset_count: head.counts.asset_count,
            tree_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::set::{Counts, SetHead};

    #[test]
    fn the_root_folder_is_called_library_and_others_by_their_name() {
        let head =
            SetHead { name: String::new(), path: String::new(), parent: None, counts: Counts::default() };
        let library = Folder { id: FolderId::of(""), head: head.clone(), tree_count: 3 };
        let document = serde_json::to_value(FolderView::from(library)).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "id": FolderId::of("").as_str(), "name": "Library", "path": "", "parent": null,
                "asset_count": 0, "tree_count": 3,
            })
        );
        let head = SetHead { name: "b".into(), path: "a/b".into(), parent: Some(FolderId::of("a")), ..head };
        let folder = Folder { id: FolderId::of("a/b"), head, tree_count: 0 };
        let document = serde_json::to_value(FolderView::from(folder)).unwrap();
        assert_eq!((document["name"].as_str(), document["path"].as_str()), (Some("b"), Some("a/b")));
        assert_eq!(document["parent"], FolderId::of("a").as_str());
    }
}
