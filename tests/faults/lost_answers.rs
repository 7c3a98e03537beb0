//! Writes that were done and whose answer was lost: the SDK sends them again, and what a condition then refuses was
//! written by nobody else.

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
fn a_worker_whose_claim_of_a_mail_was_not_answered_has_the_mail() {
    story(async {
        let table = Table::new().await;
        let mail = table.cloud.mails().put(&mails(1)).await.unwrap().remove(0);
        table.faults.plan(Kind::Lost, "", r#""sending""#);
        let now = aws::clock::now();
        let claimed = table.cloud.mails().change(&mail, MailStatus::Sending, None, now).await.unwrap();
        assert_eq!(table.faults.left(), 0);
        let claimed = claimed.expect("nobody else has it: it would wait for its end and never go out");
        assert_eq!(claimed.revision, mail.revision + 1);
        // Another worker that saw the same row has it not.
        assert!(table.cloud.mails().change(&mail, MailStatus::Sending, None, now).await.unwrap().is_none());
    });
}

#[test]
fn a_request_that_took_a_silent_bundle_upon_itself_without_hearing_so_has_it_built() {
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
fn a_user_whose_deletion_was_not_answered_was_deleted_by_it() {
    story(async {
        let table = Table::new().await;
        table.cloud.users().remember(samples::user("carl")).await.unwrap();
        table.faults.plan(Kind::Lost, "", "deleted_at");
        assert!(
            table.cloud.users().delete(&samples::user_id("carl"), aws::clock::now()).await.unwrap(),
            "told as not there"
        );
        assert_eq!(table.faults.left(), 0);
        assert!(!table.cloud.users().delete(&samples::user_id("carl"), aws::clock::now()).await.unwrap());
    });
}

#[test]
fn a_table_whose_making_was_not_answered_is_there() {
    story(async {
        let table = Table::new().await;
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.faults.plan(Kind::Failed, "DescribeTable", "");
        table.cloud.rows().create_table().await.unwrap();
        assert_eq!(table.faults.left(), 0);
    });
}
