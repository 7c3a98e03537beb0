//! Notices of sent mails: SES's notifications of bounces and complaints, bare or wrapped by SNS.
//!
//! Their format: <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>. From a configuration set the
//! same documents have `eventType` instead of `notificationType`.

use aws::telemetry::metrics::Metric;
use aws::{Cloud, clock};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::failure::Failure;
use crate::reasons;

/// How old an unknown mail may be that is taken for one whose row is just being written.
const ROW_FOLLOWS_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// Deliveries after which a notice of an unknown mail is dropped; it is probably another sender's.
const PUT_OFF: u32 = 2;

/// The text that SES sends once to a new topic for events; it is not JSON.
const TOPIC_IS_VALID: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// A notification wrapped by SNS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsMessage {
    r#type: String,
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    #[serde(alias = "eventType")]
    notification_type: String,
    mail: Option<NamedMail>,
    bounce: Option<Bounce>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedMail {
    message_id: String,
    timestamp: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
}

/// Parses a notification and writes its reason to the mail's row.
pub(crate) async fn handle_notice(body: &str, receives: u32, cloud: &Cloud) -> Result<(), Failure> {
    let Some(notice) = parse(body)? else { return Ok(()) };
    let (Some(reason), Some(mail)) = (reason(&notice), &notice.mail) else {
        tracing::debug!(kind = notice.notification_type, "a notification without effect");
        return Ok(());
    };
    let now = clock::now();
    let Some((link, id)) = cloud.mails().find_by_message_id(&mail.message_id).await? else {
        // A bounce may arrive before the mail's row is written.
        if receives <= PUT_OFF && now.duration_since(mail.timestamp).abs() < ROW_FOLLOWS_WITHIN {
            return Err(Failure::TooEarly);
        }
        tracing::info!(
            message_id = mail.message_id,
            "a notice of a mail that is not this site's, or was sent long ago"
        );
        return Ok(());
    };
    if cloud.mails().note_bounce(&link, &id, reason, now).await? {
        cloud.metrics().count(Metric::MailsBounced);
        tracing::info!(%link, mail = %id, kind = notice.notification_type, "a mail bounced");
    }
    Ok(())
}

/// Parses a message's body; `None` for messages of SNS and SES themselves.
fn parse(body: &str) -> Result<Option<Notice>, Failure> {
    let wrapped: Result<SnsMessage, _> = serde_json::from_str(body);
    let body = match &wrapped {
        Ok(by_sns) if by_sns.r#type != "Notification" => {
            tracing::info!(kind = by_sns.r#type, "a message of SNS itself");
            return Ok(None);
        }
        Ok(by_sns) => by_sns.message.as_str(),
        Err(_) => body,
    };
    if body.trim() == TOPIC_IS_VALID {
        tracing::info!("SES will send bounces to this topic");
        return Ok(None);
    }
    serde_json::from_str(body).map(Some).map_err(Failure::NotOurs)
}

/// The reason that the sender sees; `None` for notices that are no failure, such as a delivery.
fn reason(notice: &Notice) -> Option<&'static str> {
    let bounce = match (notice.notification_type.as_str(), &notice.bounce) {
        ("Complaint", _) => return Some("The recipient reported the mail as unwanted."),
        ("Reject", _) => return Some("The mail service found the mail harmful and did not send it."),
        ("Bounce", Some(bounce)) => bounce,
        _ => return None,
    };
    Some(match (bounce.bounce_type.as_str(), bounce.bounce_sub_type.as_str()) {
        (_, "NoEmail") => reasons::NO_MAILBOX,
        (_, "Suppressed" | "OnAccountSuppressionList") => {
            "Mail to this address came back before, so the mail service no longer delivers to it. Ask an administrator."
        }
        (_, "MailboxFull") => reasons::MAILBOX_FULL,
        (_, "MessageTooLarge" | "ContentRejected" | "AttachmentRejected") => reasons::MAIL_REFUSED,
        ("Transient", _) => "The recipient’s mail server could not take the mail. Try again in a while.",
        _ => reasons::ADDRESS_REFUSED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNCE: &str = r#"{"notificationType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []},
        "mail": {"timestamp": "2026-11-24T10:00:00.000Z", "messageId": "0000014644fe5ef6", "source": "x"}}"#;

    #[test]
    fn a_notification_is_parsed_bare_and_wrapped_by_sns() {
        let by_sns = serde_json::json!({
            "Type": "Notification", "MessageId": "1", "TopicArn": "arn:x", "Message": BOUNCE, "Signature": "x",
        });
        let event = BOUNCE.replace("notificationType", "eventType");
        for body in [BOUNCE, &by_sns.to_string(), &event] {
            let notice = parse(body).unwrap().unwrap();
            assert_eq!(notice.mail.as_ref().unwrap().message_id, "0000014644fe5ef6");
            assert!(reason(&notice).unwrap().contains("does not take mail"));
        }
    }

    #[test]
    fn other_messages_give_no_reason() {
        let reason_of = |body: &str| parse(body).unwrap().and_then(|notice| reason(&notice));
        assert_eq!(reason_of(r#"{"Type": "SubscriptionConfirmation", "Message": "x", "Token": "y"}"#), None);
        assert_eq!(
            reason_of(r#"{"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "x"}"#),
            None
        );
        assert_eq!(reason_of(&BOUNCE.replace("\"Bounce\"", "\"Delivery\"")), None);
        assert!(reason_of(&BOUNCE.replace("\"Bounce\"", "\"Complaint\"")).unwrap().contains("unwanted"));
        assert!(reason_of(&BOUNCE.replace("General", "NoEmail")).unwrap().contains("no mailbox"));
        assert!(reason_of(&BOUNCE.replace("Permanent", "Transient")).unwrap().contains("in a while"));
        assert_eq!(reason_of(TOPIC_IS_VALID), None);
        let by_sns = serde_json::json!({"Type": "Notification", "Message": TOPIC_IS_VALID});
        assert_eq!(reason_of(&by_sns.to_string()), None);
        for foreign in ["", "{}", "[]", "hello"] {
            assert!(parse(foreign).is_err(), "{foreign}");
        }
    }
}
