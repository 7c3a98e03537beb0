//! The word index: a row, called posting, for each word of each asset.
//!
//! | key | attributes |
//! | --- | --- |
//! | `WORD#<first two characters>` / `<word>\u{1}<asset>` | `at`: when it was put; `name`, `made`: sort results |
//!
//! A posting is put before the asset's row has its word. No change of an asset deletes one, because a slow writer could
//! delete what another writer has put since. A change that drops words first sends a message instead, which
//! [`Words::tidy`] handles 15 minutes later. So the index may have a word that its asset does not have, but never lacks
//! one that it has.

use std::collections::{BTreeMap, BTreeSet};

use domain::asset::Asset;
use domain::id::AssetId;
use domain::library::words::{Word, words_of_asset};
use domain::name::fold_name;
use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::error::was_done;
use crate::rows::table::{Item, Key, number, number_of, string, text};
use crate::rows::transact::{BATCH, put_request};
use crate::{Cloud, Error};

/// How old a posting is when it may be deleted. A writer that puts a posting writes the asset's row within 10 minutes;
/// the rest is for clocks that differ.
const KEPT: SignedDuration = SignedDuration::from_mins(20);

/// The most requests that are sent at the same time.
const AT_ONCE: usize = 8;

/// The most bytes of a name by which results are sorted; longer names are sorted by their beginnings.
const LONGEST_NAME: usize = 200;

/// The word index.
#[derive(Clone, Copy)]
pub struct Words<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The word index.
    pub fn words(&self) -> Words<'_> {
        Words(self)
    }
}

/// A posting as a search reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posting {
    pub word: Word,
    pub asset: AssetId,
    /// The asset's name, folded.
    pub name: String,
    /// When the asset was added, in ms.
    pub made: i64,
}

/// The partition of the words that begin with the same two characters.
pub(crate) fn partition(word: &Word) -> String {
    format!("WORD#{}", word.head())
}

fn key(word: &Word, asset: &AssetId) -> Key {
    Key::new(partition(word), word.posting(asset))
}

fn row(word: &Word, asset: &Asset, now: Timestamp) -> Item {
    let mut name = fold_name(&asset.name);
    name.truncate(name.floor_char_boundary(LONGEST_NAME));
    let mut row = key(word, &asset.id).item();
    row.insert("at".to_owned(), number(now.as_millisecond()));
    row.insert("name".to_owned(), string(name));
    row.insert("made".to_owned(), number(asset.created.as_millisecond()));
    row
}

impl Posting {
    pub fn read(item: &Item) -> Result<Self, Error> {
        let read = || {
            let (word, asset) = Word::of_posting(text(item, "sk")?)?;
            Some(Self { word, asset, name: text(item, "name")?.to_owned(), made: number_of(item, "made")? })
        };
        read().ok_or_else(|| Error::broken("read a posting", text(item, "sk").unwrap_or("a row without key")))
    }
}

impl Words<'_> {
    /// Puts postings for words of assets, each asset as it will be. Call it before the assets' rows are written, with
    /// the words that [`WordChange`](domain::library::words::WordChange) says, and write the rows within 10 minutes.
    ///
    /// # Errors
    /// When the store fails; some of the postings may be put then, which does no harm.
    pub async fn put(self, assets: &[(&Asset, &[Word])], now: Timestamp) -> Result<(), Error> {
        let doing = "put words of assets";
        // DynamoDB refuses a batch that has a row twice.
        let rows: BTreeMap<(&Word, &AssetId), &Asset> = assets
            .iter()
            .flat_map(|(asset, words)| words.iter().map(move |word| ((word, &asset.id), *asset)))
            .collect();
        let requests = rows.into_iter().map(|((word, _), asset)| put_request(doing, row(word, asset, now)));
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let batches: Vec<_> =
            requests.chunks(BATCH).map(|some| self.0.rows().write_batch(doing, some.to_vec())).collect();
        futures_util::stream::iter(batches).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Deletes those of an asset's postings whose word the asset no longer has. Returns the words whose postings are
    /// too young to be judged, because the row that has them may not be written yet: they are to be tidied again later.
    ///
    /// The postings are read before the row, and deleted only as they were read. If a writer has not written the row
    /// with a new word yet, its posting was put in the last 10 minutes and is too young; or it was put after the read
    /// here and is another one.
    ///
    /// # Errors
    /// When the store fails; it may be repeated.
    pub async fn tidy(self, asset: &AssetId, words: &[Word], now: Timestamp) -> Result<Vec<Word>, Error> {
        let keys: Vec<Key> = words.iter().map(|word| key(word, asset)).collect();
        let postings = self.0.rows().get_items("read postings of an asset", &keys).await?;
        let words_now: BTreeSet<Word> =
            self.0.assets().find(asset).await?.as_ref().map(words_of_asset).unwrap_or_default();
        let (mut young, mut old) = (Vec::new(), Vec::new());
        for ((word, key), posting) in words.iter().zip(&keys).zip(postings) {
            let Some(posting) = posting.filter(|_| !words_now.contains(word)) else { continue };
            let at: i64 = number_of(&posting, "at")
                .ok_or_else(|| Error::broken("read a posting", "it does not say when it was put"))?;
            if at > (now - KEPT).as_millisecond() { young.push(word.clone()) } else { old.push((key, at)) }
        }
        let deletions: Vec<_> = old.into_iter().map(|(key, at)| self.delete(key, at)).collect();
        futures_util::stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(young)
    }

    /// Deletes a posting if it is still the one that was put at this moment.
    async fn delete(self, key: &Key, at: i64) -> Result<(), Error> {
        let deleted = self
            .0
            .dynamodb()
            .delete_item()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .condition_expression("#at = :seen")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":seen", number(at))
            .send()
            .await;
        // Another writer has put it again, or it is gone.
        was_done("delete a posting", deleted).map(|_| ())
    }
}
