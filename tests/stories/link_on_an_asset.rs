//! A link on one asset shares only that asset.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn a_link_on_an_asset_shares_only_that_asset() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let asset = carl.asset("Product/front.jpg").await;
        let link = carl.share_asset("Product/front.jpg", json!({"title": "The front"})).await;
        let target = &link.body["target"];
        assert_eq!((&target["kind"], &target["id"]), (&json!("asset"), &asset["id"]), "{target}");
        assert_eq!(link.body["status"], "active");

        let recipient = Recipient::new();
        let page = recipient.page(&link).await.is(200).text();
        assert!(page.contains("<h1>The front</h1>") && page.contains("front"), "{page}");
        assert!(!page.contains("back"), "other assets of the folder are not shared");
        let document = recipient.document(&link).await.is(200).json();
        assert_eq!((&document["state"], &document["asset_count"]), (&json!("open"), &json!(1)));
        let assets = recipient.assets(&link).await;
        assert_eq!(assets.len(), 1);
        for figure in ["id", "name", "file_type", "size", "width", "height"] {
            assert_eq!(assets[0][figure], asset[figure], "{figure}");
        }
        assert_eq!((&assets[0]["width"], &assets[0]["height"]), (&json!(800), &json!(600)));
    });
}

#[test]
fn thumbnail_and_preview_of_a_shared_asset_can_be_loaded() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_asset("Product/front.jpg", json!({})).await;
        let recipient = Recipient::new();
        let asset = &recipient.assets(&link).await[0];
        let thumbnail = recipient.fetch(asset["thumbnail_url"].as_str().unwrap()).await.is(200);
        let preview = recipient.fetch(asset["preview"]["url"].as_str().unwrap()).await.is(200);
        assert_eq!(thumbnail.header("content-type"), "image/jpeg");
        let pixels = |bytes: &[u8]| {
            let image = image::load_from_memory(bytes).unwrap();
            (image.width(), image.height())
        };
        assert_eq!(pixels(&preview.body), (500, 375));
        let (width, height) = pixels(&thumbnail.body);
        assert!(width.max(height) <= 150, "{width} × {height}");
    });
}
