//! A folder as the API tells of it.

use aws::rows::sets::Folder;
use domain::id::FolderId;
use domain::invisible::without_invisible;
use serde::Serialize;

/// One folder.
#[derive(Debug, Serialize)]
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
    use domain::samples;
    use domain::set::Counts;

    #[test]
    fn the_library_is_called_so_and_folders_by_their_name() {
        let told = |path: &str| {
            let head = samples::head(path, Counts::default());
            serde_json::to_value(FolderView::from(Folder { id: FolderId::of(path), head, tree_count: 3 }))
                .unwrap()
        };
        let library = told("");
        assert_eq!((&library["name"], &library["path"]), (&"Library".into(), &"".into()));
        let folder = told("a/b");
        assert_eq!((&folder["name"], &folder["path"]), (&"b".into(), &"a/b".into()));
        assert_eq!(folder["parent"], FolderId::of("a").as_str());
    }
}
