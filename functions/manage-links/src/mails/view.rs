//! Mails as the API tells them.

use aws::rows::table::Cursor;
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, MailId, MailStatus};
use jiff::Timestamp;
use serde::Serialize;

/// Some mails of a link, and where the next page of them starts.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct MailsView {
    items: Vec<MailView>,
    next: Option<String>,
    /// Why no mail can be asked for, where the site sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    off: Option<&'static str>,
}

/// What is said where the site sends no mail.
pub(crate) const SENDS_NONE: &str =
    "This site sends no mail yet. Copy the URL, or ask an administrator to set mail up.";

#[derive(Debug, PartialEq, Serialize)]
struct MailView {
    id: MailId,
    address: EmailAddress,
    status: &'static str,
    reason: Option<String>,
    at: Timestamp,
}

impl MailsView {
    pub fn new(mails: Vec<Mail>, next: Option<Cursor>) -> Self {
        let items = mails.into_iter().map(MailView::from).collect();
        Self { items, next: next.map(|cursor| cursor.to_string()), off: None }
    }

    /// The same of a site whose mails come from the address `mail_from`, which is empty where it sends none.
    pub fn of_site(self, mail_from: &str) -> Self {
        Self { off: mail_from.is_empty().then_some(SENDS_NONE), ..self }
    }
}

impl From<Mail> for MailView {
    fn from(mail: Mail) -> Self {
        let status = match mail.status {
            // Being sent takes a second, and is nobody's business.
            MailStatus::Queued | MailStatus::Sending => "queued",
            MailStatus::Sent => "sent",
            MailStatus::Failed => "failed",
            MailStatus::Bounced => "bounced",
        };
        Self { id: mail.id, address: mail.address, status, reason: mail.reason, at: mail.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mail::Mailing;
    use domain::samples;

    #[test]
    fn a_mail_that_is_being_sent_is_told_as_waiting() {
        let addresses = vec![EmailAddress::parse("a@x.org").unwrap()];
        let link = samples::link();
        let mailing = Mailing::new("r", link.id, link.owner, &addresses, None, samples::moment());
        let mail = Mail { status: MailStatus::Sending, ..mailing.mails(addresses).remove(0) };
        let told = serde_json::to_value(MailsView::new(vec![mail], None)).unwrap();
        assert_eq!(told["items"][0]["status"], "queued");
    }

    #[test]
    fn a_site_that_sends_no_mail_says_so() {
        let off = |from| serde_json::to_value(MailsView::new(Vec::new(), None).of_site(from)).unwrap();
        assert_eq!(off("share@example.org"), serde_json::json!({"items": [], "next": null}));
        assert_eq!(off(""), serde_json::json!({"items": [], "next": null, "off": SENDS_NONE}));
    }
}
