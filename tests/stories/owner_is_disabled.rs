//! A link lives with its owner's account.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn a_link_closes_with_its_owners_account_and_opens_again_with_it() {
    story(async {
        let site = Site::shared().await;
        // Nobody else's story is about prue.
        let prue = site.user("prue").await;
        let id = prue.get("/api/me").await.is(200).json()["id"].as_str().unwrap().to_owned();
        let open = prue.share_folder("Product", json!({})).await;
        let counted = prue.share_folder("Product", json!({"max_uses": 5})).await;
        let visitor = Recipient::new();
        visitor.open(&counted).await.is(303);
        let nonce = Recipient::new().nonce(&counted).await;

        site.cloud().set_user_enabled(&id, false).await.unwrap();
        for link in [&open, &counted] {
            visitor.page(link).await.is(410);
            visitor.get(link, "/assets").await.is(410);
            Recipient::new().page(link).await.is(410);
        }
        Recipient::new().post(&counted, &nonce, "").await.is(410);
        let all = json!({"assets": "all", "renditions": ["original"]});
        visitor.ask_bundle(&open, all).await.is(410);
        // Their token is still good, their account is not.
        prue.get("/api/assets").await.is(403);
        let target = json!({"kind": "folder", "id": "x"});
        prue.post("/api/links", json!({"target": target, "title": "x"})).await.is(403);
        let ada = site.user("ada").await;
        let seen = ada.read(&counted).await;
        assert_eq!((&seen["status"], &seen["used"]), (&json!("owner_gone"), &json!(1)));

        site.cloud().set_user_enabled(&id, true).await.unwrap();
        Recipient::new().page(&open).await.is(200);
        visitor.get(&counted, "/assets").await.is(200);
        assert_eq!(prue.read(&counted).await["used"], 1);
    });
}
