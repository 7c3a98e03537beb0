//! A link on a folder shares the folder's own assets, and those of its subfolders only if they are included.

use e2e::{Recipient, Site, story, with};
use serde_json::json;

#[test]
fn a_link_on_a_folder_leaves_out_its_subfolders() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({})).await;
        let recipient = Recipient::new();
        let mut names = recipient.names(&link).await;
        names.sort();
        let own = [
            "Leaf.jpg",
            "Müller am See.jpg",
            "forest path.jpg",
            "leaf.jpg",
            "price list.pdf",
            "rain.wav",
            "日本の秋.png",
        ];
        assert_eq!(names, own);
        let page = recipient.page(&link).await.is(200).text();
        assert!(page.contains("日本の秋") && !page.contains("moon.jpg"));
        for below in ["Autumn/Night/moon.jpg", "Product/front.jpg", "Imprint.txt"] {
            let asset = carl.asset_id(below).await;
            recipient.ask_for(&link, &asset, "original").await.is(404);
            let selected = json!({"assets": [asset], "renditions": ["original"]});
            let refused = recipient.ask_bundle(&link, selected).await;
            assert!([404, 422].contains(&refused.status), "{} {}", refused.status, refused.text());
        }
    });
}

#[test]
fn a_link_that_includes_subfolders_shares_the_tree() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let tree = json!({"kind": "folder", "id": carl.folder("Autumn").await, "include_subfolders": true});
        let link = carl.share(tree.clone(), json!({})).await;
        for (field, value) in tree.as_object().unwrap() {
            assert_eq!(&link.body["target"][field], value);
        }
        let recipient = Recipient::new();
        let names = recipient.names(&link).await;
        assert_eq!(names.len(), 9);
        assert!(names.contains(&"moon.jpg".to_owned()) && !names.contains(&"front.jpg".to_owned()));
        let moon = carl.asset_id("Autumn/Night/moon.jpg").await;
        let saved = recipient.save(&link, &moon, "original").await;
        assert_eq!(saved.bytes, site.file("Autumn/Night/moon.jpg"));
    });
}

#[test]
fn fields_of_other_targets_are_refused_for_a_folder() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let folder = json!({"kind": "folder", "id": carl.folder("Autumn").await});
        let body = |target| json!({"target": target, "title": "x", "access": "download"});
        let left_out = carl.link(body(folder.clone())).await;
        assert_eq!(left_out.body["target"]["include_subfolders"], false);
        let mixed = with(folder, json!({"assets": []}));
        let refused = carl.post("/api/links", body(mixed)).await.is(422);
        assert!(refused.faults()[0].starts_with("target"), "{}", refused.text());
    });
}
