//! A link lives with its owner's account, which administrators disable, enable and delete.

use e2e::{Link, Recipient, Site, User, story};
use serde_json::{Value, json};

async fn account(user: &User) -> String {
    format!("/api/users/{}", user.get("/api/me").await.is(200).json()["id"].as_str().unwrap())
}

async fn closed_for_everybody(links: [&Link; 2], visitor: &Recipient) {
    for link in links {
        visitor.page(link).await.is(410);
        visitor.get(link, "/assets").await.is(410);
        Recipient::new().page(link).await.is(410);
        let all = json!({"assets": "all", "renditions": ["original"]});
        visitor.ask_bundle(link, all).await.is(410);
    }
}

#[test]
fn a_link_closes_with_its_owners_account_and_opens_again_with_it() {
    story(async {
        let site = Site::shared().await;
        // Nobody else's story is about prue.
        let (prue, ada) = (site.user("prue").await, site.user("ada").await);
        let path = account(&prue).await;
        let open = prue.share_folder("Product", json!({})).await;
        let counted = prue.share_folder("Product", json!({"max_uses": 5})).await;
        let locked = prue.share_folder("Product", json!({"password": "pass"})).await;
        let visitor = Recipient::new();
        visitor.open(&counted).await.is(303);
        let nonce = Recipient::new().nonce(&counted).await;
        let guess = Recipient::new().nonce(&locked).await;

        let told = ada.patch(&path, json!({"enabled": false})).await.is(200).json();
        let level = json!("producer");
        assert_eq!(
            (&told["name"], &told["level"], &told["enabled"]),
            (&json!("Prue Park"), &level, &json!(false))
        );
        closed_for_everybody([&open, &counted], &visitor).await;
        Recipient::new().post(&counted, &nonce, "").await.is(410);
        // A wrong password tells no more than the page does, and a right one neither.
        Recipient::new().post(&locked, &guess, "wrong").await.is(410);
        Recipient::new().post(&locked, &guess, "pass").await.is(410);
        // Their token is still good, their account is not.
        let refused = prue.get("/api/assets").await.is(403).json();
        assert!(refused["detail"].as_str().unwrap().contains("disabled"), "{refused}");
        let target = json!({"kind": "folder", "id": "x"});
        prue.post("/api/links", json!({"target": target, "title": "x"})).await.is(403);
        let seen = ada.read(&counted).await;
        assert_eq!((&seen["status"], &seen["used"]), (&json!("owner_gone"), &json!(1)));

        ada.patch(&path, json!({"enabled": true})).await.is(200);
        Recipient::new().page(&open).await.is(200);
        visitor.get(&counted, "/assets").await.is(200);
        assert_eq!(prue.read(&counted).await["used"], 1);
    });
}

#[test]
fn a_deleted_account_takes_its_links_along_for_good() {
    story(async {
        let site = Site::start().await;
        let (prue, ada) = (site.user("prue").await, site.user("ada").await);
        let path = account(&prue).await;
        let open = prue.share_folder("Product", json!({})).await;
        let counted = prue.share_folder("Product", json!({"max_uses": 5})).await;
        let visitor = Recipient::new();
        visitor.open(&counted).await.is(303);
        ada.delete(&path).await.is(204);
        closed_for_everybody([&open, &counted], &visitor).await;
        // The provider still knows her: signing in again opens nothing.
        let again = site.user("prue").await;
        again.get("/api/me").await.is(403);
        closed_for_everybody([&open, &counted], &visitor).await;
        for (asked, status) in [
            (ada.get(&path).await, 404),
            (ada.patch(&path, json!({"enabled": true})).await, 404),
            (ada.delete(&path).await, 404),
        ] {
            asked.is(status);
        }
        let users = ada.get("/api/users").await.is(200).json();
        let is_prue = |user: &Value| user["name"] == "Prue Park";
        assert!(!users["items"].as_array().unwrap().iter().any(is_prue), "{users}");
        // Her links are still there for an administrator to see and delete.
        assert_eq!(ada.read(&counted).await["status"], "owner_gone");
        ada.delete_link(&counted).await.is(204);
    });
}

#[test]
fn accounts_are_for_administrators() {
    story(async {
        let site = Site::shared().await;
        let (carl, ada) = (site.user("carl").await, site.user("ada").await);
        let (carls, adas) = (account(&carl).await, account(&ada).await);
        carl.get("/api/users").await.is(403);
        carl.get(&carls).await.is(403);
        carl.patch(&carls, json!({"enabled": true})).await.is(403);
        carl.delete(&carls).await.is(403);
        User::with_token(site.url(), "x").get("/api/users").await.is(401);
        ada.patch(&adas, json!({"enabled": false})).await.is(409);
        ada.delete(&adas).await.is(409);
        ada.patch(&carls, json!({"enabled": true, "name": "x"})).await.is(422);
        ada.get("/api/me").await.is(200);
    });
}
