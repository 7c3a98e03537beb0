//! Lists links: a user's or all of the site, in an order.

use domain::id::UserId;
use domain::link::Link;

use crate::Error;
use crate::rows::indexes::{CARD, GSI1, GSI2, GSI4, Index, SHARDS};
use crate::rows::links::{Links, made_key, read, title_key};
use crate::rows::table::{Cursor, IndexQuery, Item, Key, Page, text};
use crate::rows::uses::Used;

/// The most links of the site that are sorted by title.
const SORTED_BY_TITLE: usize = 2_000;

/// Whose links to list.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// One user's.
    Owner(&'a UserId),
    /// All links of the site.
    Site,
}

/// The order in which links are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOrder {
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
    /// By title.
    Title,
    /// By title, from the end of the alphabet.
    TitleDescending,
}

impl LinkOrder {
    fn is_ascending(self) -> bool {
        matches!(self, Self::Oldest | Self::Title)
    }

    /// The index of a user's links in this order.
    fn index(self) -> Index {
        match self {
            Self::Newest | Self::Oldest => GSI1,
            Self::Title | Self::TitleDescending => GSI4,
        }
    }

    /// The position of a link in a list of this order; the next page starts after it.
    pub fn place(self, link: &Link) -> Cursor {
        Cursor(match self {
            Self::Newest | Self::Oldest => made_key(link),
            Self::Title | Self::TitleDescending => title_key(link),
        })
    }
}

impl Links<'_> {
    /// A page of links in an order. All links of the site are sorted by title only if there are at most
    /// [`SORTED_BY_TITLE`] of them; `None` if there are more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        self,
        whose: Whose<'_>,
        order: LinkOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Option<Page<Link>>, Error> {
        let by_time = matches!(order, LinkOrder::Newest | LinkOrder::Oldest);
        let page = match whose {
            Whose::Owner(owner) => self.keys_of_owner(owner, order, after, limit).await?,
            Whose::Site if by_time => self.keys_of_site(order, after, limit).await?,
            Whose::Site => match self.keys_by_title(order, after, limit).await? {
                Some(page) => page,
                None => return Ok(None),
            },
        };
        // The index holds no terms, and the rows say what is true now.
        let keys: Vec<Key> = page
            .items
            .iter()
            .map(|(_, row)| Key::of(row))
            .flat_map(|key| [Key::new(&key.pk, "USED"), key])
            .collect();
        let rows = self.0.rows().get_items("read links", &keys).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for pair in rows.chunks(2) {
            if let [used, Some(link)] = pair {
                items.push(read(link.clone(), Used::read(used.clone())?)?);
            }
        }
        Ok(Some(Page { items, next: page.next }))
    }

    async fn keys_of_owner(
        self,
        owner: &UserId,
        order: LinkOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(String, Item)>, Error> {
        let query = IndexQuery {
            index: order.index(),
            partition: &format!("OWNER#{owner}"),
            begins: "",
            ascending: order.is_ascending(),
            after: after.map(|cursor| cursor.0.as_str()),
            limit,
        };
        self.0.rows().query_page("list links", query).await
    }

    async fn keys_of_site(
        self,
        order: LinkOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(String, Item)>, Error> {
        let rows = self.rows_of_site(order.is_ascending(), after, limit + 1).await?;
        let placed = rows.into_iter().filter_map(|row| Some((text(&row, GSI2.sk)?.to_owned(), row)));
        Ok(page_of(placed.collect(), order, limit))
    }

    /// At most `limit` rows of each of the site's shards.
    async fn rows_of_site(
        self,
        ascending: bool,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Item>, Error> {
        let partitions: Vec<String> = (0..SHARDS).map(|shard| format!("LINKS#{shard}")).collect();
        let shards = partitions.iter().map(|partition| async move {
            let after = after.map(|cursor| cursor.0.as_str());
            let query = IndexQuery { index: GSI2, partition, begins: "", ascending, after, limit };
            self.0.rows().query("list links", &query).await
        });
        Ok(futures_util::future::try_join_all(shards).await?.into_iter().flatten().collect())
    }

    async fn keys_by_title(
        self,
        order: LinkOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Option<Page<(String, Item)>>, Error> {
        let rows = self.rows_of_site(true, None, SORTED_BY_TITLE + 1).await?;
        if rows.len() > SORTED_BY_TITLE {
            return Ok(None);
        }
        let title = |row: &Item| {
            let bytes = row.get(CARD).and_then(|card| card.as_b().ok())?;
            String::from_utf8(bytes.as_ref().to_vec()).ok()
        };
        let placed = rows.into_iter().filter_map(|row| Some((title(&row)?, row)));
        let is_after = |title: &String| match after {
            None => true,
            Some(after) if order.is_ascending() => *title > after.0,
            Some(after) => *title < after.0,
        };
        Ok(Some(page_of(placed.filter(|(title, _)| is_after(title)).collect(), order, limit)))
    }
}

/// The first rows in an order, each with its sort key.
fn page_of(mut rows: Vec<(String, Item)>, order: LinkOrder, limit: usize) -> Page<(String, Item)> {
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    if !order.is_ascending() {
        rows.reverse();
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(key, _)| Cursor(key.clone()));
    Page { items: rows, next }
}
