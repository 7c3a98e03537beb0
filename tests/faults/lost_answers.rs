//! Writes that were done and whose answer was lost: the SDK sends them again, and what a condition then refuses was
//! written by nobody else.

use aws::rows::bundles::PutBundle;
use aws::rows::tries::{PER_NETWORK, Try};
use domain::bundle::{Bundle, BundleStatus};
use domain::gate::network::ClientNetwork;
use domain::id::{BundleId, LinkId};
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, MailStatus, Mailing};
use e2e::faults::Kind;
use e2e::story;

use crate::layer::user;
use crate::table::Table;

pub(crate) fn mails(count: usize) -> Vec<Mail> {
    let addresses: Vec<EmailAddress> =
        (0..count).map(|n| EmailAddress::parse(&format!("anna{n}@example.org")).unwrap()).collect();
    let link = LinkId::of("a link");
    Mailing::new("r", link, "carl".into(), &addresses, None, aws::clock::now()).mails(addresses)
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
fn a_try_whose_giving_back_was_not_answered_is_given_back_once() {
    story(async {
        let table = Table::new().await;
        let (link, now) = (LinkId::of("t"), aws::clock::now());
        let from = ClientNetwork::of("192.0.2.1", &link);
        let count = async || table.cloud.visits().count_try(&link, &from, now).await.unwrap();
        let mut last = None;
        for _ in 0..PER_NETWORK {
            let Try::Counted(counted) = count().await else { panic!("too few") };
            last = Some(counted);
        }
        table.faults.plan(Kind::Lost, "", ":back");
        table.cloud.windows().give_back(&last.unwrap()).await.unwrap();
        assert_eq!(table.faults.left(), 0);
        assert!(matches!(count().await, Try::Counted(_)));
        assert!(matches!(count().await, Try::TooMany(_)), "one try more than there are");
    });
}

#[test]
fn a_request_that_took_a_silent_bundle_upon_itself_without_hearing_so_has_it_built() {
    story(async {
        let table = Table::new().await;
        let now = aws::clock::now();
        let bundle = Bundle {
            id: BundleId::of(b"manifest"),
            link: LinkId::of("t"),
            holds: domain::link::DownloadOptions::default(),
            status: BundleStatus::Preparing,
            files: 1,
            bytes: 7,
            done_bytes: 0,
            reason: None,
            upload_id: None,
            updated: now,
            last_used: now,
        };
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
        table.cloud.users().remember(user("carl")).await.unwrap();
        table.faults.plan(Kind::Lost, "", "deleted_at");
        assert!(table.cloud.users().delete("carl", aws::clock::now()).await.unwrap(), "told as not there");
        assert_eq!(table.faults.left(), 0);
        assert!(!table.cloud.users().delete("carl", aws::clock::now()).await.unwrap());
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
