//! Reads sets: their heads (first rows) and their members.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::asset::{Asset, name_contains};
use domain::id::{AssetId, FolderId};
use domain::set::{Counts, SetHead, SetRef, paths_from_root};
use serde::Deserialize;

use crate::rows::table::{Cursor, IndexQuery, Item, Key, Page, from_item, number, text};
use crate::{Cloud, Error};

/// The order in which members are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As picked for a selection, by name for a folder.
    Natural,
    /// By name.
    Name,
    /// Newest first.
    Newest,
}

/// A folder with its set's figures.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// Its name, path and parent, and the figures of the assets directly in it.
    pub head: SetHead,
    /// Assets in it and in every folder below.
    pub tree_count: i64,
}

#[derive(Deserialize)]
struct Member {
    asset: Asset,
}

pub(crate) fn head_key(set: &SetRef) -> Key {
    Key::new(set.partition_key(), "HEAD")
}

pub(crate) fn member_key(set: &SetRef, asset: &AssetId) -> Key {
    Key::new(set.partition_key(), format!("ASSET#{asset}"))
}

pub(crate) fn read_head(item: Item) -> Result<SetHead, Error> {
    let figures =
        item.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_n().ok()?.parse().ok()?)));
    let counts = Counts::from_figures(figures);
    Ok(SetHead { counts, ..from_item("read a set", item)? })
}

/// The figures of a set as attributes of its row.
pub(crate) fn figures(counts: &Counts) -> impl Iterator<Item = (String, AttributeValue)> {
    counts.figures().map(|(name, figure)| (name, number(figure)))
}

pub(crate) fn read_member(item: Item) -> Result<Asset, Error> {
    from_item::<Member>("read a set's member", item).map(|member| member.asset)
}

/// The most reads of a search, and the rows in each. It then returns what it has found, with a cursor to continue.
const ROUNDS: usize = 10;
const ROUND: usize = 500;

/// Sets of assets: folders, trees and selections.
#[derive(Clone, Copy)]
pub struct Sets<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Sets of assets: folders, trees and selections.
    pub fn sets(&self) -> Sets<'_> {
        Sets(self)
    }
}

