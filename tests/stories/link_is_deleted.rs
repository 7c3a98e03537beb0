//! Deleting a link works at once and for ever, also for open visits and ready bundles.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn every_route_of_a_deleted_link_answers_404() {
    story(async {
        let site = Site::shared().await;
        let (carl, ada) = (site.user("carl").await, site.user("ada").await);
        let asset = carl.asset_id("Product/front.jpg").await;
        let link = carl.share_folder("Product", json!({"max_uses": 5, "password": "pass"})).await;
        let recipient = Recipient::new();
        recipient.open_with(&link, "pass").await.is(303);
        let bundle = recipient.bundle_all(&link).await;
        let nonce = Recipient::new().nonce(&link).await;

        carl.delete_link(&link).await.is(204);
        recipient.page(&link).await.is(404);
        for rest in [
            String::new(),
            "/assets".into(),
            format!("/assets/{asset}/original"),
            format!("/bundles/{bundle}"),
            format!("/bundles/{bundle}/file"),
        ] {
            recipient.get(&link, &rest).await.is(404);
        }
        recipient.ask_bundle(&link, json!({"assets": "all", "renditions": ["original"]})).await.is(404);
        recipient.post(&link, &nonce, "pass").await.is(404);
        for user in [&carl, &ada] {
            user.get(&format!("/api/links/{}", link.id)).await.is(404);
            user.edit(&link, json!({"title": "Back?"})).await.is(404);
            user.delete_link(&link).await.is(404);
            assert!(!user.get("/api/links?limit=200&owner=all").await.text().contains(&link.id));
        }
    });
}
