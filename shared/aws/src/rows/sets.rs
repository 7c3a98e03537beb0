//! Reads the members of a set: pages in an order, searches, and single assets.

use domain::asset::Asset;
use domain::id::{AssetId, FolderId};
use domain::library::counts::Counts;
use domain::library::place::FolderPlace;
use domain::library::query::Query;
use domain::set::Set;

use crate::rows::assets::{self, LIBRARY, NEWEST, read_shown};
use crate::rows::folders::{self, read_figures};
use crate::rows::indexes::{GSI1, GSI2, GSI3, Index};
use crate::rows::lists::{self, List};
use crate::rows::order::Order;
use crate::rows::table::{Cursor, IndexQuery, Item, Key, Page};
use crate::{Cloud, Error};

/// Which page of a set's members is read.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// The order.
    pub order: Order,
    /// The end of the page before.
    pub after: Option<&'a Cursor>,
    /// The most members on the page.
    pub limit: usize,
    /// The most members that are read to make an order which no index has.
    pub sorted: usize,
}

/// A range of an index, in which members of a folder or tree are in an order.
struct Range {
    index: Index,
    partition: String,
    /// How their sort keys begin.
    begins: String,
    ascending: bool,
}

impl Range {
    /// The range in which an order is; `None` if no index has it.
    fn of(set: &Set, order: Order) -> Option<Self> {
        let newest =
            |index, partition| Some(Self { index, partition, begins: String::new(), ascending: false });
        match (set, order) {
            (Set::Folder(path), Order::Newest) => newest(GSI2, format!("FOLDER#{}", FolderId::of(path))),
            (Set::Tree(path), Order::Newest) if path.is_empty() => newest(GSI3, NEWEST.to_owned()),
            (Set::Folder(path), Order::Natural | Order::Name) => {
                Some(Self::by_place(FolderPlace::of(path).own()))
            }
            (Set::Tree(path), Order::Natural) => Some(Self::of_tree(path)),
            (Set::Tree(_), Order::Name | Order::Newest) | (Set::Asset(_) | Set::List(_), _) => None,
        }
    }

    /// All members of a tree. A folder without a tree can't be shared with its subfolders; here it is its own assets.
    fn of_tree(path: &str) -> Self {
        let place = FolderPlace::of(path);
        Self::by_place(place.tree().map_or_else(|| place.own(), str::to_owned))
    }

    fn by_place(begins: String) -> Self {
        Self { index: GSI1, partition: LIBRARY.to_owned(), begins, ascending: true }
    }

    fn query<'a>(&'a self, after: Option<&'a str>, limit: usize) -> IndexQuery<'a> {
        let Self { index, partition, begins, ascending } = self;
        IndexQuery { index: *index, partition, begins, ascending: *ascending, after, limit }
    }
}

/// The most reads of a search, and the rows in each. It then returns what it has found, with a cursor to continue.
const ROUNDS: usize = 10;
const ROUND: usize = 500;

/// Sets of assets: single assets, folders, trees and lists.
#[derive(Clone, Copy)]
pub struct Sets<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Sets of assets: single assets, folders, trees and lists.
    pub fn sets(&self) -> Sets<'_> {
        Sets(self)
    }
}

/// The key of the row that has a set's figures.
pub(crate) fn counts_key(set: &Set) -> Key {
    match set {
        Set::Asset(id) => assets::key(id),
        Set::Folder(path) | Set::Tree(path) => folders::key(&FolderId::of(path)),
        Set::List(id) => lists::head_key(id),
    }
}

/// The figures of a set in the row of [`counts_key`]; those of a list are as they were when it was written.
pub(crate) fn read_counts(set: &Set, row: Option<&Item>) -> Result<Counts, Error> {
    let Some(row) = row else { return Ok(Counts::default()) };
    Ok(match set {
        Set::Asset(_) => assets::read(row)?.as_ref().map(Counts::of).unwrap_or_default(),
        Set::Folder(_) => folders::read(row)?.own,
        Set::Tree(_) => folders::read(row)?.tree,
        Set::List(_) => read_figures(row, ""),
    })
}

