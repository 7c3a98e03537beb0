//! A recipient downloads one file: its bytes unchanged, under its name.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn a_downloaded_file_equals_the_file_in_the_library() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({"max_uses": 1})).await;
        let recipient = Recipient::new();
        recipient.open(&link).await.is(303);
        for asset in recipient.assets(&link).await {
            let name = asset["name"].as_str().unwrap();
            let downloads = asset["downloads"].as_array().unwrap();
            assert_eq!(downloads.len(), 1, "{asset}");
            assert_eq!(downloads[0]["rendition"], "original");
            let saved = recipient.save(&link, asset["id"].as_str().unwrap(), "original").await;
            assert_eq!(saved.name, name);
            assert_eq!(saved.bytes, site.file(&format!("Autumn/{name}")), "{name}");
        }
    });
}

#[test]
fn a_download_is_never_shown_inline_and_can_be_resumed() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_asset("Autumn/price list.pdf", json!({})).await;
        let asset = carl.asset_id("Autumn/price list.pdf").await;
        let recipient = Recipient::new();
        let sent = recipient.ask_for(&link, &asset, "original").await.is(302);
        assert!(sent.header("cache-control").contains("no-store"));
        let url = sent.header("location");
        let store = reqwest::Url::parse(url).unwrap().origin();
        assert_ne!(
            store,
            reqwest::Url::parse(site.url()).unwrap().origin(),
            "files have another origin than the site"
        );
        let whole = site.file("Autumn/price list.pdf");
        let part = reqwest::Client::new().get(url).header("range", "bytes=10-").send().await.unwrap();
        assert_eq!(part.status().as_u16(), 206);
        assert!(part.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!(part.bytes().await.unwrap(), whole[10..]);
        // The signature covers the object and the disposition.
        for tampered in [
            url.replace("price%20list.pdf", "rain.wav"),
            url.replace("attachment", "inline"),
            url.split('?').next().unwrap().to_owned(),
        ] {
            assert_ne!(tampered, url);
            assert_eq!(recipient.fetch(&tampered).await.status, 403, "{tampered}");
        }
    });
}

#[test]
fn each_rendition_is_downloaded_under_a_different_name() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let options = json!({"options": {"original": true, "thumbnail": true, "preview": true}});
        let link = carl.share_asset("Autumn/日本の秋.png", options).await;
        let asset = carl.asset_id("Autumn/日本の秋.png").await;
        let recipient = Recipient::new();
        let mut names = Vec::new();
        for rendition in ["original", "preview", "thumbnail"] {
            let saved = recipient.save(&link, &asset, rendition).await;
            assert!(image::load_from_memory(&saved.bytes).is_ok());
            assert!(saved.name.starts_with("日本の秋"), "{}", saved.name);
            names.push(saved.name);
        }
        assert_eq!(names[0], "日本の秋.png");
        assert!(
            names[1].ends_with(".jpg") && names[2].ends_with(".jpg") && names[1] != names[2],
            "{names:?}"
        );
    });
}

#[test]
fn the_page_has_a_plain_link_to_each_file() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let page = recipient.page(&link).await.is(200).text();
        for asset in recipient.assets(&link).await {
            let path = format!("/s/{}/assets/{}/original", link.token, asset["id"].as_str().unwrap());
            assert!(page.contains(&format!(r#"href="{path}""#)), "{path}");
            assert_eq!(asset["downloads"][0]["url"], path);
        }
    });
}
