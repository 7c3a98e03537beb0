//! Plain writes that conflict with a transaction, and unprocessed parts of batches: both are tried again.

use domain::event::SendEmail;
use domain::mail::MailStatus;
use e2e::faults::Kind;
use e2e::site::Scratch;
use e2e::story;
use serde_json::json;

use crate::lost_answers::mails;
use crate::start_site;
use crate::table::Table;

#[test]
fn a_mail_changes_although_its_row_is_in_a_transaction() {
    story(async {
        let table = Table::new().await;
        let mail = table.cloud.mails().put(&mails(1)).await.unwrap().remove(0);
        for _ in 0..4 {
            table.faults.plan(Kind::Conflict, "", r#""failed""#);
        }
        let now = aws::clock::now();
        let failed = table.cloud.mails().change(&mail, MailStatus::Failed, Some("why"), now).await.unwrap();
        assert_eq!(failed.unwrap().status, MailStatus::Failed);
        assert_eq!(table.faults.left(), 0);
    });
}

#[test]
fn an_owner_edits_and_deletes_a_link_although_openings_keep_its_uses_busy() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        let (site, faults) = start_site(scratch).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"max_uses": 5})).await;
        for _ in 0..8 {
            faults.plan(Kind::Conflict, "UpdateItem", "SET #revision = :revision");
            faults.plan(Kind::Conflict, "DeleteItem", "USED");
        }
        // The answer of the edit is lost too.
        faults.plan(Kind::Lost, "", "Another title");
        let edited = carl.edit(&link, json!({"title": "Another title"})).await.is(200).json();
        assert_eq!(edited["title"], "Another title");
        assert_eq!(carl.read(&link).await["title"], "Another title");
        carl.delete_link(&link).await.is(204);
        assert_eq!(faults.left(), 0);
    });
}

#[test]
fn only_messages_that_the_queue_did_not_accept_are_sent_again() {
    story(async {
        let table = Table::new().await;
        let messages: Vec<SendEmail> =
            mails(12).into_iter().map(|mail| SendEmail { link: mail.link, mail: mail.id }).collect();
        for _ in 0..3 {
            table.faults.plan(Kind::Unprocessed, "SendMessageBatch", "");
        }
        table.cloud.queues().send_mails(&messages).await.unwrap();
        assert_eq!((table.faults.left(), table.waiting_mails().await), (0, 12));
    });
}
