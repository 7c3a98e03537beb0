//! Mails as the API tells them.

use aws::table::Cursor;
use domain::email_address::EmailAddress;
use domain::mail::{Mail, MailId, MailStatus};
use jiff::Timestamp;
use serde::Serialize;

/// Some mails of a link, and where the next page of them starts.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct MailsView {
    items: Vec<MailView>,
    next: Option<String>,
}

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
        Self { items, next: next.map(|cursor| cursor.to_string()) }
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
    use domain::id::LinkId;
    use domain::mail::Mailing;

    #[test]
    fn a_mail_is_told_as_the_contract_says() {
        let at = "2026-11-24T10:00:00Z".parse().unwrap();
        let addresses = vec![EmailAddress::parse("a@x.org").unwrap()];
        let mailing = Mailing::new("r", LinkId::of("t"), "carl".into(), &addresses, None, at);
        let mail = mailing.mails(addresses).remove(0);
        let id = mail.id.to_string();
        let told = |mail: Mail| serde_json::to_value(MailsView::new(vec![mail], None)).unwrap();
        assert_eq!(
            told(mail.clone()),
            serde_json::json!({
                "items": [{"id": id, "address": "a@x.org", "status": "queued", "reason": null, "at": "2026-11-24T10:00:00Z"}],
                "next": null,
            })
        );
        let failed = Mail { status: MailStatus::Failed, reason: Some("No.".into()), ..mail.clone() };
        assert_eq!(told(failed)["items"][0]["reason"], "No.");
        assert_eq!(told(Mail { status: MailStatus::Sending, ..mail })["items"][0]["status"], "queued");
    }
}
