//! Mails: plain data in, MIME out. Each is for one recipient, as text and as HTML.

mod link_mail;

use askama::Template;
use domain::invisible::without_invisible;
use domain::mail::address::EmailAddress;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;

pub use link_mail::LinkMail;

/// The longest name that stands before an address, in characters; the rest is cut off.
const MAX_NAME: usize = 100;

/// A mail could not be written.
#[derive(Debug, thiserror::Error)]
#[error("a mail could not be written: {0}")]
pub struct NotWritten(String);

/// What stands on the outside of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The name that the recipient sees, such as "Carl Conrad via Vitrine".
    pub from_name: String,
    /// The site's own address.
    pub from: EmailAddress,
    /// The one recipient.
    pub to: EmailAddress,
    /// Where answers go; to `from` where it is not given.
    pub reply_to: Option<EmailAddress>,
    /// The mail's name in the world, without its brackets and the part from `@` on.
    pub id: String,
    /// When it was written.
    pub date: Timestamp,
}

impl Envelope {
    /// The mail as it goes out (RFC 5322): its headers, then `text` and `html` as two forms of the same.
    fn seal(&self, subject: &str, text: String, html: String) -> Result<Vec<u8>, NotWritten> {
        let plain = |address: &EmailAddress| address.as_str().to_owned();
        let mut mail = MessageBuilder::new()
            .message_id(format!("{}@{}", self.id, self.from.domain()))
            .date(self.date.as_second())
            .from(Address::new_address(Some(name(&self.from_name)), plain(&self.from)))
            .to(Address::new_address(None::<&str>, plain(&self.to)))
            .subject(line(subject))
            // Out-of-office replies and the like would go to somebody who wrote no mail.
            .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
            .text_body(text)
            .html_body(html);
        if let Some(address) = &self.reply_to {
            mail = mail.reply_to(Address::new_address(None::<&str>, plain(address)));
        }
        mail.write_to_vec().map_err(|error| NotWritten(error.to_string()))
    }
}

/// A text for one line: line ends and control characters become spaces, and what nobody sees, such as a mark that turns
/// the direction of the text after it, is left out.
fn line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let flat: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    without_invisible(&flat).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name for a header.
fn name(text: &str) -> String {
    line(text).chars().take(MAX_NAME).collect()
}

/// Both forms of a mail.
fn render(text: &impl Template, html: &impl Template) -> Result<(String, String), NotWritten> {
    let written = |rendered: askama::Result<String>| rendered.map_err(|error| NotWritten(error.to_string()));
    Ok((written(text.render())?, written(html.render())?))
}
