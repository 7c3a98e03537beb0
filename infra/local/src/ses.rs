//! SES's `SendRawEmail`, the only call that Vitrine makes, in the Query protocol: the request is a form, the answer XML
//! (<https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html>). Mails go to the [`Carrier`], and the
//! answer has the outcome. A mail server refuses a mail at once, where SES would send a notification later; for that this
//! endpoint has error codes of its own (`aws::mailer`).
//!
//! Where mails are kept, addresses of SES's mailbox simulator work as on AWS, so that bounces can be seen: `bounce@`,
//! `suppressionlist@` and `complaint@simulator.amazonses.com` accept the mail and cause the notification that SES sends by
//! SNS. One address exists only here: for `rejected@` the answer is that of SES's sandbox for an address that is not
//! verified. Signatures are not checked, because only this process can send requests.

use std::sync::Arc;

use aws::mailer;
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, State, rejection::FormRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::mail::address::EmailAddress;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    carrier::Carrier,
    mailbox::Mailbox,
    queue::{Outgoing, Queues},
    smtp::{Outcome, Smtp},
};

/// The largest request in bytes: a mail of 10 MB, SES's limit, encoded in a form.
const REQUEST_LIMIT: usize = 20 * 1024 * 1024;

/// The domain of the mailbox simulator.
const SIMULATOR: &str = "simulator.amazonses.com";

/// SES's error code for a sender that may not send.
const NO_SENDER: &str = "MailFromDomainNotVerified";

/// Delay before a simulated bounce.
const BOUNCES_AFTER: SignedDuration = SignedDuration::from_millis(500);

/// The endpoint's settings.
#[derive(Clone)]
pub struct Ses {
    /// What sends or keeps the mails.
    pub carrier: Carrier,
    /// The only verified sender.
    pub sender: Arc<str>,
    /// The queues, for notifications.
    pub queues: Queues,
    /// The name of the queue for notifications.
    pub notices: &'static str,
}

