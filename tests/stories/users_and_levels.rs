//! Levels: browsers view the library, consumers manage their own links, administrators manage all links.

use e2e::{Recipient, Site, User, story};
use serde_json::json;

#[test]
fn browsers_can_not_create_links() {
    story(async {
        let site = Site::shared().await;
        let bree = site.user("bree").await;
        assert_eq!(bree.get("/api/me").await.is(200).json()["level"], "browser");
        bree.get("/api/assets").await.is(200);
        let target = json!({"kind": "folder", "id": bree.folder("Product").await});
        let body = json!({"target": target, "title": "Mine", "access": "download"});
        bree.post("/api/links", body.clone()).await.is(403);
        // The level comes from the token, not from the request.
        let claims = json!({"level": "administrator"});
        let refused = bree.post("/api/links", e2e::with(body, claims)).await;
        assert!([403, 422].contains(&refused.status), "{}", refused.status);
        let listed = bree.get("/api/links").await;
        assert!(listed.status == 403 || listed.json()["items"] == json!([]), "{}", listed.text());
    });
}

#[test]
fn links_of_other_users_answer_404() {
    story(async {
        let site = Site::shared().await;
        let (carl, cora, ada) = (site.user("carl").await, site.user("cora").await, site.user("ada").await);
        let link = carl.share_folder("Product", json!({"max_uses": 4})).await;
        let unknown = e2e::Link { id: "f".repeat(32), ..link.clone() };
        for path in ["", "/activity", "/emails"] {
            let there = cora.get(&format!("/api/links/{}{path}", link.id)).await.is(404);
            let nowhere = cora.get(&format!("/api/links/{}{path}", unknown.id)).await.is(404);
            assert_eq!(there.text(), nowhere.text(), "the answer is that for a link that does not exist");
        }
        for malformed in ["x", "%2e%2e", &"F".repeat(32), &"a".repeat(3000)] {
            cora.get(&format!("/api/links/{malformed}")).await.is(404);
        }
        let change = json!({"title": "Hers"});
        assert_eq!(
            cora.edit(&link, change.clone()).await.is(404).text(),
            cora.edit(&unknown, change).await.is(404).text()
        );
        cora.delete_link(&link).await.is(404);
        for list in
            ["/api/links?limit=200", "/api/links?limit=200&owner=all", "/api/links?q=Autumn&limit=200"]
        {
            let listed = cora.get(list).await;
            assert!(!listed.text().contains(&link.id), "{list}");
        }
        assert_eq!(ada.read(&link).await, carl.read(&link).await);
        let edited = ada.edit(&link, json!({"title": "Better"})).await.is(200).json();
        assert_eq!((&edited["title"], &edited["creator"]), (&json!("Better"), &link.body["creator"]));
        assert!(ada.get("/api/links?owner=all&limit=200").await.is(200).text().contains(&link.id));
        ada.delete_link(&link).await.is(204);
        carl.get(&format!("/api/links/{}", link.id)).await.is(404);
    });
}

#[test]
fn the_api_needs_a_valid_token() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let signed = reqwest::Client::new().post(format!("{}/auth/token", site.url()));
        let answer = signed.json(&json!({"user": "carl"})).send().await.unwrap();
        let token: serde_json::Value = answer.json().await.unwrap();
        let token = token["access_token"].as_str().unwrap();
        let (header, rest) = token.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        for forged in [
            String::new(),
            "x".into(),
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{}", signature.chars().rev().collect::<String>()),
            // {"alg":"none"}
            format!("eyJhbGciOiJub25lIn0.{claims}."),
        ] {
            let nobody = User::with_token(site.url(), &forged);
            for path in ["/api/me", "/api/assets", "/api/links", &format!("/api/links/{}", link.id)] {
                nobody.get(path).await.is(401);
            }
            nobody.delete_link(&link).await.is(401);
        }
        // A recipient's cookie does not sign anybody in.
        let url = format!("{}/api/links", site.url());
        let request = reqwest::Client::new().post(url).header("cookie", format!("visit={}", "a".repeat(44)));
        assert_eq!(request.json(&json!({})).send().await.unwrap().status().as_u16(), 401);
        Recipient::new().page(&link).await.is(200);
    });
}

#[test]
fn users_are_listed_by_name_in_pages() {
    story(async {
        let site = Site::start().await;
        for name in ["prue", "bree", "carl", "cora", "ada", "carl"] {
            site.user(name).await.get("/api/me").await.is(200);
        }
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = site.cloud().users().list(after.as_ref(), 2).await.unwrap();
            assert!(page.items.len() <= 2);
            names.extend(page.items.into_iter().map(|user| user.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["Ada Abel", "Bree Brook", "Carl Conrad", "Cora Celik", "Prue Park"]);
        let nobody = "nobody".parse().unwrap();
        assert_eq!(site.cloud().users().set_enabled(&nobody, true).await.unwrap(), None);
        assert_eq!(site.cloud().users().find_many(&[nobody]).await.unwrap(), [None]);
    });
}
