//! View only: previews are shown, and the server refuses every download.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn a_view_only_link_shows_previews_and_refuses_downloads() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"access": "view_only"})).await;
        assert!(link.body["options"].is_null(), "{}", link.body);
        let recipient = Recipient::new();
        let page = recipient.page(&link).await.is(200).text();
        assert!(!page.to_lowercase().contains("download"), "{page}");
        assert!(!page.contains("/original") && !page.contains("/bundles"), "{page}");
        let document = recipient.document(&link).await.is(200).json();
        assert_eq!((&document["access"], &document["options"]), (&json!("view_only"), &json!(null)));

        let assets = recipient.assets(&link).await;
        assert_eq!(assets.len(), 4);
        for asset in &assets {
            assert_eq!(asset["downloads"], json!([]), "{asset}");
            let original = site.file(&format!("Product/{}", asset["name"].as_str().unwrap()));
            for url in [&asset["thumbnail_url"], &asset["preview"]["url"]] {
                let picture = recipient.fetch(url.as_str().unwrap()).await.is(200);
                assert_ne!(picture.body, original, "previews are never the original's bytes");
                assert!(!picture.header("content-disposition").starts_with("attachment"));
            }
            let id = asset["id"].as_str().unwrap();
            for rendition in ["original", "thumbnail", "preview", "view:Back", "preset:web-jpeg"] {
                recipient.ask_for(&link, id, rendition).await.is(403);
            }
        }
        for body in [
            json!({"assets": "all", "renditions": ["original"]}),
            json!({"assets": "all", "renditions": ["preview"]}),
            json!({"assets": [assets[0]["id"]], "renditions": ["thumbnail"]}),
        ] {
            recipient.ask_bundle(&link, body).await.is(403);
        }
        for extra in ["pdf", "attributes.csv", "attributes.xlsx", "attribute_history.csv"] {
            let refused = recipient.get(&link, &format!("/extras/{extra}")).await;
            assert!([403, 404].contains(&refused.status), "{extra}: {}", refused.status);
        }
    });
}

#[test]
fn a_bundle_built_before_the_change_is_refused_too() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let id = recipient.bundle_all(&link).await;
        recipient.get(&link, &format!("/bundles/{id}/file")).await.is(302);
        carl.edit(&link, json!({"access": "view_only"})).await.is(200);
        recipient.get(&link, &format!("/bundles/{id}")).await.is(403);
        recipient.get(&link, &format!("/bundles/{id}/file")).await.is(403);
    });
}

#[test]
fn renditions_that_are_not_offered_are_refused() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"options": {"preview": true}})).await;
        let recipient = Recipient::new();
        let id = recipient.assets(&link).await[0]["id"].as_str().unwrap().to_owned();
        recipient.ask_for(&link, &id, "original").await.is(403);
        recipient.ask_for(&link, &id, "thumbnail").await.is(403);
        let saved = recipient.save(&link, &id, "preview").await;
        let preview = image::load_from_memory(&saved.bytes).unwrap();
        assert_eq!(preview.width().max(preview.height()), 500);
        let both = json!({"assets": "all", "renditions": ["preview", "original"]});
        recipient.ask_bundle(&link, both).await.is(403);
    });
}
