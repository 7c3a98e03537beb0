//! A link with a password reveals nothing before the right password.

use e2e::{Recipient, Site, story};
use serde_json::json;

const PASSWORD: &str = "Grüße & 100 % = #1";

#[test]
fn the_right_password_opens_and_a_wrong_one_does_not() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link =
            carl.share_folder("Autumn", json!({"password": PASSWORD, "title": "Secret harvest"})).await;
        let recipient = Recipient::new();
        let gate = recipient.page(&link).await.is(200).text();
        assert!(gate.contains(r#"type="password""#));
        assert!(!gate.contains("Secret harvest"), "the title is part of the secret");
        let document = recipient.document(&link).await.is(200).json();
        assert_eq!((&document["state"], &document["needs_password"]), (&json!("gate"), &json!(true)));
        assert!(document.get("asset_count").is_none() && document["title"].is_null(), "{document}");

        for wrong in ["", "grüße & 100 % = #1", "Grüße", &"x".repeat(5000)] {
            let answer = recipient.open_with(&link, wrong).await.is(401);
            assert!(answer.header("set-cookie").is_empty());
            assert!(!answer.text().contains("Secret harvest"));
        }
        let opened = recipient.open_with(&link, PASSWORD).await.is(303);
        assert!(opened.header("location").ends_with(&format!("/s/{}", link.token)));
        assert!(recipient.page(&link).await.is(200).text().contains("<h1>Secret harvest</h1>"));
        assert_eq!(recipient.names(&link).await.len(), 7);
        // The link is open only for this recipient.
        Recipient::new().get(&link, "/assets").await.is(401);
    });
}

#[test]
fn ten_wrong_passwords_block_their_network_and_no_other() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        let guesser = Recipient::from_address("127.0.0.2");
        for _ in 0..10 {
            guesser.open_with(&link, "a guess").await.is(401);
        }
        let blocked = guesser.open_with(&link, "another guess").await.is(429);
        let wait: u64 = blocked.header("retry-after").parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        // Neither the right password nor headers with another address help.
        guesser.open_with(&link, PASSWORD).await.is(429);
        let nonce = guesser.nonce(&link).await;
        let headers =
            [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7"), ("x-real-ip", "192.0.2.7")];
        guesser.post_with(&link, &nonce, PASSWORD, &headers).await.is(429);
        let other_client_same_network = Recipient::from_address("127.0.0.2");
        other_client_same_network.open_with(&link, PASSWORD).await.is(429);
        Recipient::from_address("127.0.0.3").open_with(&link, PASSWORD).await.is(303);
    });
}

#[test]
fn simultaneous_guesses_are_counted_before_they_are_checked() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        let guesser = Recipient::from_address("127.0.0.4");
        let nonce = guesser.nonce(&link).await;
        let guesses = (0..25).map(|n| {
            let (guesser, link, nonce) = (&guesser, &link, &nonce);
            async move { guesser.post(link, nonce, &format!("guess {n}")).await.status }
        });
        let answers = futures_util::future::join_all(guesses).await;
        let checked = answers.iter().filter(|status| **status == 401).count();
        let blocked = answers.iter().filter(|status| **status == 429).count();
        assert_eq!((checked, blocked), (10, 15), "{answers:?}");
    });
}

#[test]
fn right_passwords_block_nobody() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        for _ in 0..12 {
            Recipient::from_address("127.0.0.5").open_with(&link, PASSWORD).await.is(303);
        }
    });
}

#[test]
fn a_repeated_right_password_does_not_count_as_a_guess() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD, "max_uses": 2})).await;
        let impatient = Recipient::from_address("127.0.0.6");
        let nonce = impatient.nonce(&link).await;
        for _ in 0..14 {
            impatient.post(&link, &nonce, PASSWORD).await.is(303);
        }
        let colleague = Recipient::from_address("127.0.0.6");
        colleague.open_with(&link, PASSWORD).await.is(303);
        assert_eq!(carl.read(&link).await["used"], 2);
        // Wrong passwords still count.
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        for _ in 0..10 {
            colleague.open_with(&link, "a guess").await.is(401);
        }
        colleague.open_with(&link, PASSWORD).await.is(429);
    });
}

#[test]
fn the_password_is_in_no_answer() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        let edited = carl.edit(&link, json!({"title": "Another"})).await.is(200);
        let listed = carl.get("/api/links?limit=200").await.is(200);
        for text in [link.body.to_string(), carl.read(&link).await.to_string(), edited.text(), listed.text()]
        {
            assert!(text.contains(r#""has_password":true"#), "{text}");
            assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{text}");
        }
    });
}

#[test]
fn a_password_can_be_removed() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"password": PASSWORD})).await;
        Recipient::new().get(&link, "/assets").await.is(401);
        let edited = carl.edit(&link, json!({"password": null})).await.is(200).json();
        assert_eq!(edited["has_password"], false);
        assert_eq!(Recipient::new().names(&link).await.len(), 4);
    });
}
