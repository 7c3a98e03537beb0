//! A mail is sent once, even if the queue delivers its message twice or the mail service fails.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod scene;

use aws::rows::mails::{MAILS_A_DAY, PutMailing};
use domain::mail::{MailStatus, Mailing, OUTCOME_UNKNOWN};
use jiff::SignedDuration;
use scene::{Answer, deliver, scene, take_in};

#[tokio::test]
async fn a_mail_is_sent_once_even_if_its_message_is_delivered_again() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    for n in 1..=3 {
        assert!(scene.deliver(&mail, n).await);
    }
    assert_eq!(scene.taken(), ["anna@example.net"]);
    assert_eq!(scene.read(&mail).await.status, MailStatus::Sent);
}

#[tokio::test]
async fn a_mail_costs_four_requests_to_the_table_and_one_to_the_mail_service() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    scene.cloud.calls().reset();
    assert!(scene.deliver(&mail, 1).await);
    let of_table = scene.calls(|name| name.starts_with("DynamoDB."));
    assert_eq!((of_table, scene.calls(|_| true)), (4, 5), "{:?}", scene.cloud.calls().snapshot());
}

#[tokio::test]
async fn one_of_two_workers_with_the_same_message_sends() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    let all = (0..8).map(|_| {
        let (cloud, mail) = (scene.cloud.clone(), mail.clone());
        tokio::spawn(async move { deliver(&cloud, &mail, 1).await })
    });
    for worker in all.collect::<Vec<_>>() {
        // The other workers leave their message in the queue.
        worker.await.unwrap();
    }
    assert_eq!(scene.taken(), ["anna@example.net"]);
    assert_eq!(scene.read(&mail).await.status, MailStatus::Sent);
    assert!(scene.deliver(&mail, 2).await, "the next delivery is done");
}

#[tokio::test]
async fn a_sender_has_a_daily_limit_and_a_deleted_link_is_not_mailed() {
    let scene = scene().await;
    let link = scene.link(|_| ()).await;
    let now = aws::clock::now();
    let ask = async |request_id: &str, addresses, at| {
        let mailing = Mailing::new(request_id, link.id.clone(), "carl".parse().unwrap(), &[], None, at);
        scene.cloud.mails().put_mailing(&mailing, addresses).await.unwrap()
    };
    assert!(matches!(ask("most", MAILS_A_DAY - 1, now).await, PutMailing::Stored(_)));
    assert!(matches!(ask("two more", 2, now).await, PutMailing::TooMany));
    assert!(matches!(ask("the last", 1, now).await, PutMailing::Stored(_)));
    assert!(matches!(ask("one more", 1, now).await, PutMailing::TooMany));
    assert!(
        matches!(ask("most", MAILS_A_DAY - 1, now).await, PutMailing::Stored(_)),
        "the same request again"
    );
    let tomorrow = now + SignedDuration::from_hours(24);
    assert!(matches!(ask("tomorrow", 1, tomorrow).await, PutMailing::Stored(_)));
    scene.cloud.links().delete(&link, now).await.unwrap();
    assert!(matches!(ask("gone", 1, tomorrow).await, PutMailing::LinkGone));
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_not_sent_again() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    scene.service(Answer::BreaksOff);
    assert!(scene.deliver(&mail, 1).await);
    scene.service(Answer::Takes);
    assert!(scene.deliver(&mail, 2).await);
    assert_eq!(scene.taken().len(), 1, "the SDK does not send it again either");
    let mail = scene.read(&mail).await;
    assert_eq!((mail.status, mail.reason.as_deref()), (MailStatus::Failed, Some(OUTCOME_UNKNOWN)));
}

#[tokio::test]
async fn a_mail_whose_worker_died_is_not_sent_again() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    // A worker claimed it and stopped.
    let now = aws::clock::now();
    let just_now = scene.cloud.mails().change(&mail, MailStatus::Sending, None, now).await.unwrap().unwrap();
    assert!(!scene.deliver(&mail, 2).await, "the other worker may still be running");
    // The message waits until the claim is over; on the usual schedule it would use up its deliveries before.
    let [(receipt, seconds)] = scene.put_off().try_into().unwrap();
    assert!(receipt == "r-1" && (170..=180).contains(&seconds), "{seconds}");
    let long_ago = now - SignedDuration::from_mins(4);
    scene.cloud.mails().change(&just_now, MailStatus::Sending, None, long_ago).await.unwrap().unwrap();
    assert!(scene.deliver(&mail, 3).await);
    let mail = scene.read(&mail).await;
    assert_eq!((mail.status, mail.reason.as_deref()), (MailStatus::Failed, Some(OUTCOME_UNKNOWN)));
    assert!(scene.taken().is_empty());
}

#[tokio::test]
async fn a_mail_that_the_service_did_not_accept_is_tried_again_and_fails_with_the_last_delivery() {
    let scene = scene().await;
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    scene.service(Answer::Refuses(400, "Throttling", "Maximum sending rate exceeded."));
    assert!(!scene.deliver(&mail, 1).await);
    assert_eq!(scene.read(&mail).await.status, MailStatus::Queued);
    assert_eq!(scene.put_off(), [("r-1".to_owned(), 30)]);
    assert!(!deliver(&scene.without_service(), &mail, 2).await, "the service did not answer");
    assert_eq!(scene.read(&mail).await.status, MailStatus::Queued);
    scene.service(Answer::Takes);
    assert!(scene.deliver(&mail, 3).await);
    assert_eq!(scene.read(&mail).await.status, MailStatus::Sent);

    let other = scene.mail(&scene.link(|_| ()).await, "bert@example.net").await;
    scene.service(Answer::Refuses(403, "AccessDenied", "not authorized to perform ses:SendRawEmail"));
    assert!(scene.deliver(&other, 5).await);
    let other = scene.read(&other).await;
    assert_eq!(other.status, MailStatus::Failed);
    assert!(other.reason.unwrap().contains("send it again"));
    assert_eq!(scene.taken(), ["anna@example.net"]);
}

