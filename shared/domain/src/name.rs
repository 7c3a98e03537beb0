//! Names as people sort and search them.

use unicode_normalization::UnicodeNormalization;

/// The longest sorted form of a name in bytes (DynamoDB's sort keys have at most 1,024).
const LONGEST_FOLDED: usize = 600;
/// The most digits of a number that count for its place among others.
const MOST_DIGITS: u8 = b'Z' - b'0';

/// A name in the form by which it is sorted: it ignores case and the encoding of accents, and sorts numbers as numbers
/// (`img 2` before `img 10`), since each begins with a character for the number of its digits.
pub fn fold_name(name: &str) -> String {
    let lower: String = name.nfc().flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(lower.len() + 16);
    let mut rest = lower.as_str();
    while let Some(c) = rest.chars().next() {
        if folded.len() >= LONGEST_FOLDED {
            break;
        }
        if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let digits = rest[..end].trim_start_matches('0');
            let count = u8::try_from(digits.len()).unwrap_or(MOST_DIGITS).min(MOST_DIGITS);
            folded.push(char::from(b'0' + count));
            folded.push_str(digits);
            rest = &rest[end..];
            continue;
        }
        if c >= ' ' {
            folded.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    folded.truncate(folded.floor_char_boundary(LONGEST_FOLDED));
    folded
}

/// Whether a name contains a typed text, ignoring case and the encoding of accents.
pub fn name_contains(name: &str, typed: &str) -> bool {
    let fold = |text: &str| text.nfc().flat_map(char::to_lowercase).collect::<String>();
    fold(name).contains(&fold(typed.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_sort_them() {
        let mut names = ["img 10.jpg", "IMG 2.jpg", "Ähre.jpg", "a\u{308}a.jpg", "zoo.jpg"];
        names.sort_by_key(|name| fold_name(name));
        assert_eq!(names, ["IMG 2.jpg", "img 10.jpg", "zoo.jpg", "a\u{308}a.jpg", "Ähre.jpg"]);
        assert!(fold_name("a9") < fold_name("a10") && fold_name("a10") < fold_name("a010b"));
        let long = |digits: usize| fold_name(&format!("a{}", "9".repeat(digits)));
        assert!(
            (1..100).all(|digits| long(digits) < long(digits + 1)),
            "also far more than a word of a computer holds"
        );
        assert!(fold_name(&"9".repeat(5000)).len() <= 600);
        assert!(fold_name(&"ü".repeat(5000)).len() <= 600);
    }
}
