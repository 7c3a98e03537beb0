//! The words by which an asset is found: those of its type, its name and its attributes.
//!
//! The word index has a posting for each word of each asset. A search reads postings, then the assets, and matches
//! those again by [`Query::matches`](crate::library::query::Query::matches), which knows the same words. So the index
//! may have too many postings, but never too few.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

use crate::asset::Asset;
use crate::id::AssetId;
use crate::invisible::is_invisible;

/// The version of these rules. It grows whenever some text has other words than before: then all assets' words must be
/// put again, because a search would miss what has only its old words.
pub const WORD_VERSION: u32 = 1;

/// The most words that an asset has. Of a longer text only the first ones count.
pub const MOST_WORDS: usize = 200;

/// The most bytes of a word; the rest is cut off, of typed words too. A SHA-256 in hexadecimal fits.
pub const LONGEST_WORD: usize = 64;

/// The most characters that are read of a text.
const LONGEST_TEXT: usize = 16_384;

/// A word with more parts, such as a hash in hexadecimal, is found as a whole only.
const MOST_PARTS: usize = 4;

/// A word in the form in which words are compared: compatible characters are one (NFKC), without case and accents, and
/// at most [`LONGEST_WORD`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Word(String);

/// The text is not a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a word has 1 to {LONGEST_WORD} bytes, all of them of letters, digits or their marks")]
pub struct NotAWord;

impl TryFrom<String> for Word {
    type Error = NotAWord;
    fn try_from(text: String) -> Result<Self, NotAWord> {
        let fits = (1..=LONGEST_WORD).contains(&text.len()) && text.chars().all(is_of_words);
        if fits { Ok(Self(text)) } else { Err(NotAWord) }
    }
}

impl From<Word> for String {
    fn from(word: Word) -> String {
        word.0
    }
}

impl Word {
    /// The folded form of a piece of text; `None` if nothing is left of it.
    fn fold(piece: &str) -> Option<Self> {
        // Upper case first, so that `ß` and `SS`, `ς` and `σ` are the same.
        let cased = piece.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        let mut word: String = cased.nfkd().filter(|c| is_of_words(*c) && !is_accent(*c)).nfc().collect();
        word.truncate(word.floor_char_boundary(LONGEST_WORD));
        word.chars().any(char::is_alphanumeric).then_some(Self(word))
    }

    /// The word as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has only one character.
    pub(crate) fn is_one_character(&self) -> bool {
        self.0.chars().nth(1).is_none()
    }

    /// Its first two characters. Words that begin with the same two are in the same partition of the index.
    pub fn head(&self) -> &str {
        let end = self.0.char_indices().nth(2).map_or(self.0.len(), |(end, _)| end);
        &self.0[..end]
    }

    /// The sort key of its posting for an asset: `<word>\u{1}<asset id>`, at most 97 bytes. No word contains U+0001, so
    /// the postings of one word are together, and a word comes before the longer words that begin with it.
    pub fn posting(&self, asset: &AssetId) -> String {
        format!("{}\u{1}{asset}", self.0)
    }

    /// The word and the asset of a posting's sort key.
    pub fn of_posting(key: &str) -> Option<(Word, AssetId)> {
        let (word, asset) = key.split_once('\u{1}')?;
        Some((word.to_owned().try_into().ok()?, asset.parse().ok()?))
    }
}

/// The words of an asset, at most [`MOST_WORDS`]: those of its type, its name and the values of its attributes.
pub fn words_of_asset(asset: &Asset) -> BTreeSet<Word> {
    let texts = [&asset.file_type, &asset.name].into_iter().chain(asset.attributes.values());
    let mut words = BTreeSet::new();
    for text in texts {
        add_words(text, &mut words);
    }
    words
}

/// The words of a text, at most [`MOST_WORDS`].
pub fn words_of(text: &str) -> BTreeSet<Word> {
    let mut words = BTreeSet::new();
    add_words(text, &mut words);
    words
}

fn add_words(text: &str, words: &mut BTreeSet<Word>) {
    for piece in pieces(text) {
        for word in piece.words() {
            if words.len() == MOST_WORDS {
                return;
            }
            words.insert(word);
        }
    }
}

/// What a change of an asset means for the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordChange {
    /// The words whose postings must be put before the asset's row is written.
    pub put: Vec<Word>,
    /// If the asset loses words: all words that it has only before or only after the change. Before anything is
    /// written, a message is sent that looks at their postings later. Empty if it loses none.
    pub tidy: Vec<Word>,
}

