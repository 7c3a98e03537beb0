//! Logs must not contain secrets, mail addresses or IP addresses.

use e2e::{Process, Recipient, story};
use serde_json::json;

use crate::VITRINE;

#[test]
fn logs_contain_no_password_token_address_or_signed_url() {
    story(async {
        let mut site = Process::start(VITRINE);
        let carl = site.user("carl").await;
        carl.wait_for_ingest(e2e::files::tree(&site.library()).len()).await;
        let password = "correct-horse-battery";
        let link = carl.share_folder("Product", json!({"password": password, "max_uses": 3})).await;
        let recipient = Recipient::from_address("127.0.0.77");
        for guess in 0..11 {
            recipient.open_with(&link, &format!("wrong-battery-{guess}")).await;
        }
        let recipient = Recipient::from_address("127.0.0.78");
        let opened = recipient.open_with(&link, password).await.is(303);
        let visit = opened.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
        let asset = recipient.assets(&link).await[0]["id"].as_str().unwrap().to_owned();
        recipient.save(&link, &asset, "original").await;
        let bundle = recipient.bundle_all(&link).await;
        recipient.save_bundle(&link, &bundle).await;
        let to = "anna@logs.example, bounce@simulator.amazonses.com, rejected@simulator.amazonses.com";
        let mails = format!("/api/links/{}/emails", link.id);
        carl.post(&mails, json!({"to": to, "message": "between-us"})).await.is(202);
        e2e::wait_for("the bounce", || async {
            carl.get(&mails).await.text().contains("bounced").then_some(())
        })
        .await;
        carl.edit(&link, json!({"password": "new-horse-battery"})).await.is(200);
        carl.delete_link(&link).await.is(204);
        assert_eq!(site.interrupt(), Some(0));

        let logs = site.logs();
        assert!(logs.contains("a link was opened"), "the event is logged: {logs}");
        assert!(logs.contains("a mail was sent"), "the event is logged: {logs}");
        let of_mails = ["logs.example", "amazonses", "between-us"];
        let of_visits =
            [password, "battery", &link.token, &visit, "127.0.0.7", "X-Amz-Signature", "argon2", "Bearer"];
        for secret in of_visits.into_iter().chain(of_mails) {
            assert!(!logs.contains(secret), "{secret} in {logs}");
        }
    });
}
