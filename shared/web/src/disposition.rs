//! `Content-Disposition` for downloads: RFC 6266, with non-ASCII names encoded by RFC 8187.

use std::fmt::Write as _;

use domain::invisible::is_invisible;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Every character except RFC 8187's `attr-char`.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header's value for a download with this file name, in ASCII. The name may be hostile: control characters, path
/// separators and invisible characters (such as marks that change the reading direction) become `_`.
#[must_use]
pub fn attachment(name: &str) -> String {
    let name: String = name.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let plain: String = name
        .chars()
        .map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '%') { c } else { '_' })
        .collect();
    let mut header = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(&name, NOT_ATTR_CHAR));
    }
    header
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c) || matches!(c, '/' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ascii_name_needs_no_second_form() {
        assert_eq!(attachment("autumn walk.jpg"), "attachment; filename=\"autumn walk.jpg\"");
    }

    #[test]
    fn a_unicode_name_is_also_sent_in_full() {
        assert_eq!(
            attachment("Müller 日本.jpg"),
            "attachment; filename=\"M_ller __.jpg\"; filename*=UTF-8''M%C3%BCller%20%E6%97%A5%E6%9C%AC.jpg"
        );
        assert_eq!(attachment("100%.png"), "attachment; filename=\"100_.png\"; filename*=UTF-8''100%25.png");
    }

    #[test]
    fn a_hostile_name_stays_one_header_and_one_name() {
        for name in [
            "a\r\nSet-Cookie: visit=1.jpg",
            "a\"; filename=\"b.exe",
            "../../etc/passwd",
            "..\\..\\boot.ini",
            "photo\u{202e}gpj.exe",
            "\0",
            "x\u{2028}y",
            "\u{61c}a\u{feff}b\u{200b}c\u{2066}.jpg",
            "",
            "*'%27\"",
        ] {
            let header = attachment(name);
            assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)), "{header:?}");
            assert_eq!(header.matches('"').count(), 2, "{header:?}");
            assert!(!header.contains(['/', '\\']), "{header:?}");
            let decoded = percent_encoding::percent_decode_str(&header).decode_utf8().unwrap();
            assert!(!decoded.contains(is_invisible), "{header:?}");
            let quoted = header.split('"').nth(1).unwrap();
            assert!(!quoted.contains('%'), "{header:?}");
            if let Some((_, full)) = header.split_once("filename*=UTF-8''") {
                assert!(!full.contains([' ', '"', ';', '\'', '*']), "{header:?}");
            }
            assert!(http::HeaderValue::from_str(&header).is_ok());
        }
    }
}