/// An error: SES's code, and a message.
struct Fault(&'static str, String);

/// The endpoint's router.
pub fn router(ses: Ses) -> Router {
    Router::new().route("/", post(handle)).layer(DefaultBodyLimit::max(REQUEST_LIMIT)).with_state(ses)
}

async fn handle(
    State(ses): State<Ses>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match form {
        Ok(Form(form)) => accept_mail(&ses, &form).await,
        Err(error) => Err(Fault("MalformedQueryString", error.to_string())),
    };
    let (status, xml) = match answer {
        Ok(name) => (
            StatusCode::OK,
            format!(
                "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult>\
                 <MessageId>{name}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>{name}</RequestId>\
                 </ResponseMetadata></SendRawEmailResponse>"
            ),
        ),
        Err(Fault(code, message)) => {
            let internal = code == "InternalFailure";
            if internal {
                tracing::error!(message, "a request to send a mail failed");
            }
            let (status, blame) = match internal {
                true => (StatusCode::INTERNAL_SERVER_ERROR, "Receiver"),
                false => (StatusCode::BAD_REQUEST, "Sender"),
            };
            let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let xml = format!(
                "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>{blame}</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
            );
            (status, xml)
        }
    };
    (status, [(header::CONTENT_TYPE, "text/xml")], xml).into_response()
}

/// Sends or keeps a mail, and gives its message id.
async fn accept_mail(ses: &Ses, form: &[(String, String)]) -> Result<String, Fault> {
    let field = |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let invalid = |words: &str| Fault("InvalidParameterValue", words.to_owned());
    if field("Action") != Some("SendRawEmail") {
        return Err(Fault("InvalidAction", "this endpoint supports only SendRawEmail".to_owned()));
    }
    match field("Source") {
        Some(source) if *source == *ses.sender => {}
        other => return Err(unverified(other.unwrap_or_default())),
    }
    let recipients: Vec<EmailAddress> = form
        .iter()
        .filter(|(name, _)| name.starts_with("Destinations.member."))
        .map(|(_, address)| {
            EmailAddress::parse(address).map_err(|_| invalid("Domain contains illegal character"))
        })
        .collect::<Result<_, _>>()?;
    let mime = BASE64_STANDARD.decode(field("RawMessage.Data").unwrap_or_default());
    let mime = mime.map_err(|_| invalid("the message is not base64"))?;
    match (&ses.carrier, recipients.as_slice()) {
        (Carrier::Off, _) => Err(Fault(NO_SENDER, "this site sends no mail".to_owned())),
        (Carrier::Kept(mailbox), recipients) if (1..=50).contains(&recipients.len()) => {
            keep(ses, mailbox, recipients, mime).await
        }
        (Carrier::Kept(_), _) => Err(invalid("a mail has 1 to 50 recipients")),
        (Carrier::Sent(smtp), [recipient]) => send(smtp, recipient, &mime).await,
        (Carrier::Sent(_), _) => Err(invalid("a mail to the mail server must have one recipient")),
    }
}

fn unverified(address: &str) -> Fault {
    let words = "Email address is not verified. The following identities failed the check in region LOCAL: ";
    Fault("MessageRejected", format!("{words}{address}"))
}

/// Gives a mail to the mail server, and answers by the outcome.
async fn send(smtp: &Smtp, to: &EmailAddress, mime: &[u8]) -> Result<String, Fault> {
    Err(match smtp.send(to, mime).await {
        Outcome::Accepted => return Ok(crate::queue::random_id()),
        Outcome::Refused(reply) => Fault(mailer::REFUSED_BY_SERVER, reply.to_line()),
        Outcome::Deferred(reply) => Fault(mailer::PUT_OFF_BY_SERVER, reply.to_line()),
        Outcome::SenderRefused => Fault(NO_SENDER, "the mail server refuses the sender".to_owned()),
        Outcome::Unusable => Fault(mailer::SERVER_UNUSABLE, "the mail server can't be used".to_owned()),
        Outcome::Unknown => {
            Fault("InternalFailure", "the mail server's answer to a mail was lost".to_owned())
        }
    })
}

/// Keeps a mail, and sends the notifications for addresses of SES's simulator.
async fn keep(
    ses: &Ses,
    mailbox: &Mailbox,
    recipients: &[EmailAddress],
    mime: Vec<u8>,
) -> Result<String, Fault> {
    if let Some(rejected) = recipients.iter().find(|address| simulator_user(address) == Some("rejected")) {
        return Err(unverified(rejected.as_str()));
    }
    let now = aws::clock::now();
    let failed = |error: &dyn std::error::Error| Fault("InternalFailure", error.to_string());
    let name = mailbox.keep(mime, now).await.map_err(|e| failed(&e))?;
    let notices: Vec<Outgoing> = recipients
        .iter()
        .filter_map(|address| build_notice(address, &ses.sender, name.as_str(), now))
        .map(|notice| Outgoing { body: wrap_in_sns(&notice, now).to_string(), delay: BOUNCES_AFTER })
        .collect();
    if !notices.is_empty() {
        ses.queues.send(ses.notices, notices, now).await.map_err(|e| failed(&e))?;
    }
    Ok(name.as_str().to_owned())
}

/// The user name of a simulator's address, such as `bounce`, without a label (`bounce+1@`); `None` for other addresses.
fn simulator_user(address: &EmailAddress) -> Option<&str> {
    let local = address.as_str().strip_suffix(SIMULATOR)?.strip_suffix('@')?;
    local.split('+').next()
}

/// The notification that SES sends about a mail to one of the simulator's addresses:
/// <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>.
fn build_notice(address: &EmailAddress, source: &str, name: &str, now: Timestamp) -> Option<Value> {
    let at = now.to_string();
    let mail = json!({
        "timestamp": at, "source": source, "messageId": name, "destination": [address.as_str()],
        "sendingAccountId": "000000000000",
    });
    let bounce = |sub_type: &str| {
        json!({"notificationType": "Bounce", "mail": mail, "bounce": {
            "bounceType": "Permanent", "bounceSubType": sub_type, "timestamp": at, "feedbackId": name,
            "bouncedRecipients": [{
                "emailAddress": address.as_str(), "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
        }})
    };
    match simulator_user(address)? {
        "bounce" => Some(bounce("NoEmail")),
        "suppressionlist" => Some(bounce("Suppressed")),
        "complaint" => Some(json!({"notificationType": "Complaint", "mail": mail, "complaint": {
            "complainedRecipients": [{"emailAddress": address.as_str()}], "timestamp": at,
            "feedbackId": name, "complaintFeedbackType": "abuse",
        }})),
        _ => None,
    }
}

/// Wraps a notification as SNS delivers it to a queue.
fn wrap_in_sns(notice: &Value, now: Timestamp) -> Value {
    json!({
        "Type": "Notification", "MessageId": crate::queue::random_id(), "Timestamp": now.to_string(),
        "TopicArn": "arn:aws:sns:local:000000000000:mail-notices", "Message": notice.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mailbox::MailName, queue::Rules};

    const NOTICES: Rules = Rules {
        name: "email",
        visibility: SignedDuration::from_secs(60),
        max_receives: domain::event::MAX_RECEIVES,
        batched: false,
    };

    async fn send_form(ses: &Ses, fields: &[(&str, &str)]) -> Result<String, Fault> {
        let form: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        accept_mail(ses, &form).await
    }

    fn mailbox(folder: &tempfile::TempDir) -> Mailbox {
        Mailbox::open(folder.path().join("mail")).unwrap()
    }

    fn ses(folder: &tempfile::TempDir) -> Ses {
        Ses {
            carrier: Carrier::Kept(mailbox(folder)),
            sender: "share@example.org".into(),
            queues: Queues::open(&folder.path().join("q"), &[NOTICES]).unwrap(),
            notices: NOTICES.name,
        }
    }

    fn to(address: &str) -> [(&str, &str); 4] {
        [
            ("Action", "SendRawEmail"),
            ("Source", "share@example.org"),
            ("Destinations.member.1", address),
            ("RawMessage.Data", "aGVsbG8="),
        ]
    }

    #[tokio::test]
    async fn a_mail_is_kept_and_what_ses_refuses_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let ses = ses(&folder);
        let name = send_form(&ses, &to("anna@example.net")).await.ok().unwrap();
        let name = MailName::parse(&name).unwrap();
        assert_eq!(mailbox(&folder).read(&name).await.unwrap(), b"hello");
        let code = async |fields: &[(&str, &str)]| send_form(&ses, fields).await.err().unwrap().0;
        let mut other = to("anna@example.net");
        other[1].1 = "other@example.org";
        assert_eq!(code(&other).await, "MessageRejected");
        assert_eq!(code(&to("rejected@simulator.amazonses.com")).await, "MessageRejected");
        assert_eq!(code(&to("nobody")).await, "InvalidParameterValue");
        assert_eq!(code(&[("Action", "SendEmail")]).await, "InvalidAction");
        let mut garbled = to("anna@example.net");
        garbled[3].1 = "*";
        assert_eq!(code(&garbled).await, "InvalidParameterValue");
        assert_eq!(mailbox(&folder).newest().await.unwrap().len(), 1);
        let off = Ses { carrier: Carrier::Off, ..ses };
        assert_eq!(send_form(&off, &to("anna@example.net")).await.err().unwrap().0, NO_SENDER);
    }

    #[tokio::test]
    async fn the_simulators_addresses_send_notifications() {
        let folder = tempfile::tempdir().unwrap();
        let ses = ses(&folder);
        for (address, kind) in [
            ("bounce+1@simulator.amazonses.com", Some("Bounce")),
            ("complaint@simulator.amazonses.com", Some("Complaint")),
            ("success@simulator.amazonses.com", None),
            ("bounce@example.net", None),
        ] {
            let name = send_form(&ses, &to(address)).await.ok().unwrap();
            let later = aws::clock::now() + BOUNCES_AFTER;
            let notices = ses.queues.receive("email", 10, None, later).await.unwrap();
            let notices: Vec<Value> = notices
                .iter()
                .map(|message| serde_json::from_str::<Value>(&message.body).unwrap())
                .map(|body| serde_json::from_str(body["Message"].as_str().unwrap()).unwrap())
                .collect();
            assert_eq!(notices.len(), usize::from(kind.is_some()), "{address}");
            for notice in notices {
                assert_eq!(notice["notificationType"], kind.unwrap());
                assert_eq!(notice["mail"]["messageId"], name);
            }
        }
    }
}
