//! Email link: each recipient gets one separate mail, and the status of each mail is shown.

use std::time::Duration;

use e2e::{Link, Recipient, Site, User, story, wait_for};
use mail_parser::MessageParser;
use serde_json::{Value, json};

/// Requests the mailing of a link.
async fn mail(user: &User, link: &Link, to: &str, further: Value) -> e2e::Answer {
    user.post(&format!("/api/links/{}/emails", link.id), e2e::with(json!({"to": to}), further)).await
}

/// Waits until none of the link's mails is queued, and returns them.
async fn wait_for_mails(user: &User, link: &Link) -> Vec<Value> {
    let path = format!("/api/links/{}/emails?limit=200", link.id);
    wait_for("the mails to be sent", || async {
        let items = user.get(&path).await.is(200).json()["items"].as_array().unwrap().clone();
        items.iter().all(|mail| mail["status"] != "queued").then_some(items)
    })
    .await
}

/// Addresses and statuses.
fn statuses(mails: &[Value]) -> Vec<(&str, &str)> {
    mails.iter().map(|mail| (mail["address"].as_str().unwrap(), mail["status"].as_str().unwrap())).collect()
}

#[test]
fn each_recipient_gets_a_separate_mail() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl
            .share_folder(
                "Product",
                json!({"title": "For two", "password": "very-secret", "expires": "2031-12-04"}),
            )
            .await;
        let message = json!({"message": "Hello,\n\nhere they are."});
        let mailing = mail(&carl, &link, "anna@two.example, Bert@Two.example", message).await.is(202).json();
        assert_eq!(mailing["items"].as_array().unwrap().len(), 2);
        let mails = wait_for_mails(&carl, &link).await;
        assert_eq!(statuses(&mails), [("anna@two.example", "sent"), ("Bert@two.example", "sent")]);
        assert!(mails.iter().all(|mail| mail["reason"].is_null() && mail["at"].is_string()));

        for address in ["anna@two.example", "Bert@two.example"] {
            let [mime] = site.mails_to(address).try_into().unwrap();
            assert!(!String::from_utf8_lossy(&mime).contains("very-secret"));
            let message = MessageParser::default().parse(&mime).unwrap();
            assert_eq!(message.subject(), Some("Carl Conrad shared “For two” with you"));
            let to: Vec<_> = message.to().unwrap().iter().map(|to| to.address().unwrap()).collect();
            assert_eq!(to, [address]);
            assert!(message.cc().is_none() && message.bcc().is_none());
            let from = message.from().unwrap().first().unwrap();
            assert_eq!(from.name(), Some("Carl Conrad via Vitrine"));
            assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("carl@example.org"));
            let other = if address.starts_with("anna") { "Bert@" } else { "anna@" };
            for form in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
                for words in [
                    "Carl Conrad",
                    "For two",
                    "here they are.",
                    "until 4 December 2031",
                    "password",
                    &link.url,
                ] {
                    assert!(form.contains(words), "{words}: {form}");
                }
                assert!(!form.contains("very-secret") && !form.contains(other), "{form}");
            }
            // The button's address opens the link.
            let html = message.body_html(0).unwrap();
            let url = html.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            assert_eq!(url, link.url);
        }
        Recipient::new().open_with(&link, "very-secret").await.is(303);
    });
}

#[test]
fn a_bad_address_is_named_and_nothing_is_sent() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let refused =
            mail(&carl, &link, "good@bad.example, anna, b@y, c d@bad.example", json!({})).await.is(422);
        let errors = refused.json()["errors"].clone();
        assert!(errors.as_array().unwrap().iter().all(|error| error["field"] == "to"));
        for (n, bad) in ["anna", "b@y", "c d@bad.example"].iter().enumerate() {
            assert!(errors[n]["message"].as_str().unwrap().contains(bad), "{errors}");
        }
        let many: Vec<_> = (0..101).map(|n| format!("a{n}@bad.example")).collect();
        assert_eq!(mail(&carl, &link, &many.join(","), json!({})).await.is(422).faults(), ["to"]);
        assert_eq!(mail(&carl, &link, " , ", json!({})).await.is(422).faults(), ["to"]);
        let long = json!({"message": "x".repeat(2_001)});
        assert_eq!(mail(&carl, &link, "good@bad.example", long).await.is(422).faults(), ["message"]);
        let typo = json!({"massage": "x"});
        assert_eq!(mail(&carl, &link, "good@bad.example", typo).await.is(422).faults(), ["massage"]);
        let inject = "good@bad.example\r\nBcc: spy@bad.example";
        assert_eq!(mail(&carl, &link, inject, json!({})).await.is(422).faults(), ["to"]);
        assert_eq!(wait_for_mails(&carl, &link).await, [] as [Value; 0]);
        assert!(site.mails_to("good@bad.example").is_empty());
    });
}

