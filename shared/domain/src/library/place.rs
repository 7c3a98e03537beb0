//! The order of the library's assets by folder and name, as sort keys of an index. In it each folder's own assets, and
//! each folder's tree, are one range.
//!
//! A place is the names of the folders, each followed by U+0002, then U+0001, the name in its sorted form, U+0001 and
//! the asset's id. Own assets so come before those of subfolders. Characters up to U+0003 in folder names are escaped.
//! Folder names are never folded: if `Press` and `press` shared a range, a link on one would list the other's assets.

use crate::asset::Asset;
use crate::id::FolderId;
use crate::name::fold_name;

/// The longest place in bytes; a query appends a character, and a sort key of an index has at most 1,024
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>). A longer one makes the write
/// of the row fail.
const LONGEST: usize = 1_020;
/// The longest beginning of a folder's places in bytes; the rest is for names. A longer one is cut.
const LONGEST_FOLDER: usize = 760;
const END_OF_FOLDER: char = '\u{2}';
const OWN: char = '\u{1}';
const ESCAPE: char = '\u{3}';
/// Follows [`ESCAPE`] where a place was cut; no escaped character does.
const CUT: char = '#';

/// Where a folder's assets are in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPlace {
    beginning: String,
    is_cut: bool,
}

impl FolderPlace {
    /// The place of the folder at a path. If it is too long, it is cut after a folder's name and ends with the folder's
    /// id: its own assets are still a range then, but its tree is not.
    pub fn of(path: &str) -> Self {
        let mut beginning = String::with_capacity(path.len() + 1);
        let mut fits_to = 0;
        if !path.is_empty() {
            for name in path.split('/') {
                escape(name, &mut beginning);
                beginning.push(END_OF_FOLDER);
                // 35 bytes: the mark, the id, the end.
                if beginning.len() <= LONGEST_FOLDER - 35 {
                    fits_to = beginning.len();
                }
            }
        }
        let is_cut = beginning.len() > LONGEST_FOLDER;
        if is_cut {
            beginning.truncate(fits_to);
            beginning.extend([ESCAPE, CUT]);
            beginning.push_str(FolderId::of(path).as_str());
            beginning.push(END_OF_FOLDER);
        }
        Self { beginning, is_cut }
    }

    /// The folder itself among all folders, each before those below it. Never empty, as no key may be.
    pub fn key(&self) -> String {
        format!("/{}", self.beginning)
    }

    /// How the places of the folder's own assets begin.
    pub fn own(&self) -> String {
        format!("{}{OWN}", self.beginning)
    }

    /// How the places of all assets in the folder and below it begin; `None` if they are no range.
    pub fn tree(&self) -> Option<&str> {
        (!self.is_cut).then_some(self.beginning.as_str())
    }
}

/// The place of an asset.
pub fn place_of(asset: &Asset) -> String {
    let mut place = FolderPlace::of(&asset.folder_path).own();
    let mut sorted = fold_name(&asset.name);
    let id = asset.id.as_str();
    let room = LONGEST - place.len() - 1 - id.len();
    sorted.truncate(sorted.floor_char_boundary(room));
    place.push_str(&sorted);
    place.push(OWN);
    place.push_str(id);
    place
}

fn escape(name: &str, into: &mut String) {
    for c in name.chars() {
        match u8::try_from(c) {
            Ok(control @ 0..=3) => into.extend([ESCAPE, char::from(b'0' + control)]),
            _ => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::folder::is_within;
    use crate::samples;
    use proptest::prelude::*;

    fn place(folder: &str, name: &str) -> String {
        place_of(&samples::asset(folder, name))
    }

    #[test]
    fn own_assets_are_sorted_by_name_and_before_those_of_subfolders() {
        let sorted = [
            ("", "zoo.jpg"),
            ("Press", "img 2.jpg"),
            ("Press", "IMG 10.jpg"),
            ("Press", "zoo.jpg"),
            ("Press/Autumn", "a.jpg"),
            ("Press2", "a.jpg"),
            ("press", "a.jpg"),
        ];
        let places = sorted.map(|(folder, name)| place(folder, name));
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn twins_of_case_and_encoding_share_no_range() {
        for (one, other) in
            [("Press", "press"), ("t\u{e9}", "te\u{301}"), ("a\u{1}", "a"), ("a\u{3}1", "a\u{1}")]
        {
            let tree = FolderPlace::of(one).tree().unwrap().to_owned();
            assert!(!place(other, "x.jpg").starts_with(&tree), "{one:?} {other:?}");
            assert!(place(&format!("{one}/below"), "x.jpg").starts_with(&tree));
        }
    }

    #[test]
    fn a_long_path_is_cut_and_keeps_its_own_range() {
        let (long, twin) = (["ab"; 300].join("/"), format!("{}/ac", ["ab"; 299].join("/")));
        let (of_long, of_twin) = (FolderPlace::of(&long), FolderPlace::of(&twin));
        assert_eq!((of_long.tree(), of_twin.tree()), (None, None));
        assert!(place(&long, "x.jpg").starts_with(&of_long.own()) && of_long.own() != of_twin.own());
        assert!(place(&long, "x.jpg").starts_with(FolderPlace::of("ab/ab").tree().unwrap()));
    }

    fn path() -> impl Strategy<Value = String> {
        let name = prop_oneof!["[a-cA-C\u{0}-\u{4}/é1]{0,6}", "[a-c]{0,400}", "\\PC{0,60}"];
        proptest::collection::vec(name, 0..12).prop_map(|names| names.join("/"))
    }

    proptest! {
        #[test]
        fn a_place_fits_and_is_in_the_ranges_of_its_folders_alone(
            one in path(), other in path(), name in "\\PC{1,500}"
        ) {
            let asset = place(&one, &name);
            prop_assert!(asset.len() <= LONGEST && FolderPlace::of(&one).key().len() <= LONGEST);
            prop_assert!(asset.starts_with(&FolderPlace::of(&one).own()));
            prop_assert_eq!(asset.starts_with(&FolderPlace::of(&other).own()), one == other);
            for folder in [one.as_str(), other.as_str(), one.get(..one.len() / 2).unwrap_or_default()] {
                if let Some(tree) = FolderPlace::of(folder).tree() {
                    prop_assert_eq!(asset.starts_with(tree), is_within(&one, folder), "{:?} in {:?}", one, folder);
                }
            }
        }
    }
}
