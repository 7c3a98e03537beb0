//! A link on a selection shares the selected assets, in the order of selection.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn a_selection_keeps_its_order_and_crosses_folders() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let selected = ["Product/side 10.jpg", "Autumn/日本の秋.png", "Imprint.txt", "Product/back.jpg"];
        let link = carl.share_selection(&selected, json!({})).await;
        let recipient = Recipient::new();
        let names = recipient.names(&link).await;
        assert_eq!(names, ["side 10.jpg", "日本の秋.png", "Imprint.txt", "back.jpg"]);
        let page = recipient.page(&link).await.is(200).text();
        let places: Vec<_> = ["side 10", "日本の秋", "Imprint", "back"]
            .iter()
            .map(|name| {
                page.find(&format!(r#"data-name="{name}"#)).unwrap_or_else(|| panic!("{name}: {page}"))
            })
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert_eq!(carl.read(&link).await["target"]["kind"], "selection");
    });
}

#[test]
fn pages_of_a_selection_keep_its_order() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let selected =
            ["Product/side 2.jpg", "Product/front.jpg", "Imprint.txt", "Autumn/leaf.jpg", "Autumn/Leaf.jpg"];
        let link = carl.share_selection(&selected, json!({})).await;
        let recipient = Recipient::new();
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = recipient.get(&link, &format!("/assets?limit=2&cursor={cursor}")).await.is(200).json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            names.extend(items.iter().map(|asset| asset["name"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(names, ["side 2.jpg", "front.jpg", "Imprint.txt", "leaf.jpg", "Leaf.jpg"]);
    });
}

#[test]
fn an_asset_selected_twice_is_refused_or_shared_once() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let asset = carl.asset_id("Product/front.jpg").await;
        let body = json!({
            "target": {"kind": "selection", "assets": [asset, asset]}, "title": "Twice", "access": "download",
        });
        let answer = carl.post("/api/links", body).await;
        if answer.status == 422 {
            assert!(answer.faults()[0].starts_with("target"), "{}", answer.text());
        } else {
            let url = answer.is(201).json()["url"].as_str().unwrap().to_owned();
            let document = reqwest::Client::new().get(url).header("accept", "application/json").send();
            let document: serde_json::Value = document.await.unwrap().json().await.unwrap();
            assert_eq!(document["asset_count"], 1);
        }
    });
}
