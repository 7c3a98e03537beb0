//! Mails as the API tells them.

use aws::rows::table::Cursor;
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, MailId, MailStatus};
use jiff::Timestamp;
use serde::Serialize;

/// Some mails of a link, and where the next page of them starts.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Mails))]
pub(crate) struct MailsView {
    items: Vec<MailView>,
    next: Option<String>,
    /// Why no mail can be asked for, where the site sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    off: Option<&'static str>,
}

/// What is said where the site sends no mail.
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
        let off = |from| serde_json::to_value(MailsView::new(Vec::new(), None).of_site(from)).unwrap();
        assert_eq!(off("share@example.org"), serde_json::json!({"items": [], "next": null}));
        assert_eq!(off(""), serde_json::json!({"items": [], "next": null, "off": SENDS_NONE}));
        assert_eq!(told(Mail { status: MailStatus::Sending, ..mail })["items"][0]["status"], "queued");
    }
}
