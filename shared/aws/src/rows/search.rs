//! Searches the library by the word index.
//!
//! First every typed word is probed: up to 1,000 of its postings are read, all words in one round. If a word has no
//! more, its assets are the candidates, and they are sorted. If every word has more, the postings of the rarest one are
//! walked in the index's order. In both cases the candidates' rows are read, and matched again.
//!
//! A request reads at most 200 rows and 4 MB of postings, so a page may be short, even empty, and still have a next
//! one.

mod place;
mod walk;

use std::collections::{HashMap, HashSet};

use domain::asset::Asset;
use domain::id::AssetId;
use domain::library::query::{Query, TypedWord};
use domain::set::Set;
use futures_util::future::try_join_all;

use crate::rows::order::Order;
pub use crate::rows::search::place::Place;
use crate::rows::sets::PageOf;
use crate::rows::table::{Cursor, Page};
use crate::rows::words::{Posting, Words, partition};
use crate::{Cloud, Error};

/// The most members of a set that are read to search among them; of more the word index reads less.
pub const READ_TO_SEARCH: i64 = 5_000;

/// The most postings that are read of each word to see whether it is rare.
const PROBE: usize = 1_000;

/// The most rows of assets that a request reads.
const MOST_ROWS: usize = 200;

/// The most rows that are read at once after the first ones of a request.
const ROWS_AT_ONCE: usize = 100;

/// A page of a search.
#[derive(Debug)]
pub struct Found {
    /// The assets, as they are now.
    pub assets: Vec<Asset>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Place>,
    /// How many assets there are on all pages; only the first page has it.
    pub total: Option<Total>,
}

/// How many assets a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// All were read.
    Exactly(u64),
    /// An estimate: by how many of the first candidates match, and by the share of all ids that they cover.
    About(u64),
}

/// One request of a search.
struct Request<'a> {
    cloud: &'a Cloud,
    query: &'a Query,
    order: Order,
    /// The most assets of the page.
    limit: usize,
    accepts: &'a (dyn Fn(&Asset) -> bool + Sync),
    assets: Vec<Asset>,
    /// How many rows of assets were read.
    rows: usize,
}

/// What was read of the postings of a typed word.
struct Postings {
    found: Vec<Posting>,
    /// Whether others may follow.
    more: bool,
}

impl Words<'_> {
    /// Searches for the assets that match a query and that `accepts` also accepts, for example because they are in a
    /// folder. At most `limit`, which is not 0.
    ///
    /// If one of the words has at most 1,000 postings, assets are in the order `order`, otherwise in the index's order.
    /// If a word has become frequent since the page before, the search starts again in the index's order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search(
        self,
        query: &Query,
        order: Order,
        after: Option<&Place>,
        limit: usize,
        accepts: &(dyn Fn(&Asset) -> bool + Sync),
    ) -> Result<Found, Error> {
        let request = Request { cloud: self.0, query, order, limit, accepts, assets: Vec::new(), rows: 0 };
        if let Some(Place::Indexed { word, posting }) = after
            && *word < query.words().len()
        {
            return request.walk_on(*word, posting).await;
        }
        let probes = try_join_all(query.words().iter().map(|word| self.probe(word))).await?;
        match candidates(&probes) {
            Some(candidates) => request.sorted(candidates, after).await,
            None => request.walk(probes).await,
        }
    }

    /// Searches a set for users. Not for recipients: cursors name words and assets of the whole library.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_set(self, set: &Set, query: &Query, page: &PageOf<'_>) -> Result<Page<Asset>, Error> {
        let place = page.after.and_then(Place::of);
        let includes = |asset: &Asset| set.includes(asset).unwrap_or_default();
        let found = self.search(query, page.order, place.as_ref(), page.limit, &includes).await?;
        Ok(Page { items: found.assets, next: found.next.map(Cursor::from) })
    }

    /// Reads the first postings of a typed word.
    async fn probe(self, word: &TypedWord) -> Result<Postings, Error> {
        self.postings(word, &word.postings(), PROBE).await
    }

    /// Reads postings of a typed word from a sort key on.
    async fn postings(self, word: &TypedWord, from: &str, limit: usize) -> Result<Postings, Error> {
        // No key contains this character.
        let to = format!("{}\u{10ffff}", word.postings());
        self.range(word, from, &to, limit).await
    }

    /// Reads postings in the partition of a typed word.
    async fn range(self, word: &TypedWord, from: &str, to: &str, limit: usize) -> Result<Postings, Error> {
        let pk = partition(word.word());
        let (items, more) = self.0.rows().range("read postings", &pk, (from, to), limit).await?;
        Ok(Postings { found: items.iter().map(Posting::read).collect::<Result<_, _>>()?, more })
    }
}

