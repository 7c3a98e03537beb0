//! Mails of a link. A mailing is one request to mail a link; it has one mail for each address.

pub mod address;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
use crate::id::{LinkId, MailingId, NotAnId, UserId, hex_digest};
use crate::mail::address::EmailAddress;

/// The longest message of a mailing, in characters.
pub const MAX_MESSAGE: usize = 2_000;
/// The longest id of a request, in characters.
const MAX_REQUEST_ID: usize = 100;
/// A mail that has waited this long gets a new queue message, because its first one was lost.
pub const WAITS_FOR: SignedDuration = SignedDuration::from_mins(2);
/// A worker that has claimed a mail is taken for dead after this time. It is longer than `send-email` may run.
pub const CLAIM_LASTS: SignedDuration = SignedDuration::from_mins(3);
/// The reason of a mail whose worker died or whose answer was lost. It is not sent again, because it may have been
/// sent.
pub const OUTCOME_UNKNOWN: &str = "The connection broke off while it was being sent, so it may or may not have arrived. Ask the recipient before you \
     send it again.";

/// The status of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// Waiting to be sent.
    Queued,
    /// Claimed by a worker, which is sending it. No other worker will send it, even if this one fails.
    Sending,
    /// Accepted by the mail service.
    Sent,
    /// Not sent, or the outcome is unknown; the reason says which.
    Failed,
    /// Returned, or reported as spam; the reason says which.
    Bounced,
}

/// A mail's id: the time of its mailing, the mailing's id, and the number of the address. In the order of ids the
/// oldest mailing comes first, and each mailing's last address comes before its first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailId(String);

impl MailId {
    /// The id of the mail to the address at `index` (from 0) of a mailing.
    pub fn new(mailing: &Mailing, index: usize) -> Self {
        let from_end = 999_usize.saturating_sub(index);
        Self(format!("{:016}-{}-{from_end:03}", mailing.asked.as_millisecond().max(0), mailing.id))
    }

    /// The id's text, as in keys and messages.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mailing it belongs to.
    pub fn mailing(&self) -> MailingId {
        self.0[17..49].parse().expect("the shape was checked")
    }
}

impl TryFrom<String> for MailId {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        let digits =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        let mut parts = text.split('-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(at), Some(mailing), Some(index), None) if digits(at, 16) && digits(index, 3) => {
                mailing.parse::<MailingId>()?;
                Ok(Self(text))
            }
            _ => Err(NotAnId),
        }
    }
}

impl From<MailId> for String {
    fn from(id: MailId) -> String {
        id.0
    }
}

impl std::fmt::Display for MailId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One request to mail a link: what all its mails have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailing {
    /// The mailing's id.
    pub id: MailingId,
    /// The link.
    pub link: LinkId,
    /// The id of the user who sends the mails.
    pub sender: UserId,
    /// The user's message to the recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The hash of addresses and message, by which a repeated request differs from another one with the same id.
    pub content: String,
    /// When it was first requested.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub asked: Timestamp,
}

impl Mailing {
    /// The mailing of a request with this id.
    pub fn new(
        request_id: &str,
        link: LinkId,
        sender: UserId,
        addresses: &[EmailAddress],
        message: Option<Message>,
        asked: Timestamp,
    ) -> Self {
        let mut content: String = addresses.iter().map(|address| format!("{}\n", address.as_str())).collect();
        content.push('\n');
        content.push_str(message.as_ref().map_or("", Message::as_str));
        Self {
            id: MailingId::of(request_id),
            link,
            sender,
            message,
            content: hex_digest("mailing content", content.as_bytes()),
            asked,
        }
    }

    /// The mails of the mailing, all queued.
    pub fn mails(&self, addresses: Vec<EmailAddress>) -> Vec<Mail> {
        let mail = |(index, address)| Mail {
            id: MailId::new(self, index),
            link: self.link.clone(),
            address,
            status: MailStatus::Queued,
            reason: None,
            at: self.asked,
            touched: self.asked,
            revision: 0,
        };
        addresses.into_iter().enumerate().map(mail).collect()
    }
}

/// One mail to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The mail's id.
    pub id: MailId,
    /// The link.
    pub link: LinkId,
    /// The recipient's address.
    pub address: EmailAddress,
    /// The status.
    pub status: MailStatus,
    /// Why it failed or bounced, as text for the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it got its status.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When its row was last written, or its queue message last sent.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub touched: Timestamp,
    /// Grows by one with each change, so that only one of several workers with the same row can change it.
    pub revision: u64,
}

impl Mail {
    /// Whether it has waited too long, so that its queue message is to be sent again.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Queued && now.duration_since(self.touched) >= WAITS_FOR
    }

    /// Whether its worker is taken for dead, so that the outcome is unknown.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Sending && now.duration_since(self.touched) >= CLAIM_LASTS
    }
}