impl Sets<'_> {
    /// Reads a set's head.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_head(self, set: &SetRef) -> Result<Option<SetHead>, Error> {
        self.0.rows().get_item("read a set", &head_key(set)).await?.map(read_head).transpose()
    }

    /// Reads the heads of several sets, in the order of the sets.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_heads(self, sets: &[SetRef]) -> Result<Vec<Option<SetHead>>, Error> {
        let keys: Vec<Key> = sets.iter().map(head_key).collect();
        let items = self.0.rows().get_items("read sets", &keys).await?;
        items.into_iter().map(|item| item.map(read_head).transpose()).collect()
    }

    /// Reads one folder; `None` if neither it nor a folder below it has an asset. The library itself always exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_folder(self, id: &FolderId) -> Result<Option<Folder>, Error> {
        let mut heads = self.find_heads(&[SetRef::folder(id), SetRef::tree(id)]).await?.into_iter();
        let (own, tree) = (heads.next().flatten(), heads.next().flatten());
        let tree_count = tree.map_or(0, |tree| tree.counts.asset_count);
        let folder = own.map(|head| Folder { id: id.clone(), head, tree_count });
        Ok(match folder {
            Some(folder) if tree_count > 0 || folder.head.path.is_empty() => Some(folder),
            None if *id == FolderId::of("") => Some(empty_library()),
            Some(_) | None => None,
        })
    }

    /// Reads a page of a set's members.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_members(
        self,
        set: &SetRef,
        order: Order,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Asset>, Error> {
        let (mut rows, more) =
            self.rows_after(set, order, after.map(|cursor| cursor.0.as_str()), limit).await?;
        let next = rows.last_mut().filter(|_| more).map(|(place, _)| Cursor(std::mem::take(place)));
        let items = rows.into_iter().map(|(_, row)| read_member(row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// Reads at most `limit` of a set's rows after a position, each with its position. Also whether there are more.
    async fn rows_after(
        self,
        set: &SetRef,
        order: Order,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<(String, Item)>, bool), Error> {
        let doing = "list a set's members";
        let (index, sort, ascending) = match order {
            Order::Natural if set.is_ordered() => ("by_position", "position", true),
            Order::Natural | Order::Name => ("by_name", "name_key", true),
            Order::Newest => ("by_joined", "joined_key", false),
        };
        let partition = set.partition_key();
        let partition = ("pk", partition.as_str());
        let query = IndexQuery { index, partition, sort, ascending, after, limit: limit + 1 };
        let mut items = self.0.rows().query(doing, &query).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let placed = items.into_iter().map(|item| match text(&item, sort).map(str::to_owned) {
            Some(place) => Ok((place, item)),
            None => Err(Error::broken(doing, "a member has no sort key")),
        });
        Ok((placed.collect::<Result<_, _>>()?, more))
    }

    /// Reads a page of the members whose name contains `typed`. A page may be short, even empty, and still have a next
    /// one, because each call reads a bounded number of rows.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_members(
        self,
        set: &SetRef,
        order: Order,
        typed: &str,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Asset>, Error> {
        let mut place = after.map(|cursor| cursor.0.clone());
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            let (rows, more) = self.rows_after(set, order, place.as_deref(), ROUND).await?;
            let mut rows = rows.into_iter();
            for (at, row) in rows.by_ref() {
                let asset = read_member(row)?;
                place = Some(at);
                if name_contains(&asset.name, typed) {
                    found.push(asset);
                }
                if found.len() == limit {
                    break;
                }
            }
            if rows.len() == 0 && !more {
                return Ok(Page { items: found, next: None });
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(Page { items: found, next: place.map(Cursor) })
    }

    /// Reads one member of a set; `None` if the asset is not in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_member(self, set: &SetRef, asset: &AssetId) -> Result<Option<Asset>, Error> {
        self.0
            .rows()
            .get_item("read a set's member", &member_key(set, asset))
            .await?
            .map(read_member)
            .transpose()
    }

    /// Reads members of a set by their ids, in the same order; `None` for assets that are not in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_members(self, set: &SetRef, ids: &[AssetId]) -> Result<Vec<Option<Asset>>, Error> {
        let keys: Vec<Key> = ids.iter().map(|id| member_key(set, id)).collect();
        let items = self.0.rows().get_items("read a set's members", &keys).await?;
        items.into_iter().map(|item| item.map(read_member).transpose()).collect()
    }

    /// Reads every folder that has assets in it or below it, sorted by path. The library itself is the first,
    /// with an empty path.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_folders(self) -> Result<Vec<Folder>, Error> {
        let mut folders: Vec<Folder> = Vec::new();
        let mut after = None;
        loop {
            let query = IndexQuery {
                index: "of_site",
                partition: ("site_shard", "FOLDERS"),
                sort: "made_key",
                ascending: true,
                after: after.as_deref(),
                limit: 500,
            };
            let items = self.0.rows().query("list folders", &query).await?;
            let last = items.last().and_then(|item| text(item, "made_key")).map(str::to_owned);
            let last = last.filter(|_| items.len() == query.limit);
            for item in items {
                let head = read_head(item)?;
                folders.push(Folder { id: FolderId::of(&head.path), head, tree_count: 0 });
            }
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        let mut trees = std::collections::HashMap::<String, i64>::new();
        for folder in &folders {
            for above in paths_from_root(&folder.head.path) {
                *trees.entry(above.to_owned()).or_default() += folder.head.counts.asset_count;
            }
        }
        for folder in &mut folders {
            folder.tree_count = trees.get(&folder.head.path).copied().unwrap_or_default();
        }
        folders.retain(|folder| folder.tree_count > 0 || folder.head.path.is_empty());
        if folders.first().is_none_or(|first| !first.head.path.is_empty()) {
            folders.insert(0, empty_library());
        }
        Ok(folders)
    }
}

/// The library before its first asset, when it has no row yet.
fn empty_library() -> Folder {
    let head = SetHead { name: String::new(), path: String::new(), parent: None, counts: Counts::default() };
    Folder { id: FolderId::of(""), head, tree_count: 0 }
}
