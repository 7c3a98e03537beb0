use proptest::prelude::*;

use super::*;
use crate::samples;

fn words(text: &str) -> Vec<String> {
    words_of(text).into_iter().map(String::from).collect()
}

/// A sorted list, as [`words`] answers it.
fn sorted(mut words: Vec<&str>) -> Vec<&str> {
    words.sort_unstable();
    words
}

#[test]
fn this_version_of_the_rules_finds_these_words() {
    // If it fails after an update of a crate: WORD_VERSION must grow.
    assert_eq!(WORD_VERSION, 1);
    for (text, expected) in [
        ("IMG_2041-final.jpg", vec!["img", "2041", "final", "jpg"]),
        ("DSC01234.JPG", vec!["dsc01234", "01234", "jpg"]),
        ("AnnualReport2026 (v2).pdf", vec!["annualreport2026", "report2026", "2026", "v2", "pdf"]),
        ("3f2504e04f8911d3.bin", vec!["3f2504e04f8911d3", "bin"]),
        ("Ähre, STRASSE Straße", vec!["ahre", "strasse"]),
        ("A\u{308}hre ﬁnal ½ ²", vec!["ahre", "final", "1", "2"]),
        ("Żółć ΟΔΥΣΣΕΎΣ Οδυσσεύς İstanbul ISTANBUL", vec!["zołc", "οδυσσευσ", "istanbul"]),
        (
            "O'Neil’s e-mail a.b.c @home #tag",
            vec!["o", "neil", "s", "e", "mail", "a", "b", "c", "home", "tag"],
        ),
        ("東京都Tower", vec!["東", "京", "都", "東京", "京都", "tower"]),
        ("カタカナ", vec!["カ", "タ", "ナ", "カタ", "タカ", "カナ"]),
        ("ｶﾞガか\u{3099}", vec!["ガ", "が", "ガガ", "ガが"]),
        ("한국어 사진.png", vec!["한국어", "사진", "png"]),
        ("ภาพ", vec!["ภ", "า", "พ", "ภา", "าพ"]),
        ("हिन्दी कि का", vec!["हिन्दी", "कि", "का"]),
        ("שָׁלוֹם مُحَمَّد", vec!["שלום", "محمد"]),
        ("1\u{fe0f}\u{20e3} photo\u{202e}gpj ad\u{ad}min", vec!["1", "photogpj", "admin"]),
        ("🎉 ❤\u{fe0f} -- \u{301} …", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(words(text), sorted(expected), "{text}");
    }
}

#[test]
fn an_asset_has_the_words_of_its_type_its_name_and_its_attributes() {
    let mut asset = samples::asset("Press", "Sea.jpeg");
    asset.file_type = "jpg".to_owned();
    asset.attributes.insert("Credit".to_owned(), "Ada Lovelace".to_owned());
    let words: Vec<String> = words_of_asset(&asset).into_iter().map(String::from).collect();
    assert_eq!(words, ["ada", "jpeg", "jpg", "lovelace", "sea"]);
}

#[test]
fn an_asset_has_at_most_200_words_and_always_that_of_its_type() {
    let long: String = (0..9_999).map(|n| format!("Wort{n} ")).collect();
    assert_eq!(words_of(&long).len(), MOST_WORDS);
    let asset = samples::asset("Press", &format!("{long}.jpg"));
    let words = words_of_asset(&asset);
    assert_eq!(words.len(), MOST_WORDS);
    assert!(words.iter().any(|word| word.as_str() == "jpg"));
}

#[test]
fn keys_of_postings_are_short_however_long_the_words() {
    let id = AssetId::of("a");
    for text in ["x".repeat(10_000), "ü".repeat(10_000), "𠀀".repeat(10_000), "ﷺ".repeat(10_000)] {
        for word in words_of(&text) {
            assert!(word.as_str().len() <= LONGEST_WORD && word.head().chars().count() <= 2);
            let key = word.posting(&id);
            assert!(key.len() <= 97, "{key}");
            assert_eq!(Word::of_posting(&key), Some((word, id.clone())));
        }
    }
    assert_eq!(Word::of_posting("no key"), None);
    assert!(Word::try_from("a\u{1}b".to_owned()).is_err() && Word::try_from(String::new()).is_err());
}

#[test]
fn a_change_puts_new_words_and_tidies_only_if_some_go() {
    let asset = |caption: &str| {
        let mut asset = samples::asset("", "a1.jpg");
        asset.attributes.insert("Caption".to_owned(), caption.to_owned());
        asset
    };
    let change = |was: Option<&Asset>, now: Option<&Asset>| {
        let WordChange { put, tidy } = WordChange::between(was, now);
        let texts = |words: Vec<Word>| words.into_iter().map(String::from).collect::<Vec<_>>().join(" ");
        (texts(put), texts(tidy))
    };
    let pair = |put: &str, tidy: &str| (put.to_owned(), tidy.to_owned());
    let (blue, both) = (asset("blue"), asset("blue sea"));
    assert_eq!(change(None, Some(&blue)), pair("a1 blue jpg", ""), "a new asset loses nothing");
    assert_eq!(change(Some(&blue), Some(&both)), pair("sea", ""));
    assert_eq!(change(Some(&both), Some(&blue)), pair("", "sea"));
    // The new word is looked at too, since the write of the row may fail after the posting was put.
    assert_eq!(change(Some(&blue), Some(&asset("red"))), pair("red", "blue red"));
    assert_eq!(change(Some(&blue), None), pair("", "a1 blue jpg"));
    let renamed = Asset { name: "b2.jpg".to_owned(), ..asset("blue") };
    assert_eq!(change(Some(&blue), Some(&renamed)), pair("b2 blue jpg", "a1 b2"), "it sorts elsewhere");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A word read back from a message is the word that was sent, and folding it again changes nothing.
    #[test]
    fn a_word_is_its_own_word(text in any::<String>()) {
        for word in words_of(&text) {
            prop_assert_eq!(Word::try_from(word.0.clone()), Ok(word.clone()));
            let again = Word::fold(word.as_str());
            prop_assert_eq!(again, Some(word));
        }
    }
}
