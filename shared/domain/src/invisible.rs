//! Invisible characters that change how a text is displayed: `photo\u{202e}gpj.exe` is displayed as `photoexe.jpg`.

/// Whether a character changes the reading direction, breaks the line or is invisible. These are Unicode's
/// `Default_Ignorable_Code_Point` and the line and paragraph separators, without the joiners and variation selectors
/// that emoji and several scripts need.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// A name or title without invisible characters.
#[must_use]
pub fn without_invisible(text: &str) -> String {
    // Most names are ASCII, which has none of these characters, and are copied at once.
    if text.is_ascii() { text.to_owned() } else { text.chars().filter(|c| !is_invisible(*c)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_scripts_and_emoji_need_are_kept() {
        for c in "\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{61c}\u{2028}\u{2029}\u{200b}\u{feff}\u{ad}\u{e0041}".chars()
        {
            assert!(is_invisible(c), "{}", c.escape_unicode());
        }
        // A Persian word with a joiner, a family emoji, a coloured heart, a variant of a Japanese character, spaces.
        for text in [
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "葛\u{e0100}",
            "a b\u{a0}c",
            "Zürich 日本",
        ] {
            assert_eq!(without_invisible(text), text);
        }
        assert_eq!(without_invisible("photo\u{202e}gpj.exe"), "photogpj.exe");
    }
}
