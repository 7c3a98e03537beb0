//! A folder as the API tells of it.

use aws::rows::sets::Folder;
use domain::id::FolderId;
use domain::invisible::without_invisible;
use serde::Serialize;

/// One folder.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Folder))]
pub(crate) struct FolderView {
    id: FolderId,
    name: String,
    path: String,
    parent: Option<FolderId>,
    /// Its own assets.
    asset_count: i64,
    /// Those and the assets of every folder below.
    tree_count: i64,
}

impl From<Folder> for FolderView {
    fn from(folder: Folder) -> Self {
        let Folder { id, head, tree_count } = folder;
        // The folder of all folders has no name of its own.
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
    fn the_library_is_called_so_and_folders_by_their_name() {
        let head =
            SetHead { name: String::new(), path: String::new(), parent: None, counts: Counts::default() };
        let library = Folder { id: FolderId::of(""), head: head.clone(), tree_count: 3 };
        let told = serde_json::to_value(FolderView::from(library)).unwrap();
        assert_eq!(
            told,
            serde_json::json!({
                "id": FolderId::of("").as_str(), "name": "Library", "path": "", "parent": null,
                "asset_count": 0, "tree_count": 3,
            })
        );
        let head = SetHead { name: "b".into(), path: "a/b".into(), parent: Some(FolderId::of("a")), ..head };
        let folder = Folder { id: FolderId::of("a/b"), head, tree_count: 0 };
        let told = serde_json::to_value(FolderView::from(folder)).unwrap();
        assert_eq!((told["name"].as_str(), told["path"].as_str()), (Some("b"), Some("a/b")));
        assert_eq!(told["parent"], FolderId::of("a").as_str());
    }
}
