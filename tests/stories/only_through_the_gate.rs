//! No route reveals anything of a closed link, and only a visit of that link opens it.

use e2e::{Recipient, Site, story};
use serde_json::{Value, json};

#[test]
fn no_route_reveals_anything_before_the_gate() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let asset = carl.asset_id("Product/front.jpg").await;
        for (security, needs_password) in
            [(json!({"password": "pass", "title": "Hidden harvest"}), true), (json!({"max_uses": 3}), false)]
        {
            let link = carl.share_folder("Product", security).await;
            let inside = Recipient::new();
            inside.open_with(&link, "pass").await.is(303);
            let bundle = inside.bundle_all(&link).await;
            let outside = Recipient::new();
            let rests = [
                "/assets".to_owned(),
                "/assets?q=front".to_owned(),
                format!("/assets/{asset}/original"),
                format!("/assets/{asset}/thumbnail"),
                format!("/assets/{asset}/preview"),
                format!("/assets/{asset}/nonsense"),
                format!("/bundles/{bundle}"),
                format!("/bundles/{bundle}/file"),
                "/bundles/nonsense".to_owned(),
            ];
            let mut answers = vec![outside.page(&link).await.is(200), outside.document(&link).await.is(200)];
            for rest in &rests {
                let refused = outside.get(&link, rest).await.is(401);
                assert_eq!(refused.json()["needs_password"], needs_password, "{rest}");
                answers.push(refused);
                answers.push(outside.page_at(&link, rest).await.is(401));
            }
            let all = json!({"assets": "all", "renditions": ["original"]});
            answers.push(outside.ask_bundle(&link, all).await.is(401));
            for answer in answers {
                let text = format!("{} {:?}", answer.text(), answer.headers);
                for secret in
                    ["front", "side", "Hidden harvest", "renditions/", "X-Amz-Signature", "\"asset_count\""]
                {
                    assert!(!text.contains(secret), "{secret} in {text}");
                }
            }
        }
    });
}

#[test]
fn a_visit_opens_only_its_own_link() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let own = carl.share_folder("Product", json!({"max_uses": 3})).await;
        let other = carl.share_folder("Product", json!({"max_uses": 3})).await;
        let recipient = Recipient::new();
        let opened = recipient.open(&own).await.is(303);
        let cookie = opened.header("set-cookie").to_owned();
        assert!(cookie.starts_with("visit="), "{cookie}");
        for part in [format!("Path=/s/{}", own.token), "HttpOnly".into(), "SameSite=Lax".into()] {
            assert!(cookie.contains(&part), "{cookie}");
        }
        let visit = cookie.split(';').next().unwrap().to_owned();
        let request_with = |cookie: String| {
            let other = &other;
            let stranger = Recipient::new();
            async move { stranger.ask("GET", other, "/assets", &[("cookie", &cookie)]).await.status }
        };
        assert_eq!(request_with(visit.clone()).await, 401);
        let secret = visit.strip_prefix("visit=").unwrap();
        let (nonce, tag) = secret.split_at(22);
        let known_nonce = Recipient::new().nonce(&other).await;
        for forged in [
            format!("visit={known_nonce}{tag}"),
            format!("visit={known_nonce}{}", "0".repeat(22)),
            format!("visit={nonce}"),
            "visit=".to_owned(),
            format!("visit={}", "a".repeat(44)),
            format!("visit={}", "a".repeat(4000)),
            "visit=../../x".to_owned(),
        ] {
            assert_eq!(request_with(forged.clone()).await, 401, "{forged}");
        }
        // The nonce of a gate page alone is not a visit.
        let thief = Recipient::new();
        let guessed = format!("visit={nonce}{}", "0".repeat(22));
        thief.ask("GET", &own, "/assets", &[("cookie", &guessed)]).await.is(401);
        thief.ask("GET", &own, "/assets", &[("cookie", &visit)]).await.is(200);
        assert_eq!(carl.read(&other).await["used"], 0);
    });
}

#[test]
fn an_asset_outside_the_target_answers_404() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_selection(&["Product/front.jpg", "Product/back.jpg"], json!({})).await;
        let recipient = Recipient::new();
        let inside = carl.asset_id("Product/front.jpg").await;
        let outside = carl.asset_id("Product/side 2.jpg").await;
        recipient.ask_for(&link, &inside, "original").await.is(302);
        let cut = &inside[..31];
        let long = format!("{inside}0");
        let upper = inside.to_uppercase();
        for id in
            [outside.as_str(), cut, &long, &upper, "*", "%2e%2e", "front.jpg", "a".repeat(2000).as_str()]
        {
            for rendition in ["original", "preview"] {
                let refused = recipient.ask_for(&link, id, rendition).await;
                // A rendition that is not offered is refused before the asset is looked up.
                let expected: &[u16] = if rendition == "original" { &[404] } else { &[403, 404] };
                assert!(expected.contains(&refused.status), "{id} {rendition}: {}", refused.status);
            }
        }
        for rendition in ["Original", "nonsense", "view:", "%00"] {
            let refused = recipient.ask_for(&link, &inside, rendition).await;
            assert!([403, 404].contains(&refused.status), "{rendition}: {}", refused.status);
        }
        let selected = json!({"assets": [inside, outside], "renditions": ["original"]});
        let refused = recipient.ask_bundle(&link, selected).await;
        assert!([404, 422].contains(&refused.status), "{} {}", refused.status, refused.text());
    });
}

#[test]
fn a_bundle_of_another_link_answers_404() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let one = carl.share_folder("Product", json!({})).await;
        let other = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let id = recipient.bundle_all(&one).await;
        recipient.get(&other, &format!("/bundles/{id}")).await.is(404);
        recipient.get(&other, &format!("/bundles/{id}/file")).await.is(404);
        for bad in ["x", "%2e%2e", &"f".repeat(32)] {
            recipient.get(&one, &format!("/bundles/{bad}")).await.is(404);
            recipient.get(&one, &format!("/bundles/{bad}/file")).await.is(404);
        }
    });
}

#[test]
fn a_bad_request_for_a_bundle_is_refused() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let asset: Value = recipient.assets(&link).await[0]["id"].clone();
        for bad in [
            json!({}),
            json!([]),
            json!({"assets": "some", "renditions": ["original"]}),
            json!({"assets": [], "renditions": ["original"]}),
            json!({"assets": "all", "renditions": []}),
            json!({"assets": "all", "renditions": ["nonsense"]}),
            json!({"assets": "all", "renditions": "original"}),
            json!({"assets": [1], "renditions": ["original"]}),
            json!({"assets": [asset], "renditions": ["original"], "surprise": 1}),
        ] {
            let refused = recipient.ask_bundle(&link, bad.clone()).await;
            assert!([400, 403, 404, 422].contains(&refused.status), "{bad}: {}", refused.status);
            assert_eq!(refused.header("content-type"), "application/problem+json", "{bad}");
        }
    });
}
