//! Folders. A folder is its path, such as `Press/Autumn`, byte by byte as in the keys of its assets: `Press` and
//! `press` are two folders. The top of the library has the empty path.

use crate::id::FolderId;
use crate::library::counts::Counts;
use crate::library::place::FolderPlace;

/// The most folders on a path that have figures of their tree. Each of them is written with each change of an asset
/// below it, and a transaction writes at most 100 rows.
pub const DEEPEST_TREE: usize = 30;

/// A folder with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its path.
    pub path: String,
    /// The figures of its own assets.
    pub own: Counts,
    /// The figures of its own assets and of those in all folders below it; zero for a folder without a tree.
    pub tree: Counts,
}

impl Folder {
    /// The top of the library before its first asset, when it has no row yet.
    pub fn empty_library() -> Self {
        Self { path: String::new(), own: Counts::default(), tree: Counts::default() }
    }

    /// Its id.
    pub fn id(&self) -> FolderId {
        FolderId::of(&self.path)
    }

    /// The assets in it and in all folders below it, as far as they are counted.
    pub fn tree_count(&self) -> i64 {
        self.tree.asset_count.max(self.own.asset_count)
    }

    /// Whether it is shown: it has assets in it or below it, or is the top of the library.
    pub fn is_shown(&self) -> bool {
        self.path.is_empty() || self.tree_count() > 0
    }
}

/// The number of folders on a path below the top of the library.
fn depth(path: &str) -> usize {
    if path.is_empty() { 0 } else { path.matches('/').count() + 1 }
}

/// Whether a folder's tree can be counted, listed and shared. It can't below [`DEEPEST_TREE`] folders, and not if its
/// path is too long for an index.
pub fn has_tree(path: &str) -> bool {
    depth(path) <= DEEPEST_TREE && FolderPlace::of(path).tree().is_some()
}

/// The folders whose trees hold a folder's assets, from the top of the library down; the folder is the last of them if
/// it has a tree itself.
pub fn trees_with(path: &str) -> impl Iterator<Item = &str> {
    // A path that begins with `/` has a first folder without a name, which can't be distinguished from the library.
    let above = path.match_indices('/').filter(|(end, _)| *end > 0).map(|(end, _)| &path[..end]);
    let own = (!path.is_empty()).then_some(path);
    std::iter::once("").chain(above).chain(own).take(DEEPEST_TREE + 1).filter(|path| has_tree(path))
}

/// The folder above a folder, and the folder's name in it. Below a folder without a tree the nearest one with a tree is
/// above, and the name is the rest of the path, since the folders between may have no row.
pub fn parent_and_name(path: &str) -> Option<(&str, &str)> {
    if path.is_empty() {
        return None;
    }
    let (direct, _) = path.rsplit_once('/').unwrap_or_default();
    let parent = trees_with(direct).last().unwrap_or_default();
    let name = path.get(parent.len()..).unwrap_or_default();
    Some((parent, name.strip_prefix('/').filter(|_| !parent.is_empty()).unwrap_or(name)))
}

/// The name that people see of a folder; the top of the library is called `Library`.
pub fn folder_name(path: &str) -> &str {
    match path.rsplit('/').next().unwrap_or(path) {
        "" if path.is_empty() => "Library",
        // A folder without a name in its key.
        "" => path,
        name => name,
    }
}

/// Whether a folder is another one or below it.
pub fn is_within(path: &str, tree: &str) -> bool {
    tree.is_empty() || path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trees_of_a_path_begin_with_the_library_and_end_with_the_folder() {
        let trees = |path| trees_with(path).collect::<Vec<_>>();
        assert_eq!(trees(""), [""]);
        assert_eq!(trees("a"), ["", "a"]);
        assert_eq!(trees("a/b/c"), ["", "a", "a/b", "a/b/c"]);
        assert_eq!(trees("a//c"), ["", "a", "a/", "a//c"], "a folder without a name is a folder");
        assert_eq!(trees("/a"), ["", "/a"], "each only once, since a transaction writes a row once");
    }

    #[test]
    fn a_path_of_any_depth_has_a_bounded_number_of_trees() {
        let deep = vec!["x"; 500].join("/");
        assert_eq!(trees_with(&deep).count(), DEEPEST_TREE + 1);
        assert!(!has_tree(&deep));
        let long = vec!["ü".repeat(100); 5].join("/");
        assert!(!has_tree(&long));
        assert!(trees_with(&long).all(has_tree) && trees_with(&long).count() > 2);
    }

    #[test]
    fn a_folder_is_in_the_one_above_or_in_the_nearest_that_has_a_tree() {
        assert_eq!(parent_and_name(""), None);
        assert_eq!(parent_and_name("a"), Some(("", "a")));
        assert_eq!(parent_and_name("a/b/c"), Some(("a/b", "c")));
        assert_eq!(parent_and_name("a/"), Some(("a", "")));
        assert_eq!(parent_and_name("/a"), Some(("", "/a")), "below a folder without a name");
        let deep = vec!["x"; 33].join("/");
        let above = vec!["x"; 30].join("/");
        assert_eq!(parent_and_name(&deep), Some((above.as_str(), "x/x/x")));
    }

    #[test]
    fn a_tree_holds_its_folders_and_no_neighbour() {
        assert!(is_within("a/b", "a") && is_within("a", "a") && is_within("a", "") && is_within("", ""));
        assert!(!is_within("ab", "a") && !is_within("a", "a/b") && !is_within("A", "a"));
    }
}
