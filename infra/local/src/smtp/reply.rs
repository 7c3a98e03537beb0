//! A mail server's answer that refuses something.

use std::error::Error as _;

use lettre::transport::smtp::Error;

/// How many characters of a server's text are kept.
const MAX_TEXT: usize = 300;

/// A refusal: its code and text. The text may have the recipient's address, so it is shown to the mail's sender and never
/// logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    /// The refusal of an error; `None` if the error is not an answer of the server.
    pub fn of(error: &Error) -> Option<Self> {
        let code = u16::from(error.status()?);
        Some(Self::new(code, &error.source().map(ToString::to_string).unwrap_or_default()))
    }

    /// A refusal in one short line of printable characters.
    pub fn new(code: u16, text: &str) -> Self {
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { code, text: plain.chars().take(MAX_TEXT).collect() }
    }

    /// Its code, such as 550.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether it is permanent, that is, its code is 5xx.
    pub fn is_final(&self) -> bool {
        self.code >= 500
    }

    /// Only the codes, such as `550 5.1.1`, for the log.
    pub fn codes(&self) -> String {
        let is_code = |word: &&str| {
            let parts: Vec<_> = word.split('.').collect();
            parts.len() == 3
                && parts
                    .iter()
                    .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        };
        match self.text.split(' ').next().filter(is_code) {
            Some(enhanced) => format!("{} {enhanced}", self.code),
            None => self.code.to_string(),
        }
    }

    /// The code and the text in one line, for the mail's sender.
    pub fn to_line(&self) -> String {
        format!("{} {}", self.code, self.text).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_the_codes_and_not_the_text() {
        for (text, codes) in [
            ("5.1.1 <anna@example.net>: user unknown", "550 5.1.1"),
            ("anna@example.net is unknown", "550"),
            ("1.2.3.4 is listed", "550"),
            ("", "550"),
        ] {
            assert_eq!(Reply::new(550, text).codes(), codes, "{text}");
        }
    }

    #[test]
    fn the_text_is_one_short_line() {
        assert_eq!(Reply::new(450, "4.2.0 wait\r\n\u{1b}[0m a\tbit ").to_line(), "450 4.2.0 wait [0m a bit");
        assert_eq!(Reply::new(450, "").to_line(), "450");
        assert_eq!(Reply::new(450, &"é".repeat(1_000)).to_line().chars().count(), 4 + MAX_TEXT);
    }
}
