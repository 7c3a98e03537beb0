//! What somebody searches for.

use crate::asset::Asset;
use crate::library::words::{Word, pieces, words_of_asset};

/// The most words of a query. Each is looked up by itself, so of a longer text only the first ones count.
pub const MOST_TYPED: usize = 8;

/// The text has neither letters nor digits, so nothing can be found by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Type letters or digits to search for.")]
pub struct NothingToFind;

/// A query: an asset must match all of its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// 1 to [`MOST_TYPED`] words, none of them twice.
    words: Vec<TypedWord>,
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypedWord {
    /// The asset has a word that begins with this one, which has at least two characters.
    Beginning(Word),
    /// The asset has exactly this word, which is of one character.
    Whole(Word),
}

impl Query {
    /// Parses typed text. `None` if nothing was typed.
    ///
    /// # Errors
    /// When the text has neither letters nor digits.
    pub fn parse(typed: &str) -> Result<Option<Self>, NothingToFind> {
        if typed.trim().is_empty() {
            return Ok(None);
        }
        let mut words = Vec::new();
        for word in pieces(typed).flat_map(|piece| piece.typed_words()).map(TypedWord::new) {
            if !words.contains(&word) {
                words.push(word);
            }
            if words.len() == MOST_TYPED {
                break;
            }
        }
        if words.is_empty() { Err(NothingToFind) } else { Ok(Some(Self { words })) }
    }

    /// Its words, 1 to [`MOST_TYPED`].
    pub fn words(&self) -> &[TypedWord] {
        &self.words
    }

    /// Whether an asset matches. It looks at the words that the word index has of the asset, so that both agree.
    pub fn matches(&self, asset: &Asset) -> bool {
        let words = words_of_asset(asset);
        self.words.iter().all(|typed| words.iter().any(|word| typed.matches(word)))
    }
}

impl TypedWord {
    fn new(word: Word) -> Self {
        if word.is_one_character() { Self::Whole(word) } else { Self::Beginning(word) }
    }

    /// The typed word.
    pub fn word(&self) -> &Word {
        match self {
            Self::Beginning(word) | Self::Whole(word) => word,
        }
    }

    /// Whether an asset's word matches.
    pub fn matches(&self, word: &Word) -> bool {
        match self {
            Self::Beginning(typed) => word.as_str().starts_with(typed.as_str()),
            Self::Whole(typed) => word == typed,
        }
    }

    /// How the sort keys of the matching words' postings begin, all of them in the partition of the typed word.
    pub fn postings(&self) -> String {
        match self {
            Self::Beginning(typed) => typed.as_str().to_owned(),
            Self::Whole(typed) => format!("{}\u{1}", typed.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;
    use crate::samples;

    fn query(typed: &str) -> Query {
        Query::parse(typed).unwrap().unwrap()
    }

    fn asset(name: &str, caption: &str) -> Asset {
        let mut asset = samples::asset("Press", name);
        asset.attributes.insert("Caption".to_owned(), caption.to_owned());
        asset
    }

    #[test]
    fn typed_words_match_the_beginnings_of_an_assets_words() {
        let asset = asset("IMG_2041-Été.jpg", "Zwölf Boxkämpfer, 東京都 c");
        for typed in [
            "im",
            "img",
            "IMG_2041",
            "img_20 ete",
            "ÉTÉ",
            "2041.jp",
            "zwolf box",
            "boxkämpf",
            "東",
            "東京",
            "京都",
            "東京都",
            "c",
            "c zwölf",
            "\u{202e}jpg",
            "été…",
        ] {
            assert!(query(typed).matches(&asset), "{typed}");
        }
        for typed in ["mg", "i", "kämpfer", "img press", "imgx", "都東", "東都", "041"] {
            assert!(!query(typed).matches(&asset), "{typed}");
        }
    }

    #[test]
    fn nothing_typed_is_no_query_and_nothing_but_marks_is_a_fault() {
        assert_eq!(Query::parse(""), Ok(None));
        assert_eq!(Query::parse(" \t\u{3000}"), Ok(None));
        for marks in ["?", "… — !", "🎉", "\u{301}\u{302}", "\u{202e}", "_._"] {
            assert_eq!(Query::parse(marks), Err(NothingToFind), "{marks}");
        }
    }

    #[test]
    fn a_query_of_10_000_characters_has_at_most_eight_short_words() {
        for long in ["x".repeat(10_000), "x ".repeat(5_000), "ab1 cd2 ".repeat(1_250), "東京都".repeat(3_334)]
        {
            assert!(query(&long).words().len() <= MOST_TYPED);
        }
        let numbers: String = (0..5_000).map(|n| format!("{n} ")).collect();
        assert_eq!(query(&numbers).words().len(), MOST_TYPED);
        let long_name = asset(&format!("{}.jpg", "x".repeat(200)), "");
        assert!(query(&"x".repeat(150)).matches(&long_name), "both are cut at the same length");
    }

    /// Texts of several scripts, with separators, so that random queries often match.
    fn texts() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "img",
            "IMG",
            "DSC01234",
            "2041",
            "v2",
            "AnnualReport",
            "é",
            "E\u{301}t",
            "Straße",
            "STRASSE",
            "ς",
            "東",
            "京都",
            "カナ",
            "ｶﾞ",
            "ภาพ",
            "한국",
            "हिन्दी",
            "שָׁלוֹם",
            "ﷺ",
            "½",
            "İ",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "\u{ad}",
            "\u{fe0f}",
            "🎉",
            "_",
            "-",
            ".",
            " ",
            "'",
            "\u{1}",
            "\u{200d}",
        ]);
        prop_oneof![3 => prop::collection::vec(part, 1..12).prop_map(|parts| parts.concat()), 1 => any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// The index never says too little: whatever a query matches has a posting where each of its words is looked
        /// up.
        #[test]
        fn what_matches_is_found_by_every_probe(name in texts(), caption in texts(), typed in texts()) {
            let asset = asset(&name, &caption);
            let Ok(Some(query)) = Query::parse(&typed) else { return Ok(()) };
            if query.matches(&asset) {
                let words = words_of_asset(&asset);
                for typed in query.words() {
                    let is_found = words.iter().any(|word| {
                        word.head() == typed.word().head() && word.posting(&asset.id).starts_with(&typed.postings())
                    });
                    prop_assert!(is_found, "{typed:?} of {words:?}");
                }
            }
        }

        /// Whatever text an asset has, it is found by that text, and by the beginning of its last word.
        #[test]
        fn an_asset_is_found_by_its_own_name(name in texts(), cut in 0..40_usize) {
            let asset = asset(&name, "");
            if let Ok(Some(query)) = Query::parse(&name) {
                prop_assert!(query.matches(&asset), "{query:?} of {:?}", words_of_asset(&asset));
            }
            let last = name.split([' ', '_', '-', '.']).next_back().unwrap_or_default();
            let start: String = last.chars().take(cut).collect();
            // A cut inside of a character that is written as two makes another character.
            let is_clean = last.nfkc().collect::<String>().starts_with(&start.nfkc().collect::<String>());
            if let Ok(Some(query)) = Query::parse(&start)
                && is_clean
                && query.words().iter().all(|typed| matches!(typed, TypedWord::Beginning(_)))
            {
                prop_assert!(query.matches(&asset), "{query:?} of {:?}", words_of_asset(&asset));
            }
        }
    }
}