/// The assets that have a posting of every word whose postings are all known, each once; `None` if no word's are.
fn candidates(probes: &[Postings]) -> Option<Vec<Posting>> {
    let mut known: Vec<&Postings> = probes.iter().filter(|probe| !probe.more).collect();
    known.sort_by_key(|probe| probe.found.len());
    let (rarest, others) = known.split_first()?;
    let mut assets: HashMap<&AssetId, &Posting> =
        rarest.found.iter().map(|posting| (&posting.asset, posting)).collect();
    for other in others {
        let has: HashSet<&AssetId> = other.found.iter().map(|posting| &posting.asset).collect();
        assets.retain(|asset, _| has.contains(asset));
    }
    Some(assets.into_values().cloned().collect())
}

impl Request<'_> {
    /// A page of candidates that are all known.
    async fn sorted(mut self, mut candidates: Vec<Posting>, after: Option<&Place>) -> Result<Found, Error> {
        candidates.sort_by(|one, other| place::compare(self.order, one, other));
        let all = candidates.len();
        let after = after.filter(|place| matches!(place, Place::Sorted { .. }));
        if let Some(after) = after {
            candidates.retain(|posting| after.is_before(self.order, posting));
        }
        let judged = self.read(&candidates, |_, _| true).await?;
        let is_last = judged == candidates.len();
        let next = candidates[..judged].last().filter(|_| !is_last);
        let next = next.map(|posting| Place::sorted(self.order, posting));
        let matching = self.assets.len();
        let total = match after {
            Some(_) => None,
            None if is_last => Some(Total::Exactly(matching as u64)),
            None => Some(Total::About((all * matching).div_ceil(judged.max(1)) as u64)),
        };
        Ok(Found { assets: self.assets, next, total })
    }

    /// Reads the rows of candidates in their order and keeps those that match, until the page is full or no more rows
    /// may be read. Returns how many candidates were judged.
    async fn read(
        &mut self,
        candidates: &[Posting],
        is_its_turn: impl Fn(&Posting, &Asset) -> bool,
    ) -> Result<usize, Error> {
        let mut judged = 0;
        while judged < candidates.len() && !self.is_full() {
            // Most candidates match, so the first ones are usually the page.
            let most = if self.rows == 0 { self.limit } else { ROWS_AT_ONCE };
            let most = most.min(MOST_ROWS - self.rows);
            let some = &candidates[judged..candidates.len().min(judged + most)];
            let ids: Vec<AssetId> = some.iter().map(|posting| posting.asset.clone()).collect();
            let rows = self.cloud.assets().find_many(&ids).await?;
            self.rows += some.len();
            for (posting, asset) in some.iter().zip(rows) {
                if self.assets.len() == self.limit {
                    break;
                }
                judged += 1;
                let fits = |asset: &Asset| {
                    self.query.matches(asset) && (self.accepts)(asset) && is_its_turn(posting, asset)
                };
                self.assets.extend(asset.filter(fits));
            }
        }
        Ok(judged)
    }

    /// Whether the page is full, or no more rows may be read.
    fn is_full(&self) -> bool {
        self.assets.len() >= self.limit || self.rows >= MOST_ROWS
    }
}
