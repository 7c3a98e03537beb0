//! The documents of mails.

use aws::rows::table::Cursor;
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, MailId, MailStatus};
use jiff::Timestamp;
use serde::Serialize;

/// A page of a link's mails, and the cursor of the next page.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Mails))]
pub(crate) struct MailsView {
    items: Vec<MailView>,
    next: Option<String>,
    /// Why this site sends no mails, if it sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    off: Option<&'static str>,
}

/// The answer of a site that sends no mails.
pub(crate) const SENDS_NONE: &str =
    "This site sends no mail yet. Copy the URL, or ask an administrator to set mail up.";

#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Mail))]
struct MailView {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    id: MailId,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Email))]
    address: EmailAddress,
    #[cfg_attr(feature = "openapi", schema(pattern = "^(queued|sent|failed|bounced)$"))]
    status: &'static str,
    reason: Option<String>,
    at: Timestamp,
}

impl MailsView {
    pub fn new(mails: Vec<Mail>, next: Option<Cursor>) -> Self {
        let items = mails.into_iter().map(MailView::from).collect();
        Self { items, next: next.map(|cursor| cursor.to_string()), off: None }
    }

    /// Sets `off` for a site that sends no mails: its `mail_from` is empty.
    pub fn of_site(self, mail_from: &str) -> Self {
        Self { off: mail_from.is_empty().then_some(SENDS_NONE), ..self }
    }
}

impl From<Mail> for MailView {
    fn from(mail: Mail) -> Self {
        let status = match mail.status {
            // Sending takes a second, which the API does not show.
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
    fn a_mail_that_is_being_sent_is_shown_as_queued() {
        let addresses = vec![EmailAddress::parse("a@x.org").unwrap()];
        let link = samples::link();
        let mailing = Mailing::new("r", link.id, link.owner, &addresses, None, samples::moment());
        let mail = Mail { status: MailStatus::Sending, ..mailing.mails(addresses).remove(0) };
        let document = serde_json::to_value(MailsView::new(vec![mail], None)).unwrap();
        assert_eq!(document["items"][0]["status"], "queued");
    }

    #[test]
    fn a_site_that_sends_no_mail_says_so() {
        let off = |from| serde_json::to_value(MailsView::new(Vec::new(), None).of_site(from)).unwrap();
        assert_eq!(off("share@example.org"), serde_json::json!({"items": [], "next": null}));
        assert_eq!(off(""), serde_json::json!({"items": [], "next": null, "off": SENDS_NONE}));
    }
}