#[test]
fn a_hundred_addresses_are_mailed_and_listed_in_pages() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let addresses: Vec<_> = (0..100).map(|n| format!("a{n:02}@hundred.example")).collect();
        mail(&carl, &link, &addresses.join(", "), json!({})).await.is(202);
        let mails = wait_for_mails(&carl, &link).await;
        assert_eq!(mails.iter().map(|mail| mail["address"].as_str().unwrap()).collect::<Vec<_>>(), addresses);
        assert!(mails.iter().all(|mail| mail["status"] == "sent"));
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/links/{}/emails?limit=30&cursor={cursor}", link.id);
            let page = carl.get(&path).await.is(200).json();
            paged.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(paged, mails);
        assert_eq!(
            carl.get(&format!("/api/links/{}/emails?limit=0", link.id)).await.is(422).faults(),
            ["limit"]
        );
    });
}

#[test]
fn repeated_requests_and_messages_mail_nobody_twice() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let body = json!({"request_id": "r-1", "message": "Once."});
        let asks = (0..4).map(|_| mail(&carl, &link, "once@same.example, too@same.example", body.clone()));
        for answer in futures_util::future::join_all(asks).await {
            answer.is(202);
        }
        let mails = wait_for_mails(&carl, &link).await;
        assert_eq!(statuses(&mails), [("once@same.example", "sent"), ("too@same.example", "sent")]);
        // The same request after all mails were sent, and the messages without a request.
        mail(&carl, &link, "once@same.example,too@same.example", body).await.is(202);
        let message: domain::event::SendEmail =
            serde_json::from_value(json!({"link": link.id, "mail": mails[0]["id"]})).unwrap();
        site.cloud().queues().send_mails(&[message.clone(), message]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        for address in ["once@same.example", "too@same.example"] {
            assert_eq!(site.mails_to(address).len(), 1, "{address}");
        }
        let other = json!({"request_id": "r-1", "message": "Twice."});
        assert_eq!(mail(&carl, &link, "once@same.example", other).await.is(422).faults(), ["request_id"]);
        // A new request sends a new mail.
        mail(&carl, &link, "once@same.example", json!({"request_id": "r-2"})).await.is(202);
        assert_eq!(wait_for_mails(&carl, &link).await.len(), 3);
        assert_eq!(site.mails_to("once@same.example").len(), 2);
    });
}

#[test]
fn bounced_and_failed_mails_are_shown_with_a_reason() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let at = |name: &str| format!("{name}@simulator.amazonses.com");
        let to = [at("bounce"), at("complaint"), at("success"), at("rejected")];
        mail(&carl, &link, &to.join(", "), json!({})).await.is(202);
        let mails = wait_for("the bounces", || async {
            let mails = wait_for_mails(&carl, &link).await;
            (mails.iter().filter(|mail| mail["status"] == "bounced").count() == 2).then_some(mails)
        })
        .await;
        let results: Vec<_> =
            mails.iter().map(|mail| (mail["status"].as_str().unwrap(), mail["reason"].as_str())).collect();
        assert_eq!(results[0].0, "bounced");
        assert!(results[0].1.unwrap().contains("no mailbox"));
        assert!(results[1].1.unwrap().contains("unwanted"));
        assert_eq!(results[2], ("sent", None));
        assert_eq!(results[3].0, "failed");
        assert!(results[3].1.unwrap().contains("verified"));
    });
}

#[test]
fn only_creator_and_administrator_mail_a_link_and_only_while_it_opens() {
    story(async {
        let site = Site::shared().await;
        let (carl, cora, ada, bree) = (
            site.user("carl").await,
            site.user("cora").await,
            site.user("ada").await,
            site.user("bree").await,
        );
        let link = carl.share_folder("Product", json!({"max_uses": 1})).await;
        let path = format!("/api/links/{}/emails", link.id);
        mail(&cora, &link, "x@who.example", json!({})).await.is(404);
        cora.get(&path).await.is(404);
        mail(&bree, &link, "x@who.example", json!({})).await.is(403);
        bree.get(&path).await.is(404);
        User::with_token(site.url(), "none").get(&path).await.is(401);
        carl.delete(&path).await.is(405);
        // A mail from an administrator has her own name.
        mail(&ada, &link, "x@who.example", json!({})).await.is(202);
        wait_for_mails(&ada, &link).await;
        let [mime] = site.mails_to("x@who.example").try_into().unwrap();
        let message = MessageParser::default().parse(&mime).unwrap();
        assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Ada Abel via Vitrine"));
        assert!(message.body_text(0).unwrap().contains("The link can be opened once."));

        Recipient::new().open(&link).await.is(303);
        let refused = mail(&carl, &link, "y@who.example", json!({})).await.is(409);
        assert!(refused.json()["detail"].as_str().unwrap().contains("uses are spent"));
        assert_eq!(wait_for_mails(&carl, &link).await.len(), 1);
        carl.delete_link(&link).await.is(204);
        mail(&carl, &link, "y@who.example", json!({})).await.is(404);
        carl.get(&path).await.is(404);
        assert!(site.mails_to("y@who.example").is_empty());
    });
}