#[tokio::test]
async fn a_refusal_is_explained_to_the_sender() {
    let scene = scene().await;
    let sandbox =
        "Email address is not verified. The following identities failed the check in region X: a@b.c";
    for (status, code, message, reason) in [
        (400, "MessageRejected", sandbox, "still on trial"),
        (400, "MessageRejected", "Email contains illegal attachment", "refused it"),
        (400, "MailFromDomainNotVerifiedException", "x", "not set up"),
        (400, "AccountSendingPausedException", "x", "paused"),
        (400, "InvalidParameterValue", "Missing final '@domain'", "refused it"),
    ] {
        scene.service(Answer::Refuses(status, code, message));
        let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
        assert!(scene.deliver(&mail, 1).await, "{code}");
        let mail = scene.read(&mail).await;
        assert_eq!(mail.status, MailStatus::Failed, "{code}");
        assert!(mail.reason.as_ref().unwrap().contains(reason), "{code}: {:?}", mail.reason);
    }
    scene.service(Answer::Takes);
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    assert!(deliver(&scene.without_sender(), &mail, 1).await);
    assert!(scene.read(&mail).await.reason.unwrap().contains("not set up"), "a site that sends no mail");
    scene.service(Answer::Refuses(500, "InternalFailure", "x"));
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    assert!(scene.deliver(&mail, 1).await);
    assert_eq!(
        scene.read(&mail).await.reason.as_deref(),
        Some(OUTCOME_UNKNOWN),
        "the service may have accepted it"
    );
}

#[tokio::test]
async fn a_link_that_ended_after_the_request_is_not_mailed() {
    let scene = scene().await;
    let now = aws::clock::now();
    let deleted = scene.link(|_| ()).await;
    let expired = scene.link(|link| link.terms.expires_at = Some(now - SignedDuration::from_secs(1))).await;
    let used_up = scene.link(|link| (link.terms.max_uses, link.used) = (Some(1), 1)).await;
    let mut waiting = Vec::new();
    for (link, words) in [(&deleted, "deleted"), (&expired, "expired"), (&used_up, "uses ran out")] {
        waiting.push((scene.mail(link, "anna@example.net").await, words));
    }
    scene.cloud.links().delete(&deleted, now).await.unwrap();
    let orphan = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    for (mail, words) in &waiting {
        assert!(scene.deliver(mail, 1).await);
        let mail = scene.read(mail).await;
        assert_eq!(mail.status, MailStatus::Failed, "{words}");
        assert!(mail.reason.as_ref().unwrap().contains(words), "{words}: {:?}", mail.reason);
    }
    scene.cloud.users().set_enabled(&"carl".parse().unwrap(), false).await.unwrap();
    assert!(scene.deliver(&orphan, 1).await);
    assert!(scene.read(&orphan).await.reason.unwrap().contains("account is disabled"));
    assert!(scene.taken().is_empty());
}

fn bounce(message_id: &str, at: jiff::Timestamp) -> String {
    let notice = serde_json::json!({
        "notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail"},
        "mail": {"timestamp": at, "messageId": message_id, "destination": ["anna@example.net"]},
    });
    serde_json::json!({"Type": "Notification", "Message": notice.to_string()}).to_string()
}

#[tokio::test]
async fn a_bounce_finds_its_mail_and_the_first_notice_stays() {
    let scene = scene().await;
    let now = aws::clock::now();
    let mail = scene.mail(&scene.link(|_| ()).await, "anna@example.net").await;
    assert!(
        !take_in(&scene.cloud, bounce("message-1", now), 1).await,
        "it came before the row was written, so it stays in the queue"
    );
    assert!(scene.deliver(&mail, 1).await);
    assert!(take_in(&scene.cloud, bounce("message-1", now), 2).await);
    let bounced = scene.read(&mail).await;
    assert_eq!(bounced.status, MailStatus::Bounced);
    assert!(bounced.reason.as_ref().unwrap().contains("no mailbox"));
    let complaint = bounce("message-1", now).replace("Bounce", "Complaint");
    assert!(take_in(&scene.cloud, complaint, 1).await);
    assert_eq!(scene.read(&mail).await, bounced);
    assert!(scene.deliver(&mail, 2).await);
    assert_eq!(scene.taken().len(), 1);
}

#[tokio::test]
async fn notices_of_unknown_mails_are_dropped() {
    let scene = scene().await;
    let now = aws::clock::now();
    assert!(take_in(&scene.cloud, bounce("of another sender", now), 3).await, "kept twice, then dropped");
    let old = now - SignedDuration::from_hours(1);
    assert!(take_in(&scene.cloud, bounce("long gone", old), 1).await);
    assert!(
        !take_in(&scene.cloud, "no document".into(), 1).await,
        "an unknown message goes to the dead-letter queue"
    );
}
