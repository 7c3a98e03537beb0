//! The search when all typed words are frequent: the postings of the rarest one are walked in the index's order.
//!
//! If two frequent words have few assets in common, most rows of candidates would be read in vain, so candidates that
//! surely lack another word are left out first. An asset's id is a hash, so the postings of one whole word are spread
//! evenly over all ids, in their order: the same range of ids is read of the other word. That is only certain if all
//! whole words are known that begin with the other typed word: those in its probe, the one in which the probe ended,
//! and a few after that.

use std::collections::HashSet;

use domain::asset::Asset;
use domain::id::AssetId;
use domain::library::query::TypedWord;
use domain::library::words::{Word, words_of_asset};
use futures_util::future::{try_join, try_join_all};

use super::{Found, PROBE, Place, Postings, Request, Total};
use crate::Error;
use crate::rows::words::Posting;

/// No more is read after this many bytes of postings: what was begun then stays below 4 MB.
const ENOUGH_BYTES: usize = 2_000_000;

/// The most postings that are read after the whole word in which a probe ended.
const BEHIND: usize = 500;

/// The least candidates of one whole word for which postings of other words are read.
const WORTH_IT: usize = 100;

/// Another word is read only if it has at most this many postings for each posting of the walked word: most candidates
/// have a more frequent word anyway.
const DENSER: usize = 4;

/// All assets that have a typed word, as far as they are known.
struct Known<'a> {
    typed: &'a TypedWord,
    assets: HashSet<AssetId>,
    /// The one whole word whose assets are not all in `assets`.
    stream: Option<Stream>,
}

struct Stream {
    word: Word,
    /// How many postings it has, if they continue as they begin.
    estimate: f64,
}

impl Request<'_> {
    /// The first page, after all words were probed and none ended.
    pub(super) async fn walk(self, mut probes: Vec<Postings>) -> Result<Found, Error> {
        let estimate = |probe: &Postings| estimate(&probe.found);
        let rarest = (0..probes.len()).min_by(|a, b| estimate(&probes[*a]).total_cmp(&estimate(&probes[*b])));
        let Some(leader) = rarest else { return Ok(self.found(None, None)) };
        let all = estimate(&probes[leader]);
        let first = std::mem::replace(&mut probes[leader], Postings { found: Vec::new(), more: false });
        self.walk_from(leader, first, probes, Some(all)).await
    }

    /// A later page, after a posting of the word that is walked.
    pub(super) async fn walk_on(self, leader: usize, after: &str) -> Result<Found, Error> {
        let words = self.cloud.words();
        let typed = &self.query.words()[leader];
        // The cursor may be of another query.
        let start = typed.postings();
        let from = if after.starts_with(&start) { format!("{after}\u{0}") } else { start };
        let others = self.query.words().iter().enumerate().map(|(at, word)| async move {
            if at == leader {
                return Ok(Postings { found: Vec::new(), more: false });
            }
            words.probe(word).await
        });
        let (first, probes) = try_join(words.postings(typed, &from, PROBE), try_join_all(others)).await?;
        self.walk_from(leader, first, probes, None).await
    }

    /// Walks the leader's postings from `first` on. `all` is the estimate of their number, on the first page.
    async fn walk_from(
        mut self,
        leader: usize,
        first: Postings,
        probes: Vec<Postings>,
        all: Option<f64>,
    ) -> Result<Found, Error> {
        let query = self.query;
        let typed = &query.words()[leader];
        let mut bytes = size(&first) + probes.iter().map(size).sum::<usize>();
        let others = query.words().iter().zip(probes).enumerate().filter(|(at, _)| *at != leader);
        let others = others.map(|(_, (word, probe))| self.know(word, probe));
        let others: Vec<Known> = try_join_all(others).await?.into_iter().flatten().collect();

        let (mut page, mut passed) = (first, 0);
        loop {
            let absent = self.absent(&page.found, &others, &mut bytes).await?;
            let candidates = page.found.iter().filter(|posting| !absent.contains(&posting.asset)).cloned();
            let candidates: Vec<Posting> = candidates.collect();
            let judged = self.read(&candidates, |posting, asset| is_first(typed, posting, asset)).await?;
            let is_all = judged == candidates.len();
            let last = if is_all { page.found.last() } else { candidates[..judged].last() };
            let Some(last) = last.filter(|_| !is_all || page.more) else {
                let total = all.map(|_| Total::Exactly(self.assets.len() as u64));
                return Ok(self.found(None, total));
            };
            passed += page.found.iter().take_while(|posting| *posting != last).count() + 1;
            let after = last.word.posting(&last.asset);
            if !is_all || self.is_full() || bytes >= ENOUGH_BYTES {
                let matching = self.assets.len() as f64;
                let about = |all: f64| (all * matching / passed as f64).max(matching).round() as u64;
                let total = all.map(about).map(Total::About);
                return Ok(self.found(Some(Place::Indexed { word: leader, posting: after }), total));
            }
            page = self.cloud.words().postings(typed, &format!("{after}\u{0}"), PROBE).await?;
            bytes += size(&page);
        }
    }

    fn found(self, next: Option<Place>, total: Option<Total>) -> Found {
        Found { assets: self.assets, next, total }
    }

    /// All assets that have a typed word; `None` if too many whole words begin with it.
    async fn know<'a>(&self, typed: &'a TypedWord, probe: Postings) -> Result<Option<Known<'a>>, Error> {
        let Some(last) = probe.found.last().filter(|_| probe.more).map(|posting| posting.word.clone()) else {
            return Ok(Some(Known { typed, assets: assets(probe.found), stream: None }));
        };
        // The character after the one that ends a word in a key.
        let behind = format!("{}\u{2}", last.as_str());
        let behind = self.cloud.words().postings(typed, &behind, BEHIND).await?;
        if behind.more {
            return Ok(None);
        }
        let (of_last, before): (Vec<_>, Vec<_>) =
            probe.found.into_iter().partition(|posting| posting.word == last);
        let stream = Stream { estimate: estimate(&of_last), word: last };
        let assets = assets(before.into_iter().chain(behind.found));
        Ok(Some(Known { typed, assets, stream: Some(stream) }))
    }

    /// Those assets of a page of postings that surely lack one of the other words.
    async fn absent(
        &self,
        page: &[Posting],
        others: &[Known<'_>],
        bytes: &mut usize,
    ) -> Result<HashSet<AssetId>, Error> {
        let mut absent = HashSet::new();
        for stretch in page.chunk_by(|one, other| one.word == other.word) {
            let checks = try_join_all(others.iter().map(|other| self.lacking(stretch, other))).await?;
            for (lacking, read) in checks {
                absent.extend(lacking);
                *bytes += read;
            }
        }
        Ok(absent)
    }

    /// Those assets of a range of one whole word's postings that surely lack another typed word, and the bytes that
    /// were read to know it.
    async fn lacking(&self, stretch: &[Posting], other: &Known<'_>) -> Result<(Vec<AssetId>, usize), Error> {
        let nothing = (Vec::new(), 0);
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Ok(nothing) };
        let (mut known, mut until, mut read) = (HashSet::new(), None, 0);
        if let Some(stream) = &other.stream {
            let expected = stream.estimate * (share(&last.asset) - share(&first.asset));
            if stretch.len() < WORTH_IT || expected > (DENSER * stretch.len()) as f64 {
                return Ok(nothing);
            }
            let (from, to) = (stream.word.posting(&first.asset), stream.word.posting(&last.asset));
            let limit = DENSER * stretch.len();
            let postings = self.cloud.words().range(other.typed, &from, &to, limit).await?;
            read = size(&postings);
            until = postings.found.last().filter(|_| postings.more).map(|posting| posting.asset.clone());
            known = assets(postings.found);
        }
        let has = |asset: &AssetId| other.assets.contains(asset) || known.contains(asset);
        Ok((lacking(stretch, has, until.as_ref()), read))
    }
}