impl WordChange {
    /// The change of an asset from one state to another; `None` where it does not exist.
    pub fn between(was: Option<&Asset>, now: Option<&Asset>) -> Self {
        let words = |asset: Option<&Asset>| asset.map(words_of_asset).unwrap_or_default();
        let (before, after) = (words(was), words(now));
        let loses = !before.is_subset(&after);
        let tidy = if loses { before.symmetric_difference(&after).cloned().collect() } else { Vec::new() };
        // A posting has the name and the time of the asset, by which results are sorted.
        let sorts_alike = matches!((was, now), (Some(was), Some(now)) if was.name == now.name && was.created == now.created);
        let put = if sorts_alike {
            after.difference(&before).cloned().collect()
        } else {
            after.into_iter().collect()
        };
        Self { put, tidy }
    }
}

/// A piece of a text from which words are made.
pub(crate) enum Piece {
    /// A word of a script that puts spaces between words.
    Word(String),
    /// Characters of scripts without spaces, such as Chinese: no simple rule says where a word ends.
    Run(Vec<char>),
}

impl Piece {
    /// Its words as a searcher types them: a word as a whole; a run by two characters each, or by its only one.
    pub(crate) fn typed_words(&self) -> Vec<Word> {
        match self {
            Self::Word(word) => Word::fold(word).into_iter().collect(),
            Self::Run(run) if run.len() == 1 => grams(run, 1).collect(),
            Self::Run(run) => grams(run, 2).collect(),
        }
    }

    /// Its words as an asset has them: a word, and what begins with its second, third and fourth part; a run by one and
    /// by two characters each.
    fn words(&self) -> Vec<Word> {
        match self {
            Self::Word(word) => {
                let later = later_parts(word).filter_map(Word::fold).filter(|part| !part.is_one_character());
                Word::fold(word).into_iter().chain(later).collect()
            }
            Self::Run(run) => grams(run, 1).chain(grams(run, 2)).collect(),
        }
    }
}

fn grams(run: &[char], length: usize) -> impl Iterator<Item = Word> + '_ {
    run.windows(length).filter_map(|gram| Word::fold(&gram.iter().collect::<String>()))
}

/// The ends of a word from its second part on: of `DSC01234` it is `01234`, of `AnnualReport2026` they are `Report2026`
/// and `2026`.
fn later_parts(word: &str) -> impl Iterator<Item = &str> {
    let mut starts = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in word.char_indices().filter(|(_, c)| !is_combining_mark(*c)) {
        let begins =
            |before: char| before.is_numeric() != c.is_numeric() || before.is_lowercase() && c.is_uppercase();
        if before.is_some_and(begins) {
            starts.push(at);
        }
        before = Some(c);
    }
    if starts.len() >= MOST_PARTS {
        starts.clear();
    }
    starts.into_iter().map(|start| &word[start..])
}

/// The pieces of a text, in its order.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece> {
    let text: String =
        text.chars().take(LONGEST_TEXT).filter(|c| !is_invisible(*c) && !is_selector(*c)).nfkc().collect();
    let mut pieces = Vec::new();
    let mut open: Option<Piece> = None;
    for segment in text.split_word_bounds() {
        for c in segment.chars() {
            match (&mut open, c) {
                // `_`, `.` and `'` are inside a word for the segmenter, but separate words in file names.
                (_, c) if !is_of_words(c) => pieces.extend(open.take()),
                (Some(Piece::Word(word)), c) if !is_unspaced(c) => word.push(c),
                (Some(Piece::Run(run)), c) if is_unspaced(c) || is_combining_mark(c) => run.push(c),
                (_, c) => {
                    let piece = if is_unspaced(c) { Piece::Run(vec![c]) } else { Piece::Word(c.to_string()) };
                    pieces.extend(open.replace(piece));
                }
            }
        }
        // A run continues: the segmenter divides most of them after each character.
        if matches!(open, Some(Piece::Word(_))) {
            pieces.extend(open.take());
        }
    }
    pieces.into_iter().chain(open)
}

fn is_of_words(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Whether a character only chooses how the one before it is drawn.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
        | '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}')
}

/// Whether a mark is left out: accents of Latin, Greek and Cyrillic, points of Hebrew, Arabic and Syriac, which many
/// people do not type. Vowels of Indian and South-East Asian scripts and the voicing of kana have other classes, and
/// make other words.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 1 | 10..=36 | 200..=240)
}

/// Whether a character belongs to a script without spaces between words: Chinese and Japanese, Thai, Lao, Burmese,
/// Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{1780}'..='\u{17d3}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{303b}'
        | '\u{3041}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{1aff0}'..='\u{1b16f}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests;