#[test]
fn hostile_titles_and_messages_stay_text_in_mails() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let title =
            "\"><script>alert(1)</script> =?utf-8?Q?=0D=0ABcc:_spy@hostile.example?= \u{202e}<x@y.z>,";
        let link = carl.share_folder("Product", json!({"title": title})).await;
        let message = "\"><img src=x onerror=alert(2)>\r\n\r\n--=_x\r\nBcc: spy@hostile.example\r\n.\r\nQUIT";
        mail(&carl, &link, "anna@hostile.example", json!({"message": message})).await.is(202);
        wait_for_mails(&carl, &link).await;
        let [mime] = site.mails_to("anna@hostile.example").try_into().unwrap();
        let mail = MessageParser::default().parse(&mime).unwrap();
        let names: Vec<_> = mail.headers().iter().map(|header| header.name().to_lowercase()).collect();
        assert!(!names.contains(&"bcc".to_owned()), "{names:?}");
        assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));
        let html = mail.body_html(0).unwrap();
        assert!(html.contains("alert(1)") && !html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(mail.body_text(0).unwrap().contains("> Bcc: spy@hostile.example"));
        assert!(site.mails_to("spy@hostile.example").is_empty());
    });
}

#[test]
fn reading_the_mails_requeues_a_stuck_mail_or_gives_it_up() {
    story(async {
        let site = Site::shared().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let link = carl.share_folder("Product", json!({})).await;
        let sender = carl.get("/api/me").await.is(200).json()["id"].as_str().unwrap().parse().unwrap();
        let addresses = domain::mail::address::parse_list("waits@stuck.example, lost@stuck.example").unwrap();
        // manage-links was stopped before it sent the messages, and a worker while it sent a mail.
        let requested = aws::clock::now() - jiff::SignedDuration::from_mins(10);
        let id = link.id.parse().unwrap();
        let mailing = domain::mail::Mailing::new("stuck", id, sender, &addresses, None, requested);
        cloud.mails().put_mailing(&mailing, addresses.len()).await.unwrap();
        let mails = cloud.mails().put(&mailing.mails(addresses)).await.unwrap();
        let sending = domain::mail::MailStatus::Sending;
        cloud.mails().change(&mails[1], sending, None, requested).await.unwrap().unwrap();
        let mails = wait_for_mails(&carl, &link).await;
        assert_eq!(statuses(&mails), [("waits@stuck.example", "sent"), ("lost@stuck.example", "failed")]);
        assert!(mails[1]["reason"].as_str().unwrap().contains("may or may not have arrived"));
        assert_eq!(site.mails_to("waits@stuck.example").len(), 1);
        assert!(site.mails_to("lost@stuck.example").is_empty());
    });
}

#[test]
fn a_local_site_shows_the_mails_that_it_keeps() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"title": "Shown <b>here</b>"})).await;
        mail(&carl, &link, "anna@shown.example", json!({})).await.is(202);
        wait_for_mails(&carl, &link).await;
        let get = async |path: &str| carl.get(path).await;
        let list = get("/mail").await.is(200);
        assert!(list.header("content-security-policy").starts_with("default-src 'none'"));
        let list = list.text();
        assert!(list.contains("anna@shown.example") && !list.contains("<b>here"), "{list}");
        let entry = list.split("<li>").find(|entry| entry.contains("anna@shown.example")).unwrap();
        let path = entry.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        let page = get(path).await.is(200).text();
        assert!(
            page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\"")
                && page.contains(&link.url)
        );
        let body = get(&format!("{path}/body.html")).await.is(200);
        assert!(body.header("content-security-policy").starts_with("sandbox allow-popups"));
        assert!(!body.header("content-security-policy").contains("script"));
        let file = get(&format!("{path}/mail.eml")).await.is(200);
        assert_eq!(file.header("content-type"), "message/rfc822");
        assert_eq!(file.body, site.mails_to("anna@shown.example")[0]);
        for nowhere in ["/mail/x", "/mail/..%2Fstore.key", "/mail/%2e%2e%2fstore.key/mail.eml", "/mail/"] {
            assert_eq!(get(nowhere).await.status, 404, "{nowhere}");
        }
    });
}
