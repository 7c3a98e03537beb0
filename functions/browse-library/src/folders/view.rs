//! The document of a folder.

use aws::rows::sets::Folder;
use domain::id::FolderId;
use domain::invisible::without_invisible;
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
    use domain::samples;
    use domain::set::Counts;

    #[test]
    fn the_root_folder_is_called_library_and_others_by_their_name() {
        let document = |path: &str| {
            let head = samples::head(path, Counts::default());
            serde_json::to_value(FolderView::from(Folder { id: FolderId::of(path), head, tree_count: 3 }))
                .unwrap()
        };
        let library = document("");
        assert_eq!((&library["name"], &library["path"]), (&"Library".into(), &"".into()));
        let folder = document("a/b");
        assert_eq!((&folder["name"], &folder["path"]), (&"b".into(), &"a/b".into()));
        assert_eq!(folder["parent"], FolderId::of("a").as_str());
    }
}
