//! The document of a folder.

use domain::id::FolderId;
use domain::invisible::without_invisible;
use domain::library::folder::{Folder, folder_name, parent_and_name};
use serde::Serialize;

/// The document of a folder.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Folder))]
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
        Self {
            id: folder.id(),
            name: without_invisible(folder_name(&folder.path)),
            path: without_invisible(&folder.path),
            parent: parent_and_name(&folder.path).map(|(parent, _)| FolderId::of(parent)),
            asset_count: folder.own.asset_count,
            tree_count: folder.tree_count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_folder_is_called_library_and_others_by_their_name() {
        let document = |path: &str| {
            let folder = Folder { path: path.to_owned(), ..Folder::empty_library() };
            serde_json::to_value(FolderView::from(folder)).unwrap()
        };
        let library = document("");
        assert_eq!((&library["name"], &library["path"]), (&"Library".into(), &"".into()));
        let folder = document("a/b");
        assert_eq!((&folder["name"], &folder["path"]), (&"b".into(), &"a/b".into()));
        assert_eq!(folder["parent"], FolderId::of("a").as_str());
    }
}
