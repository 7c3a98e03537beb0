//! Mails: plain data in, MIME out. Each mail is for one recipient, as text and as HTML.

mod link_mail;

use askama::Template;
use domain::invisible::without_invisible;
use domain::mail::address::EmailAddress;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;

pub use link_mail::LinkMail;

/// The longest name before an address, in characters; the rest is cut off.
const MAX_NAME: usize = 100;

/// A mail could not be written.
#[derive(Debug, thiserror::Error)]
#[error("a mail could not be written: {0}")]
pub struct NotWritten(String);

/// The headers of a mail, except its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The name that the recipient sees, such as "Carl Conrad via Vitrine".
    pub from_name: String,
    /// The site's own address.
    pub from: EmailAddress,
    /// The one recipient.
    pub to: EmailAddress,
    /// Where replies go; to `from` if this is not given.
    pub reply_to: Option<EmailAddress>,
    /// The part of the `Message-ID` before its `@`.
    pub id: String,
    /// The mail's `Date`.
    pub date: Timestamp,
}

impl Envelope {
    /// Builds the mail (RFC 5322): headers, then `text` and `html` as alternatives.
    fn build(&self, subject: &str, text: String, html: String) -> Result<Vec<u8>, NotWritten> {
        let plain = |address: &EmailAddress| address.as_str().to_owned();
        let mut mail = MessageBuilder::new()
            .message_id(format!("{}@{}", self.id, self.from.domain()))
            .date(self.date.as_second())
            .from(Address::new_address(Some(to_name(&self.from_name)), plain(&self.from)))
            .to(Address::new_address(None::<&str>, plain(&self.to)))
            .subject(to_line(subject))
            // Asks programs not to answer: an out-of-office reply would reach somebody who wrote no mail.
            .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
            .text_body(text)
            .html_body(html);
        if let Some(address) = &self.reply_to {
            mail = mail.reply_to(Address::new_address(None::<&str>, plain(address)));
        }
        mail.write_to_vec().map_err(|error| NotWritten(error.to_string()))
    }
}

/// Makes a text fit one line: line ends and control characters become spaces, and invisible characters, such as marks
/// that change the reading direction, are removed.
fn to_line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let flat: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    without_invisible(&flat).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes a name fit a header.
fn to_name(text: &str) -> String {
    to_line(text).chars().take(MAX_NAME).collect()
}

/// Renders both forms of a mail.
fn render(text: &impl Template, html: &impl Template) -> Result<(String, String), NotWritten> {
    let not_written = |error: askama::Error| NotWritten(error.to_string());
    Ok((text.render().map_err(not_written)?, html.render().map_err(not_written)?))
}