/// Those assets of a range of ids that do not have another word by `has`. After `until` nothing is known.
fn lacking(stretch: &[Posting], has: impl Fn(&AssetId) -> bool, until: Option<&AssetId>) -> Vec<AssetId> {
    let assets = stretch.iter().map(|posting| &posting.asset);
    assets.filter(|asset| until.is_none_or(|until| *asset <= until) && !has(asset)).cloned().collect()
}

/// Whether this posting is the first one by which the walk finds the asset, so that each asset is found once.
fn is_first(typed: &TypedWord, posting: &Posting, asset: &Asset) -> bool {
    words_of_asset(asset).iter().find(|word| typed.matches(word)) == Some(&posting.word)
}

fn assets(postings: impl IntoIterator<Item = Posting>) -> HashSet<AssetId> {
    postings.into_iter().map(|posting| posting.asset).collect()
}

/// How many postings there are up to the end of the last whole word, of which only the beginning was read.
fn estimate(found: &[Posting]) -> f64 {
    let Some(last) = found.last() else { return 0.0 };
    let of_last = found.iter().rev().take_while(|posting| posting.word == last.word).count();
    (found.len() - of_last) as f64 + of_last as f64 / share(&last.asset)
}

/// The share of all ids up to this one; never 0.
fn share(asset: &AssetId) -> f64 {
    let first = asset.as_str().get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (f64::from(first.unwrap_or(u32::MAX)) + 1.0) / (f64::from(u32::MAX) + 1.0)
}

/// About the bytes of postings as DynamoDB counts them.
fn size(postings: &Postings) -> usize {
    postings.found.iter().map(|posting| posting.word.as_str().len() + posting.name.len() + 90).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postings(word: &str, assets: &[&str]) -> Vec<Posting> {
        let posting = |id: &&str| Posting {
            word: word.to_owned().try_into().unwrap(),
            asset: format!("{id:0<32}").parse().unwrap(),
            name: String::new(),
            made: 0,
        };
        assets.iter().map(posting).collect()
    }

    #[test]
    fn an_asset_lacks_a_word_only_as_far_as_the_word_was_read() {
        let stretch = postings("red", &["1", "2", "3", "4"]);
        let ids: Vec<&AssetId> = stretch.iter().map(|posting| &posting.asset).collect();
        let has = |asset: &AssetId| asset == ids[1];
        assert_eq!(lacking(&stretch, has, None), [ids[0], ids[2], ids[3]].map(AssetId::clone));
        assert_eq!(lacking(&stretch, has, Some(ids[2])), [ids[0], ids[2]].map(AssetId::clone));
    }

    #[test]
    fn the_number_of_postings_follows_from_the_share_of_ids_that_they_cover() {
        assert_eq!(estimate(&[]), 0.0);
        let whole = postings("re", &["3", "f"]);
        let quarter = postings("red", &["1", "3f"]);
        assert_eq!(estimate(&quarter).round(), 8.0);
        assert_eq!(estimate(&[whole, quarter].concat()).round(), 10.0);
    }
}
