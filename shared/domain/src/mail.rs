//! Mails of a link: a mailing is one request to mail it, with one mail for each address.

pub mod address;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
use crate::id::{LinkId, MailingId, NotAnId, UserId, hex_digest};
use crate::mail::address::EmailAddress;

/// The longest message of a mailing, in characters.
pub const MAX_MESSAGE: usize = 2_000;
/// The longest name that a client gives its request.
const MAX_REQUEST: usize = 100;
/// After how long a mail that still waits is asked for again: its message was lost.
pub const WAITS_FOR: SignedDuration = SignedDuration::from_mins(2);
/// After how long a worker that took a mail and said no more is given up. Longer than a call of `send-email` lasts.
pub const CLAIM_LASTS: SignedDuration = SignedDuration::from_mins(3);
/// What is said of a mail whose worker was given up, or whose answer was lost: it is not sent again, as it may have
/// gone out.
pub const OUTCOME_UNKNOWN: &str = "The connection broke off while it was being sent, so it may or may not have arrived. Ask the recipient before you \
     send it again.";

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// Waiting to be sent.
    Queued,
    /// Taken by a worker, which is about to hand it to the mail service. No other takes it, whatever becomes of it.
    Sending,
    /// Handed to the mail service.
    Sent,
    /// Not sent, or nobody knows; the reason says.
    Failed,
    /// Came back, or was reported as unwanted; the reason says.
    Bounced,
}

/// A mail's name: when it was asked for, by which request, and its place among that one's addresses. Names in order
/// are mails from the oldest to the newest, each mailing's from the last address to the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailId(String);

impl MailId {
    /// The name of the address at `place` (from 0) of a mailing.
    pub fn new(mailing: &Mailing, place: usize) -> Self {
        let from_behind = 999_usize.saturating_sub(place);
        Self(format!("{:016}-{}-{from_behind:03}", mailing.asked.as_millisecond().max(0), mailing.id))
    }

    /// The name as it stands in keys and messages.
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
            (Some(at), Some(mailing), Some(place), None) if digits(at, 16) && digits(place, 3) => {
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

/// One request to mail a link: what all of its mails have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailing {
    /// Its id: the hash of the request's name, so that the same request is the same mailing.
    pub id: MailingId,
    /// The link.
    pub link: LinkId,
    /// The user who asked.
    pub sender: UserId,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The hash of addresses and message: a request that comes again says the same.
    pub content: String,
    /// When it was first asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub asked: Timestamp,
}

impl Mailing {
    /// The mailing of a request, named `request` by its client.
    pub fn new(
        request: &str,
        link: LinkId,
        sender: UserId,
        addresses: &[EmailAddress],
        message: Option<String>,
        asked: Timestamp,
    ) -> Self {
        let mut said: String = addresses.iter().map(|address| format!("{}\n", address.as_str())).collect();
        said.push('\n');
        said.push_str(message.as_deref().unwrap_or_default());
        Self {
            id: MailingId::of(request),
            link,
            sender,
            message,
            content: hex_digest("mailing content", said.as_bytes()),
            asked,
        }
    }

