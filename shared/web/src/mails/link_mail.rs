//! The mail that brings a link to a recipient.

use askama::Template;
use jiff::Timestamp;

use super::{Envelope, NotWritten, render, to_line};
use crate::format;

/// A link, sent by a user. It never contains the link's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkMail {
    /// The site's name.
    pub brand: String,
    /// The link's title.
    pub title: String,
    /// The sender's name.
    pub sender: String,
    /// The sender's message, with its line ends.
    pub message: Option<String>,
    /// The address that opens the link.
    pub url: String,
    /// The instant of the link's end.
    pub expires_at: Option<Timestamp>,
    /// The time zone that the end was chosen in, such as `Europe/Paris`.
    pub time_zone: String,
    /// How often it can still be opened; none if that is not limited.
    pub uses_left: Option<u64>,
    /// Whether opening it needs a password.
    pub has_password: bool,
}

#[derive(Template)]
#[template(path = "link_mail.txt")]
struct Text<'a> {
    mail: &'a LinkMail,
}

#[derive(Template)]
#[template(path = "link_mail.html")]
struct Html<'a> {
    mail: &'a LinkMail,
}

impl LinkMail {
    /// Writes the mail as MIME.
    ///
    /// # Errors
    /// When a template or the MIME can't be written.
    pub fn write(&self, envelope: &Envelope) -> Result<Vec<u8>, NotWritten> {
        // One line each, because they are used within sentences and in the subject.
        let mail = &Self { title: to_line(&self.title), sender: to_line(&self.sender), ..self.clone() };
        let (text, html) = render(&Text { mail }, &Html { mail })?;
        envelope.build(&mail.subject(), text, html)
    }

    fn subject(&self) -> String {
        format!("{} shared “{}” with you", self.sender, self.title)
    }

    fn message_lines(&self) -> impl Iterator<Item = &str> {
        self.message.as_deref().unwrap_or_default().lines()
    }

    /// "The link can be opened 3 times, until 4 December 2026."
    fn end_words(&self) -> String {
        let until = self.expires_at.map(|at| format::end(at, &self.time_zone));
        let times = self.uses_left.map(|left| match left {
            1 => "once".to_owned(),
            left => format::count(left, "time", "times"),
        });
        match (times, until) {
            (Some(times), Some(until)) => format!("The link can be opened {times}, until {until}."),
            (Some(times), None) => format!("The link can be opened {times}."),
            (None, Some(until)) => format!("The link can be opened until {until}."),
            (None, None) => "The link has no end date.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_in_words() {
        let mail = |expires_at: Option<&str>, uses_left| LinkMail {
            brand: String::new(),
            title: String::new(),
            sender: String::new(),
            message: None,
            url: String::new(),
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            time_zone: "Europe/Paris".to_owned(),
            uses_left,
            has_password: false,
        };
        let end = Some("2026-12-04T22:59:59Z");
        assert_eq!(mail(end, Some(3)).end_words(), "The link can be opened 3 times, until 4 December 2026.");
        assert_eq!(mail(end, None).end_words(), "The link can be opened until 4 December 2026.");
        assert_eq!(mail(None, Some(1)).end_words(), "The link can be opened once.");
        assert_eq!(mail(None, None).end_words(), "The link has no end date.");
    }
}
