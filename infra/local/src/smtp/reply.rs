//! What a mail server says when it refuses.

use std::error::Error as _;

use lettre::transport::smtp::Error;

/// The most of a server's words that is told, in characters.
const MAX_WORDS: usize = 300;

/// A refusal: its code and words. The words may name the recipient, so they are for the mail's sender and no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    words: String,
}

impl Reply {
    /// The refusal that an error stands for; `None` where the server did not say it.
    pub fn of(error: &Error) -> Option<Self> {
        let code = u16::from(error.status()?);
        Some(Self::new(code, &error.source().map(ToString::to_string).unwrap_or_default()))
    }

    /// A refusal in one short line of printable characters.
    pub fn new(code: u16, words: &str) -> Self {
        let plain: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { code, words: plain.chars().take(MAX_WORDS).collect() }
    }

    /// Its code, such as 550.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether it holds for good: a code of 5xx.
    pub fn is_final(&self) -> bool {
        self.code >= 500
    }

    /// The codes alone, such as `550 5.1.1`: what a log may hold.
    pub fn codes(&self) -> String {
        let is_code = |word: &&str| {
            let parts: Vec<_> = word.split('.').collect();
            parts.len() == 3
                && parts
                    .iter()
                    .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        };
        match self.words.split(' ').next().filter(is_code) {
            Some(enhanced) => format!("{} {enhanced}", self.code),
            None => self.code.to_string(),
        }
    }

    /// All of it, for the mail's sender.
    pub fn said(&self) -> String {
        format!("{} {}", self.code, self.words).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_the_codes_and_no_words() {
        for (words, codes) in [
            ("5.1.1 <anna@example.net>: user unknown", "550 5.1.1"),
            ("anna@example.net is unknown", "550"),
            ("1.2.3.4 is listed", "550"),
            ("", "550"),
        ] {
            assert_eq!(Reply::new(550, words).codes(), codes, "{words}");
        }
    }

    #[test]
    fn words_are_one_short_line() {
        assert_eq!(Reply::new(450, "4.2.0 wait\r\n\u{1b}[0m a\tbit ").said(), "450 4.2.0 wait [0m a bit");
        assert_eq!(Reply::new(450, "").said(), "450");
        assert_eq!(Reply::new(450, &"é".repeat(1_000)).said().chars().count(), 4 + MAX_WORDS);
    }
}