    /// Its mails, all waiting.
    pub fn mails(&self, addresses: Vec<EmailAddress>) -> Vec<Mail> {
        let mail = |(place, address)| Mail {
            id: MailId::new(self, place),
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

/// One mail's row, beside its link's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its name.
    pub id: MailId,
    /// The link.
    pub link: LinkId,
    /// Who gets it.
    pub address: EmailAddress,
    /// How far it is.
    pub status: MailStatus,
    /// Why it failed or came back, in words for the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when its status holds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When its row was last written, or its message last sent.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub touched: Timestamp,
    /// Grows by one with each change: of all who saw the same row, one changes it.
    pub revision: u64,
}

impl Mail {
    /// Whether it has waited for too long: its message is to be sent again.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Queued && now.duration_since(self.touched) >= WAITS_FOR
    }

    /// Whether its worker has been silent for too long: what became of it is not known.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Sending && now.duration_since(self.touched) >= CLAIM_LASTS
    }
}

/// A message to recipients: trimmed, line ends as `\n`; `None` for nothing but spaces.
///
/// # Errors
/// What is wrong with it, as a fault of `message`.
pub fn message(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    if text.chars().take(MAX_MESSAGE + 1).count() > MAX_MESSAGE {
        return Err(FieldError::new("message", "Use at most 2,000 characters."));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(FieldError::new("message", "Leave out control characters."));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The name that a client gives a request, so that it may send it again: 1 to 100 letters, digits, `-` or `_`.
///
/// # Errors
/// What is wrong with it, as a fault of `request_id`.
pub fn request_name(text: &str) -> Result<&str, FieldError> {
    let fits = (1..=MAX_REQUEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if fits {
        return Ok(text);
    }
    let message = "Give 1 to 100 letters, digits, - or _, new for each mailing; or leave it out.";
    Err(FieldError::new("request_id", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<EmailAddress> {
        crate::mail::address::list(text).unwrap()
    }

    fn mailing(request: &str, to: &str, asked: i64) -> Mailing {
        let asked = Timestamp::from_second(asked).unwrap();
        Mailing::new(request, LinkId::of("t"), "carl".parse().unwrap(), &addresses(to), None, asked)
    }

    #[test]
    fn the_same_request_is_the_same_mailing_and_says_the_same() {
        let (first, again) =
            (mailing("r", "a@x.org, b@x.org", 1_000), mailing("r", "a@x.org,b@X.org", 1_060));
        assert_eq!((&first.id, &first.content), (&again.id, &again.content));
        assert_ne!(first.content, mailing("r", "a@x.org", 1_000).content);
        assert_ne!(first.id, mailing("s", "a@x.org, b@x.org", 1_000).id);
    }

    #[test]
    fn mails_are_named_so_that_the_newest_mailing_and_its_first_address_come_last() {
        let (old, new) = (mailing("z", "a@x.org, b@x.org", 1_000), mailing("a", "c@x.org", 1_001));
        let mut mails = old.mails(addresses("a@x.org, b@x.org"));
        mails.extend(new.mails(addresses("c@x.org")));
        mails.sort_by(|a, b| b.id.as_str().cmp(a.id.as_str()));
        let read: Vec<_> = mails.iter().map(|mail| mail.address.as_str()).collect();
        assert_eq!(read, ["c@x.org", "a@x.org", "b@x.org"]);
        assert_eq!((mails[0].id.mailing(), mails[1].id.mailing()), (new.id, old.id));
    }

    #[test]
    fn only_names_of_mails_parse() {
        let id = MailId::new(&mailing("r", "a@x.org", 1_000), 7);
        assert_eq!(MailId::try_from(id.to_string()), Ok(id));
        for bad in ["", "1-2-3", "0000001795514400000-x-001", "../../etc", "0001795514400000-\u{fc}-001"] {
            assert_eq!(MailId::try_from(bad.to_owned()), Err(NotAnId), "{bad}");
        }
    }

    #[test]
    fn a_mail_that_waits_and_one_whose_worker_is_silent_are_told_apart() {
        let waiting = mailing("r", "a@x.org", 1_000).mails(addresses("a@x.org")).remove(0);
        let taken = Mail { status: MailStatus::Sending, ..waiting.clone() };
        let after = |span| waiting.touched + span;
        assert!(!waiting.is_overdue(after(WAITS_FOR - SignedDuration::from_secs(1))));
        assert!(waiting.is_overdue(after(WAITS_FOR)) && !waiting.is_lost(after(CLAIM_LASTS)));
        assert!(taken.is_lost(after(CLAIM_LASTS)) && !taken.is_overdue(after(CLAIM_LASTS)));
        assert!(!taken.is_lost(after(WAITS_FOR)));
    }

    #[test]
    fn messages_keep_their_lines_and_nothing_else_that_controls() {
        assert_eq!(message(" Hello,\r\nthere\r! ").unwrap().as_deref(), Some("Hello,\nthere\n!"));
        assert_eq!(message(" \n ").unwrap(), None);
        assert_eq!(message("a\u{1b}[0m").unwrap_err().field, "message");
        assert!(message(&"ü".repeat(MAX_MESSAGE)).is_ok() && message(&"ü".repeat(MAX_MESSAGE + 1)).is_err());
    }

    #[test]
    fn a_requests_name_is_short_and_plain() {
        assert_eq!(request_name("9b2e-A_1"), Ok("9b2e-A_1"));
        for bad in ["", "a b", "a\r\n", "ü", &"x".repeat(101)] {
            assert_eq!(request_name(bad).unwrap_err().field, "request_id", "{bad}");
        }
    }
}