/// A message to recipients: 1 to [`MAX_MESSAGE`] characters, trimmed, with line ends as `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Message(String);

impl Message {
    /// Parses a message; `None` if there is nothing but spaces.
    ///
    /// # Errors
    /// A fault of the field `message`.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text.chars().take(MAX_MESSAGE + 1).count() > MAX_MESSAGE {
            return Err(FieldError::new("message", "Use at most 2,000 characters."));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(FieldError::new("message", "Leave out control characters."));
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Message> for String {
    fn from(message: Message) -> String {
        message.0
    }
}

/// Checks the id of a request, which a client chooses so that it can repeat the request: 1 to 100 letters, digits, `-`
/// or `_`.
///
/// # Errors
/// A fault of the field `request_id`.
pub fn parse_request_id(text: &str) -> Result<&str, FieldError> {
    let is_valid = (1..=MAX_REQUEST_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_valid {
        return Ok(text);
    }
    let message = "Give 1 to 100 letters, digits, - or _, new for each mailing; or leave it out.";
    Err(FieldError::new("request_id", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<EmailAddress> {
        crate::mail::address::parse_list(text).unwrap()
    }

    fn mailing(request: &str, to: &str, asked: i64) -> Mailing {
        let asked = Timestamp::from_second(asked).unwrap();
        Mailing::new(request, LinkId::of("t"), "carl".parse().unwrap(), &addresses(to), None, asked)
    }

    #[test]
    fn a_repeated_request_is_the_same_mailing_with_the_same_content() {
        let (first, again) =
            (mailing("r", "a@x.org, b@x.org", 1_000), mailing("r", "a@x.org,b@X.org", 1_060));
        assert_eq!((&first.id, &first.content), (&again.id, &again.content));
        assert_ne!(first.content, mailing("r", "a@x.org", 1_000).content);
        assert_ne!(first.id, mailing("s", "a@x.org, b@x.org", 1_000).id);
    }

    #[test]
    fn by_id_the_newest_mailing_and_its_first_address_come_last() {
        let (old, new) = (mailing("z", "a@x.org, b@x.org", 1_000), mailing("a", "c@x.org", 1_001));
        let mut mails = old.mails(addresses("a@x.org, b@x.org"));
        mails.extend(new.mails(addresses("c@x.org")));
        mails.sort_by(|a, b| b.id.as_str().cmp(a.id.as_str()));
        let read: Vec<_> = mails.iter().map(|mail| mail.address.as_str()).collect();
        assert_eq!(read, ["c@x.org", "a@x.org", "b@x.org"]);
        assert_eq!((mails[0].id.mailing(), mails[1].id.mailing()), (new.id, old.id));
    }

    #[test]
    fn only_ids_of_mails_parse() {
        let id = MailId::new(&mailing("r", "a@x.org", 1_000), 7);
        assert_eq!(MailId::try_from(id.to_string()), Ok(id));
        for bad in ["", "1-2-3", "0000001795514400000-x-001", "../../etc", "0001795514400000-\u{fc}-001"] {
            assert_eq!(MailId::try_from(bad.to_owned()), Err(NotAnId), "{bad}");
        }
    }

    #[test]
    fn a_waiting_mail_is_overdue_and_a_claimed_one_is_lost() {
        let waiting = mailing("r", "a@x.org", 1_000).mails(addresses("a@x.org")).remove(0);
        let taken = Mail { status: MailStatus::Sending, ..waiting.clone() };
        let after = |span| waiting.touched + span;
        assert!(!waiting.is_overdue(after(WAITS_FOR - SignedDuration::from_secs(1))));
        assert!(waiting.is_overdue(after(WAITS_FOR)) && !waiting.is_lost(after(CLAIM_LASTS)));
        assert!(taken.is_lost(after(CLAIM_LASTS)) && !taken.is_overdue(after(CLAIM_LASTS)));
        assert!(!taken.is_lost(after(WAITS_FOR)));
    }

    #[test]
    fn messages_keep_line_ends_but_no_other_control_characters() {
        let message = Message::parse(" Hello,\r\nthere\r! ").unwrap().unwrap();
        assert_eq!(message.as_str(), "Hello,\nthere\n!");
        assert_eq!(Message::parse(" \n ").unwrap(), None);
        assert_eq!(Message::parse("a\u{1b}[0m").unwrap_err().field, "message");
        assert!(Message::parse(&"ü".repeat(MAX_MESSAGE)).is_ok());
        assert!(Message::parse(&"ü".repeat(MAX_MESSAGE + 1)).is_err());
    }

    #[test]
    fn a_request_id_is_short_and_plain() {
        assert_eq!(parse_request_id("9b2e-A_1"), Ok("9b2e-A_1"));
        for bad in ["", "a b", "a\r\n", "ü", &"x".repeat(101)] {
            assert_eq!(parse_request_id(bad).unwrap_err().field, "request_id", "{bad}");
        }
    }
}
