//! A link with a number of uses opens exactly that many times, also under simultaneous and repeated requests.

use std::collections::HashSet;

use e2e::{Answer, Link, Recipient, Site, User, story};
use futures_util::future::join_all;
use serde_json::json;

async fn share_counted(carl: &User, uses: u32) -> Link {
    carl.share_folder("Product", json!({"max_uses": uses, "title": "Counted"})).await
}

#[test]
fn each_opening_spends_one_use_until_none_is_left() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 2).await;
        let gate = Recipient::new().page(&link).await.is(200).text();
        assert!(gate.contains("Counted") && gate.contains("Open"), "{gate}");
        assert!(!gate.contains("front"), "nothing of the content before Open");
        let (first, second, third) = (Recipient::new(), Recipient::new(), Recipient::new());
        first.open(&link).await.is(303);
        assert_eq!(carl.read(&link).await["uses_left"], 1);
        let nonce = third.nonce(&link).await;
        second.open(&link).await.is(303);
        let link_now = carl.read(&link).await;
        assert_eq!((&link_now["status"], &link_now["used"]), (&json!("used_up"), &json!(2)));
        // A recipient who had the gate page open is too late, as is a new one.
        third.post(&link, &nonce, "").await.is(410);
        third.page(&link).await.is(410);
        // The two visits still work, and spend no more uses.
        for recipient in [&first, &second] {
            for _ in 0..3 {
                recipient.page(&link).await.is(200);
                assert_eq!(recipient.names(&link).await.len(), 4);
            }
        }
        assert_eq!(carl.read(&link).await["used"], 2);
    });
}

#[test]
fn two_hundred_recipients_at_once_share_seven_uses() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 7).await;
        let recipients: Vec<_> = (0..200).map(|_| Recipient::new()).collect();
        let nonces = join_all(recipients.iter().map(|recipient| recipient.nonce(&link))).await;
        assert_eq!(nonces.iter().collect::<HashSet<_>>().len(), 200, "each page has its own nonce");
        let posts = recipients.iter().zip(&nonces).map(|(recipient, nonce)| recipient.post(&link, nonce, ""));
        let answers = join_all(posts).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!((count(303), count(410)), (7, 193), "{statuses:?}");
        assert_eq!(carl.read(&link).await["used"], 7);
        // Exactly those who got 303 have a visit.
        for (recipient, answer) in recipients.iter().zip(&answers) {
            let status = recipient.get(&link, "/assets").await.status;
            assert_eq!(status, if answer.status == 303 { 200 } else { 410 });
        }
    });
}

#[test]
fn a_repeated_post_spends_one_use_and_gets_the_same_visit() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 5).await;
        let recipient = Recipient::new();
        let nonce = recipient.nonce(&link).await;
        let first = recipient.post(&link, &nonce, "").await.is(303);
        let again = recipient.post(&link, &nonce, "").await.is(303);
        let secret = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
        assert_eq!(secret(first.header("set-cookie")), secret(again.header("set-cookie")));
        assert_eq!(carl.read(&link).await["used"], 1);
    });
}

#[test]
fn the_same_post_twenty_times_at_once_spends_one_use() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        // With one use the repeats find a link that is used up, and must still get the visit.
        for uses in [5, 1] {
            let link = share_counted(&carl, uses).await;
            let recipient = Recipient::new();
            let nonce = recipient.nonce(&link).await;
            let answers = join_all((0..20).map(|_| recipient.post(&link, &nonce, ""))).await;
            let cookies: HashSet<_> =
                answers.iter().map(|answer| answer.header("set-cookie").split(';').next().unwrap()).collect();
            assert!(answers.iter().all(|answer| answer.status == 303), "{answers:?}");
            assert_eq!(cookies.len(), 1);
            assert_eq!(carl.read(&link).await["used"], 1);
        }
    });
}

#[test]
fn reading_requests_spend_no_use() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 1).await;
        let scanner = Recipient::new();
        let html = ("accept", "text/html");
        let ways: [(&str, &[(&str, &str)]); 6] = [
            ("GET", &[html]),
            ("GET", &[("accept", "application/json")]),
            ("HEAD", &[html]),
            ("GET", &[html, ("sec-purpose", "prefetch;prerender")]),
            ("GET", &[html, ("purpose", "prefetch")]),
            ("GET", &[html, ("range", "bytes=0-99")]),
        ];
        for (method, headers) in ways {
            let looks = (0..100).map(|_| scanner.ask(method, &link, "", headers));
            for answer in join_all(looks).await {
                assert_eq!(answer.status, 200, "{method} {headers:?}");
                assert!(!answer.header("set-cookie").starts_with("visit="), "no visit without a use");
            }
        }
        scanner.ask("OPTIONS", &link, "", &[]).await;
        assert_eq!(carl.read(&link).await["used"], 0);
        Recipient::new().open(&link).await.is(303);
    });
}

