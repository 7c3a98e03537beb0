//! Writes that were processed and whose answer was lost. The SDK sends them again, and their condition must not take the
//! first attempt for the write of another.

use aws::rows::bundles::PutBundle;
use domain::bundle::Bundle;
use domain::id::LinkId;
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, MailStatus, Mailing};
use e2e::faults::Kind;
use e2e::story;
use stage::samples;

use crate::table::Table;

pub(crate) fn mails(count: usize) -> Vec<Mail> {
    let addresses: Vec<EmailAddress> =
        (0..count).map(|n| EmailAddress::parse(&format!("anna{n}@example.org")).unwrap()).collect();
    let link = LinkId::of("a link");
    Mailing::new("r", link, samples::user_id("carl"), &addresses, None, aws::clock::now()).mails(addresses)
}

#[test]
fn a_worker_has_the_mail_although_the_answer_to_its_claim_was_lost() {
    story(async {
        let table = Table::new().await;
        let mail = table.cloud.mails().put(&mails(1)).await.unwrap().remove(0);
        table.faults.plan(Kind::Lost, "", r#""sending""#);
        let now = aws::clock::now();
        let claimed = table.cloud.mails().change(&mail, MailStatus::Sending, None, now).await.unwrap();
        assert_eq!(table.faults.left(), 0);
        let claimed = claimed.expect("no other worker has it, so it would never be sent");
        assert_eq!(claimed.revision, mail.revision + 1);
        // Another worker that read the same row does not get it.
        assert!(table.cloud.mails().change(&mail, MailStatus::Sending, None, now).await.unwrap().is_none());
    });
}

#[test]
fn a_request_has_a_silent_bundle_although_the_answer_to_its_claim_was_lost() {
    story(async {
        let table = Table::new().await;
        let now = aws::clock::now();
        let bundle =
            Bundle { updated: now, last_used: now, ..samples::bundle(&samples::link().id, "manifest") };
        assert_eq!(table.cloud.bundles().put(&bundle, None).await.unwrap(), PutBundle::New);
        let later = now + jiff::SignedDuration::from_mins(9);
        table.faults.plan(Kind::Lost, "", ":preparing");
        assert!(table.cloud.bundles().claim_silent(&bundle, later).await.unwrap());
        assert_eq!(table.faults.left(), 0);
        assert!(!table.cloud.bundles().claim_silent(&bundle, later).await.unwrap());
    });
}

#[test]
fn a_deletion_of_a_user_whose_answer_was_lost_is_a_success() {
    story(async {
        let table = Table::new().await;
        table.cloud.users().record(samples::user("carl")).await.unwrap();
        table.faults.plan(Kind::Lost, "", "deleted_at");
        assert!(
            table.cloud.users().delete(&samples::user_id("carl"), aws::clock::now()).await.unwrap(),
            "the second attempt must not report a missing user"
        );
        assert_eq!(table.faults.left(), 0);
        assert!(!table.cloud.users().delete(&samples::user_id("carl"), aws::clock::now()).await.unwrap());
    });
}

#[test]
fn a_table_is_created_although_its_description_fails_three_times() {
    story(async {
        let table = Table::new().await;
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.cloud.rows().create_table().await.unwrap();
        assert_eq!(table.faults.left(), 0);
    });
}
