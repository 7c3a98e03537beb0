//! Rows of folders: their figures, and the list of folders.
//!
//! The figures of a folder's own assets and those of its tree are attributes of one row. The transactions that change
//! assets change them too.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::id::FolderId;
use domain::library::counts::Counts;
use domain::library::folder::{Folder, parent_and_name};
use domain::library::place::FolderPlace;
use domain::name::fold_name;

use crate::rows::indexes::{GSI1, GSI2, GSI4};
use crate::rows::table::{Cursor, IndexQuery, Item, Key, Page, number, string, text};
use crate::{Cloud, Error};

/// The partition of all folders in the first index.
const ALL: &str = "FOLDERS";
/// How the names of figures begin that are of the folder's own assets, and of its tree.
const OWN: &str = "own#";
const TREE: &str = "tree#";

pub(crate) fn key(id: &FolderId) -> Key {
    Key::new(format!("FOLDER#{id}"), "FOLDER")
}

/// The figures in a row whose names begin with `prefix`.
pub(crate) fn read_figures(row: &Item, prefix: &str) -> Counts {
    Counts::from_figures(
        row.iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value.as_n().ok()?.parse().ok()?))),
    )
}

/// Reads a folder from its row.
pub(crate) fn read(row: &Item) -> Result<Folder, Error> {
    let path = text(row, "path").ok_or_else(|| Error::broken("read a folder", "its row has no path"))?;
    Ok(Folder { path: path.to_owned(), own: read_figures(row, OWN), tree: read_figures(row, TREE) })
}

/// A change of a folder's figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FolderChange {
    pub own: Counts,
    pub tree: Counts,
}

impl FolderChange {
    fn figures(&self) -> impl Iterator<Item = (String, i64)> {
        let of = |prefix: &'static str, counts: &Counts| {
            counts.figures().map(move |(name, by)| (format!("{prefix}{name}"), by)).collect::<Vec<_>>()
        };
        let all = of(OWN, &self.own).into_iter().chain(of(TREE, &self.tree));
        all.filter(|(_, by)| *by != 0)
    }
}

/// The attributes of a folder that never change: where it is, and its keys in the indexes.
fn fixed(path: &str) -> BTreeMap<&'static str, AttributeValue> {
    let id = FolderId::of(path);
    let mut row = BTreeMap::from([
        ("path", string(path)),
        (GSI1.pk, string(ALL)),
        (GSI1.sk, string(FolderPlace::of(path).key())),
    ]);
    if let Some((parent, name)) = parent_and_name(path) {
        let sorted = format!("{}\u{1}{id}", fold_name(name));
        row.extend([
            (GSI2.pk, string(format!("PARENT#{}", FolderId::of(parent)))),
            (GSI2.sk, string(&sorted)),
            (GSI4.pk, string("TARGETS")),
            (GSI4.sk, string(sorted)),
        ]);
    }
    row
}

/// Folders' rows.
#[derive(Clone, Copy)]
pub struct Folders<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Folders' rows.
    pub fn folders(&self) -> Folders<'_> {
        Folders(self)
    }
}

impl Folders<'_> {
    /// The write that makes a folder's row if it has none, and adds to its figures.
    pub(crate) fn change(self, path: &str, by: &FolderChange) -> Result<TransactWriteItem, Error> {
        let mut update =
            Update::builder().table_name(self.0.table()).set_key(Some(key(&FolderId::of(path)).item()));
        let (mut sets, mut adds) = (Vec::new(), Vec::new());
        for (at, (name, value)) in fixed(path).into_iter().enumerate() {
            sets.push(format!("#s{at} = :s{at}"));
            update = update
                .expression_attribute_names(format!("#s{at}"), name)
                .expression_attribute_values(format!(":s{at}"), value);
        }
        for (at, (name, by)) in by.figures().enumerate() {
            adds.push(format!("#a{at} :a{at}"));
            update = update
                .expression_attribute_names(format!("#a{at}"), name)
                .expression_attribute_values(format!(":a{at}"), number(by));
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !adds.is_empty() {
            expression.push_str(&format!(" ADD {}", adds.join(", ")));
        }
        let update = update.update_expression(expression).build();
        let update = update.map_err(|e| Error::broken("write a folder", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Reads one folder; `None` if it is not shown. The library itself always exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, id: &FolderId) -> Result<Option<Folder>, Error> {
        let row = self.0.rows().get_item("read a folder", &key(id)).await?;
        let folder = match row {
            Some(row) => Some(read(&row)?),
            None => (*id == FolderId::of("")).then(Folder::empty_library),
        };
        Ok(folder.filter(Folder::is_shown))
    }

    /// Reads a page of all folders by path, each before those below it; or of the folders in one folder (`parent`) by
    /// name. Folders that are not shown are left out, so a page may be short, even empty, and still have a next one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        self,
        parent: Option<&FolderId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Folder>, Error> {
        let (index, partition) = match parent {
            None => (GSI1, ALL.to_owned()),
            Some(parent) => (GSI2, format!("PARENT#{parent}")),
        };
        let query = IndexQuery {
            index,
            partition: &partition,
            begins: "",
            ascending: true,
            after: after.map(|cursor| cursor.0.as_str()),
            limit,
        };
        let page = self.0.rows().query_page("list folders", query).await?;
        let keys: Vec<Key> = page.items.iter().map(|(_, row)| Key::of(row)).collect();
        // The index has no figures, since each change of them would be a write there too.
        let rows = self.0.rows().get_items("read folders", &keys).await?;
        let folders = rows.iter().flatten().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut items: Vec<Folder> = folders.into_iter().filter(Folder::is_shown).collect();
        let has_library = items.first().is_some_and(|first| first.path.is_empty());
        if parent.is_none() && after.is_none() && !has_library {
            items.insert(0, Folder::empty_library());
        }
        Ok(Page { items, next: page.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::samples;

    #[test]
    fn figures_of_a_folder_and_of_its_tree_are_apart_and_zeros_are_not_written() {
        let counts = Counts::of(&samples::asset("a", "b.jpg"));
        let change = FolderChange { own: Counts::default(), tree: counts.clone() };
        let row: Item = change.figures().map(|(name, by)| (name, number(by))).collect();
        assert_eq!(read_figures(&row, TREE), counts);
        assert_eq!(read_figures(&row, OWN), Counts::default());
        assert!(row.keys().all(|name| name.starts_with(TREE)), "{row:?}");
    }

    #[test]
    fn keys_of_any_folder_fit_an_index() {
        for path in
            [String::new(), "9/".repeat(500), "ü".repeat(511), "\u{1}".repeat(1_000), "1".repeat(1_000)]
        {
            for (name, value) in fixed(&path) {
                let longest = if name.ends_with("pk") { 2_048 } else { 1_024 };
                assert!(
                    name == "path" || (1..=longest).contains(&value.as_s().unwrap().len()),
                    "{name} of {path}"
                );
            }
        }
    }
}