#[test]
fn a_post_without_the_gate_pages_nonce_or_from_another_site_is_refused() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 3).await;
        let recipient = Recipient::new();
        for nonce in ["", "x", &"é".repeat(22), &"a".repeat(21), &"a".repeat(5000)] {
            let refused = recipient.post(&link, nonce, "").await;
            assert!((400..500).contains(&refused.status), "{nonce:?}: {}", refused.status);
            assert!(refused.header("set-cookie").is_empty());
        }
        let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")];
        let nonce = recipient.nonce(&link).await;
        recipient.post_with(&link, &nonce, "", &foreign).await.is(403);
        assert_eq!(carl.read(&link).await["used"], 0);
    });
}

/// The cookie that an answer sets, in the form that is sent back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Lax") && set.contains("; Path=/s/"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

fn nonce(page: &Answer) -> String {
    let page = page.text();
    let (_, rest) = page.split_once(r#"name="visit" value=""#).expect("a gate page has a nonce");
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn only_the_browser_that_had_the_page_can_repeat_its_post() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        for uses in [5, 1] {
            let link = share_counted(&carl, uses).await;
            let recipient = Recipient::new();
            let nonce = recipient.nonce(&link).await;
            recipient.post(&link, &nonce, "").await.is(303);
            // Knowing the nonce is not enough to get the visit, with or without an own gate page.
            let with_a_page = Recipient::new();
            with_a_page.page(&link).await;
            for stranger in [Recipient::new(), with_a_page] {
                // A browser gets an error page, a program the answer that a repeated request gets.
                let by_page = [("sec-fetch-site", "same-origin")];
                let page = stranger.post_with(&link, &nonce, "", &by_page).await;
                let repeat = stranger.post(&link, &nonce, "").await.is(if uses == 1 { 410 } else { 303 });
                assert!(matches!(page.status, 400 | 409 | 410), "{}", page.status);
                for answer in [&page, &repeat] {
                    let set = answer.header("set-cookie");
                    assert!(!set.starts_with("visit="), "{set}");
                }
                let status = stranger.get(&link, "/assets").await.status;
                assert_eq!(status, if uses == 1 { 410 } else { 401 });
            }
            recipient.post(&link, &nonce, "").await.is(303);
            assert_eq!(carl.read(&link).await["used"], 1);
        }
        // Two clients that invent the same nonce get one visit together.
        let link = share_counted(&carl, 1).await;
        let (first, second) = (Recipient::new(), Recipient::new());
        let agreed = "A".repeat(22);
        first.post(&link, &agreed, "").await.is(303);
        second.post(&link, &agreed, "").await.is(410);
    });
}

#[test]
fn the_same_browser_gets_a_lost_answer_again() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 1).await;
        let by_hand = Recipient::without_cookies();
        let page = by_hand.page(&link).await.is(200);
        let (holder, nonce) = (cookie(&page), nonce(&page));
        // The first answer with the visit's cookie was lost, so the browser has only the page's cookie.
        let lost = by_hand.post_with(&link, &nonce, "", &[("cookie", &holder)]).await.is(303);
        let again = by_hand.post_with(&link, &nonce, "", &[("cookie", &holder)]).await.is(303);
        assert_eq!(cookie(&lost), cookie(&again));
        assert_eq!(carl.read(&link).await["used"], 1);
        let visit = cookie(&again);
        by_hand.ask("GET", &link, "/assets", &[("cookie", &visit)]).await.is(200);

        // A program without the page's cookie can open the link too, and repeat the request with the visit's cookie.
        let link = share_counted(&carl, 1).await;
        let page = by_hand.page(&link).await.is(200);
        let nonce = self::nonce(&page);
        let visit = cookie(&by_hand.post(&link, &nonce, "").await.is(303));
        by_hand.post(&link, &nonce, "").await.is(410);
        by_hand.post_with(&link, &nonce, "", &[("cookie", &visit)]).await.is(303);
        assert_eq!(carl.read(&link).await["used"], 1);
    });
}

#[test]
fn neither_a_browser_without_cookies_nor_a_second_tab_spends_a_use() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = share_counted(&carl, 5).await;
        let by_page = [("sec-fetch-site", "same-origin")];
        let by_hand = Recipient::without_cookies();
        let nonce = by_hand.nonce(&link).await;
        for _ in 0..3 {
            let page = by_hand.post_with(&link, &nonce, "", &by_page).await.is(400).text();
            assert!(page.contains("allow cookies") && page.contains("no visit was used"), "{page}");
        }
        assert_eq!(carl.read(&link).await["used"], 0);
        let browser = Recipient::new();
        let (first_tab, second_tab) = (browser.nonce(&link).await, browser.nonce(&link).await);
        browser.post_with(&link, &first_tab, "", &by_page).await.is(303);
        browser.post_with(&link, &second_tab, "", &by_page).await.is(303);
        assert_eq!(carl.read(&link).await["used"], 1);
        browser.page(&link).await.is(200);
    });
}
