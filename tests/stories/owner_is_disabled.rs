//! A link opens only while its owner's account is enabled; administrators disable, enable and delete accounts.

use e2e::{Link, Recipient, Site, User, story};
use serde_json::{Value, json};

async fn account_path(user: &User) -> String {
    format!("/api/users/{}", user.get("/api/me").await.is(200).json()["id"].as_str().unwrap())
}

async fn assert_closed(links: [&Link; 2], visitor: &Recipient) {
    for link in links {
        visitor.page(link).await.is(410);
        visitor.get(link, "/assets").await.is(410);
        Recipient::new().page(link).await.is(410);
        let all = json!({"assets": "all", "renditions": ["original"]});
        visitor.ask_bundle(link, all).await.is(410);
    }
}

#[test]
fn a_link_closes_when_its_owner_is_disabled_and_opens_again_when_enabled() {
    story(async {
        let site = Site::shared().await;
        // No other story uses prue.
        let (prue, ada) = (site.user("prue").await, site.user("ada").await);
        let path = account_path(&prue).await;
        let open = prue.share_folder("Product", json!({})).await;
        let counted = prue.share_folder("Product", json!({"max_uses": 5})).await;
        let locked = prue.share_folder("Product", json!({"password": "pass"})).await;
        let visitor = Recipient::new();
        visitor.open(&counted).await.is(303);
        let nonce = Recipient::new().nonce(&counted).await;
        let guess = Recipient::new().nonce(&locked).await;

        let account = ada.patch(&path, json!({"enabled": false})).await.is(200).json();
        let level = json!("producer");
        assert_eq!(
            (&account["name"], &account["level"], &account["enabled"]),
            (&json!("Prue Park"), &level, &json!(false))
        );
        assert_closed([&open, &counted], &visitor).await;
        Recipient::new().post(&counted, &nonce, "").await.is(410);
        // Wrong and right passwords get the same answer.
        Recipient::new().post(&locked, &guess, "wrong").await.is(410);
        Recipient::new().post(&locked, &guess, "pass").await.is(410);
        // Her token is still valid, but her account is disabled.
        let refused = prue.get("/api/assets").await.is(403).json();
        assert!(refused["detail"].as_str().unwrap().contains("disabled"), "{refused}");
        let target = json!({"kind": "folder", "id": "x"});
        prue.post("/api/links", json!({"target": target, "title": "x"})).await.is(403);
        let link = ada.read(&counted).await;
        assert_eq!((&link["status"], &link["used"]), (&json!("owner_gone"), &json!(1)));

        ada.patch(&path, json!({"enabled": true})).await.is(200);
        Recipient::new().page(&open).await.is(200);
        visitor.get(&counted, "/assets").await.is(200);
        assert_eq!(prue.read(&counted).await["used"], 1);
    });
}

#[test]
fn links_of_a_deleted_account_stay_closed_for_ever() {
    story(async {
        let site = Site::start().await;
        let (prue, ada) = (site.user("prue").await, site.user("ada").await);
        let path = account_path(&prue).await;
        let open = prue.share_folder("Product", json!({})).await;
        let counted = prue.share_folder("Product", json!({"max_uses": 5})).await;
        let visitor = Recipient::new();
        visitor.open(&counted).await.is(303);
        ada.delete(&path).await.is(204);
        assert_closed([&open, &counted], &visitor).await;
        // The identity provider still has her account, but signing in again does not help.
        let again = site.user("prue").await;
        again.get("/api/me").await.is(403);
        assert_closed([&open, &counted], &visitor).await;
        for (answer, status) in [
            (ada.get(&path).await, 404),
            (ada.patch(&path, json!({"enabled": true})).await, 404),
            (ada.delete(&path).await, 404),
        ] {
            answer.is(status);
        }
        let users = ada.get("/api/users").await.is(200).json();
        let is_prue = |user: &Value| user["name"] == "Prue Park";
        assert!(!users["items"].as_array().unwrap().iter().any(is_prue), "{users}");
        // An administrator can still see and delete her links.
        assert_eq!(ada.read(&counted).await["status"], "owner_gone");
        ada.delete_link(&counted).await.is(204);
    });
}

#[test]
fn only_administrators_manage_accounts() {
    story(async {
        let site = Site::shared().await;
        let (carl, ada) = (site.user("carl").await, site.user("ada").await);
        let (carls, adas) = (account_path(&carl).await, account_path(&ada).await);
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