impl Sets<'_> {
    /// Reads the figures of a set; zeros for one that is not there any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn counts(self, set: &Set) -> Result<Counts, Error> {
        Ok(self.counts_of_many(std::slice::from_ref(set)).await?.pop().unwrap_or_default())
    }

    /// Counts the members of a set as they are now: a list by reading its assets, others by their figures.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_now(self, set: &Set) -> Result<Counts, Error> {
        let Set::List(id) = set else { return self.counts(set).await };
        let ids = self.0.lists().find(id).await?.map(|list| list.ids).unwrap_or_default();
        Ok(self.0.assets().find_many(&ids).await?.iter().flatten().map(Counts::of).sum())
    }

    /// Reads the figures of several sets, in the order of the sets.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn counts_of_many(self, sets: &[Set]) -> Result<Vec<Counts>, Error> {
        let keys: Vec<Key> = sets.iter().map(counts_key).collect();
        let rows = self.0.rows().get_items("read the figures of sets", &keys).await?;
        sets.iter().zip(&rows).map(|(set, row)| read_counts(set, row.as_ref())).collect()
    }

    /// Reads a page of a set's members.
    ///
    /// An order that no index has is made by reading all members; `None` if there are more than may be read for that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_members(self, set: &Set, page: &PageOf<'_>) -> Result<Option<Page<Asset>>, Error> {
        let PageOf { order, after, limit, sorted } = *page;
        let page = self.rows_after(set, order, after, limit, sorted).await?;
        Ok(page.map(|page| Page {
            items: page.items.into_iter().map(|(_, asset)| asset).collect(),
            next: page.next,
        }))
    }

    /// Reads a page of the members that match a query: members are read in their order, so a cursor names no other asset.
    /// A page may be short, even empty, and still have a next one, because each call reads a bounded number of rows.
    /// `None` if they can't be sorted, as in [`Sets::list_members`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_members(
        self,
        set: &Set,
        query: &Query,
        page: &PageOf<'_>,
    ) -> Result<Option<Page<Asset>>, Error> {
        let PageOf { order, after, limit, sorted } = *page;
        let mut place = after.cloned();
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            let Some(page) = self.rows_after(set, order, place.as_ref(), ROUND, sorted).await? else {
                return Ok(None);
            };
            let mut rows = page.items.into_iter();
            for (at, asset) in rows.by_ref() {
                place = Some(at);
                if query.matches(&asset) {
                    found.push(asset);
                }
                if found.len() == limit {
                    break;
                }
            }
            if rows.len() > 0 {
                break;
            }
            place = page.next;
            if place.is_none() || found.len() == limit {
                break;
            }
        }
        Ok(Some(Page { items: found, next: place }))
    }

    /// Reads members of a set by their ids, in the same order; `None` for assets that are not in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_members(self, set: &Set, ids: &[AssetId]) -> Result<Vec<Option<Asset>>, Error> {
        let list = async {
            match set {
                Set::List(id) => self.0.lists().find(id).await,
                Set::Asset(_) | Set::Folder(_) | Set::Tree(_) => Ok(None),
            }
        };
        let (list, assets) = futures_util::future::try_join(list, self.0.assets().find_many(ids)).await?;
        Ok(assets
            .into_iter()
            .map(|asset| asset.filter(|asset| is_member(set, list.as_ref(), asset)))
            .collect())
    }

    /// Reads a page of a set's members after a position, each with its position; `None` if there are too many to sort.
    async fn rows_after(
        self,
        set: &Set,
        order: Order,
        after: Option<&Cursor>,
        limit: usize,
        sorted: usize,
    ) -> Result<Option<Page<(Cursor, Asset)>>, Error> {
        let doing = "list a set's members";
        match set {
            Set::Asset(id) => {
                let asset = self.0.assets().find(id).await?;
                let at = Cursor(id.as_str().to_owned());
                let items = asset.filter(|_| after.is_none()).map(|asset| (at, asset)).into_iter().collect();
                Ok(Some(Page { items, next: None }))
            }
            Set::List(id) => {
                let Some(list) = self.0.lists().find(id).await? else {
                    return Ok(Some(Page { items: vec![], next: None }));
                };
                if order == Order::Natural {
                    return self.list_page(&list, after, limit).await.map(Some);
                }
                if list.ids.len() > sorted {
                    return Ok(None);
                }
                let all = self.0.assets().find_many(&list.ids).await?.into_iter().flatten().collect();
                Ok(Some(sorted_page(all, order, after, limit)))
            }
            Set::Folder(path) | Set::Tree(path) => {
                let Some(range) = Range::of(set, order) else {
                    let range = Range::of_tree(path);
                    let all = self.0.rows().query_page(doing, range.query(None, sorted)).await?;
                    if all.next.is_some() {
                        return Ok(None);
                    }
                    let all = all.items.iter().map(|(_, row)| read_shown(row)).collect::<Result<_, _>>()?;
                    return Ok(Some(sorted_page(all, order, after, limit)));
                };
                // Recipients may not know the folders above the one that is shared, so a cursor begins behind them.
                let begins = range.begins.as_str();
                let place = after.map(|cursor| format!("{begins}{}", cursor.0));
                let page = self.0.rows().query_page(doing, range.query(place.as_deref(), limit)).await?;
                let relative = |place: &str| Cursor(place.strip_prefix(begins).unwrap_or(place).to_owned());
                let items = page.items.iter().map(|(at, row)| Ok((relative(at), read_shown(row)?)));
                let items = items.collect::<Result<_, Error>>()?;
                Ok(Some(Page { items, next: page.next.map(|next| relative(&next.0)) }))
            }
        }
    }

    /// A page of a list in its order. A cursor is a generation and a position; one of an older generation has the same
    /// position in the new one.
    async fn list_page(
        self,
        list: &List,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Cursor, Asset)>, Error> {
        let mut start = after.and_then(|cursor| cursor.0.split_once('#')?.1.parse().ok()).unwrap_or(0);
        let at = |place: usize| Cursor(format!("{}#{place}", list.generation));
        let mut items = Vec::new();
        for _ in 0..ROUNDS {
            let ids: Vec<AssetId> = list.ids.iter().skip(start).take(limit - items.len()).cloned().collect();
            let assets = self.0.assets().find_many(&ids).await?;
            items.extend((start + 1..).zip(assets).filter_map(|(place, asset)| Some((at(place), asset?))));
            start += ids.len();
            // What went is left out, and others take its place.
            if items.len() >= limit || start >= list.ids.len() {
                break;
            }
        }
        Ok(Page { items, next: (start < list.ids.len()).then(|| at(start)) })
    }
}

pub(crate) fn is_member(set: &Set, list: Option<&List>, asset: &Asset) -> bool {
    set.includes(asset).unwrap_or_else(|| list.is_some_and(|list| list.ids.contains(&asset.id)))
}

/// A page of members that were sorted in memory. Its cursors are their sort keys.
fn sorted_page(
    mut all: Vec<Asset>,
    order: Order,
    after: Option<&Cursor>,
    limit: usize,
) -> Page<(Cursor, Asset)> {
    let key = |asset: &Asset| match order {
        Order::Natural | Order::Name => asset.name_key(),
        Order::Newest => asset.created_key(),
    };
    all.sort_by_cached_key(key);
    if order == Order::Newest {
        all.reverse();
    }
    let is_after = |(at, _): &(Cursor, Asset)| {
        after.is_none_or(|after| if order == Order::Newest { at.0 < after.0 } else { at.0 > after.0 })
    };
    let rest = all.into_iter().map(|asset| (Cursor(key(&asset)), asset)).skip_while(|row| !is_after(row));
    let mut items: Vec<_> = rest.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|(at, _)| at.clone());
    Page { items, next }
}
