//! A link with a number of uses opens so many times, whoever comes, however often, and all at once.

use std::collections::HashSet;

use e2e::{Answer, Link, Recipient, Site, User, story};
use futures_util::future::join_all;
use serde_json::json;

async fn counted(carl: &User, uses: u32) -> Link {
    carl.share_folder("Product", json!({"max_uses": uses, "title": "Counted"})).await
}

#[test]
fn each_opening_spends_one_use_until_none_is_left() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 2).await;
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
        // Whoever had the page open comes too late, whoever comes now too.
        third.post(&link, &nonce, "").await.is(410);
        third.page(&link).await.is(410);
        // The two visits go on, and cost nothing more.
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
        let link = counted(&carl, 7).await;
        let recipients: Vec<_> = (0..200).map(|_| Recipient::new()).collect();
        let nonces = join_all(recipients.iter().map(|recipient| recipient.nonce(&link))).await;
        assert_eq!(nonces.iter().collect::<HashSet<_>>().len(), 200, "each page has its own nonce");
        let posts = recipients.iter().zip(&nonces).map(|(recipient, nonce)| recipient.post(&link, nonce, ""));
        let answers = join_all(posts).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!((count(303), count(410)), (7, 193), "{statuses:?}");
        assert_eq!(carl.read(&link).await["used"], 7);
        // Each who was let in is in, and nobody else.
        for (recipient, answer) in recipients.iter().zip(&answers) {
            let seen = recipient.get(&link, "/assets").await.status;
            assert_eq!(seen, if answer.status == 303 { 200 } else { 410 });
        }
    });
}

#[test]
fn a_doubled_post_spends_one_use_and_gets_the_same_visit() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 5).await;
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
        // With one use the doubles arrive at a link that is used up, and are let in all the same.
        for uses in [5, 1] {
            let link = counted(&carl, uses).await;
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
fn looking_spends_nothing() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 1).await;
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
fn only_the_links_own_page_opens_it() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 3).await;
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

/// A cookie as it was set, to be sent back.
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
fn a_repeat_is_for_the_browser_that_had_the_page() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        for uses in [5, 1] {
            let link = counted(&carl, uses).await;
            let recipient = Recipient::new();
            let nonce = recipient.nonce(&link).await;
            recipient.post(&link, &nonce, "").await.is(303);
            // Whoever knows the nonce alone is not given the visit, whether they had a page of their own or not.
            let with_a_page = Recipient::new();
            with_a_page.page(&link).await;
            for stranger in [Recipient::new(), with_a_page] {
                // A browser is told in words, a program hears what it would hear of a request that it repeats.
                let by_page = [("sec-fetch-site", "same-origin")];
                let told = stranger.post_with(&link, &nonce, "", &by_page).await;
                let heard = stranger.post(&link, &nonce, "").await.is(if uses == 1 { 410 } else { 303 });
                assert!(matches!(told.status, 400 | 409 | 410), "{}", told.status);
                for answer in [&told, &heard] {
                    let set = answer.header("set-cookie");
                    assert!(!set.starts_with("visit="), "{set}");
                }
                let seen = stranger.get(&link, "/assets").await.status;
                assert_eq!(seen, if uses == 1 { 410 } else { 401 });
            }
            recipient.post(&link, &nonce, "").await.is(303);
            assert_eq!(carl.read(&link).await["used"], 1);
        }
        // A nonce that two made up together lets one of them in.
        let link = counted(&carl, 1).await;
        let (first, second) = (Recipient::new(), Recipient::new());
        let agreed = "A".repeat(22);
        first.post(&link, &agreed, "").await.is(303);
        second.post(&link, &agreed, "").await.is(410);
    });
}

#[test]
fn an_answer_that_was_lost_is_had_again_by_the_same_browser() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 1).await;
        let by_hand = Recipient::without_cookies();
        let page = by_hand.page(&link).await.is(200);
        let (holder, nonce) = (cookie(&page), nonce(&page));
        // The answer, and the visit's cookie with it, never arrived: what is left is the page's cookie.
        let lost = by_hand.post_with(&link, &nonce, "", &[("cookie", &holder)]).await.is(303);
        let again = by_hand.post_with(&link, &nonce, "", &[("cookie", &holder)]).await.is(303);
        assert_eq!(cookie(&lost), cookie(&again));
        assert_eq!(carl.read(&link).await["used"], 1);
        let visit = cookie(&again);
        by_hand.ask("GET", &link, "/assets", &[("cookie", &visit)]).await.is(200);

        // A program that kept no cookie of the page opens all the same, and again with the visit's cookie.
        let link = counted(&carl, 1).await;
        let page = by_hand.page(&link).await.is(200);
        let nonce = self::nonce(&page);
        let visit = cookie(&by_hand.post(&link, &nonce, "").await.is(303));
        by_hand.post(&link, &nonce, "").await.is(410);
        by_hand.post_with(&link, &nonce, "", &[("cookie", &visit)]).await.is(303);
        assert_eq!(carl.read(&link).await["used"], 1);
    });
}

#[test]
fn a_browser_without_cookies_loses_no_use_and_a_second_tab_spends_none() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = counted(&carl, 5).await;
        let by_page = [("sec-fetch-site", "same-origin")];
        let by_hand = Recipient::without_cookies();
        let nonce = by_hand.nonce(&link).await;
        for _ in 0..3 {
            let told = by_hand.post_with(&link, &nonce, "", &by_page).await.is(400).text();
            assert!(told.contains("allow cookies") && told.contains("no visit was used"), "{told}");
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
