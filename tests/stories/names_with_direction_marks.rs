//! A file name may contain invisible marks that make it look like another name. Pages, lists and downloads leave them
//! out.

use domain::invisible::is_invisible;
use e2e::{Recipient, Site, files, story};
use serde_json::json;

#[test]
fn a_name_with_a_direction_mark_is_shown_and_saved_without_it() {
    story(async {
        let site = Site::start().await;
        // Shown as `photoexe.jpg`.
        files::put(&site.library(), "Turned\u{202e}/photo\u{202e}gpj.exe", b"no photo");
        files::put(&site.library(), "Turned\u{202e}/second\u{2028}ls.txt", b"no list");
        let carl = site.user("carl").await;
        carl.wait_for_ingest(files::tree(&site.library()).len()).await;
        let folders = carl.get("/api/folders").await.is(200);
        let id = folders.json()["items"].as_array().unwrap().iter().find(|f| f["name"] == "Turned").unwrap()
            ["id"]
            .clone();
        let target = json!({"kind": "folder", "id": id});
        let link = carl.share(target, json!({"title": "One\u{202e}owT"})).await;
        assert_eq!(link.body["target"]["name"], "Turned");
        let recipient = Recipient::new();
        let list = recipient.get(&link, "/assets").await.is(200);
        for answer in [
            recipient.page(&link).await.is(200),
            recipient.page_at(&link, "?view=list").await.is(200),
            list.clone(),
            folders.clone(),
            carl.get(&format!("/api/assets?in=folder:{}", id.as_str().unwrap())).await.is(200),
        ] {
            assert!(answer.text().contains("Turned") || answer.text().contains("photogpj.exe"));
            assert!(!answer.text().contains(is_invisible), "{}", answer.text().escape_debug());
        }
        for asset in list.json()["items"].as_array().unwrap() {
            let saved = recipient.save(&link, asset["id"].as_str().unwrap(), "original").await;
            assert!(["photo_gpj.exe", "second_ls.txt"].contains(&saved.name.as_str()), "{:?}", saved.name);
        }
        let id = recipient.bundle_all(&link).await;
        let zip = recipient.save_bundle(&link, &id).await;
        assert!(!zip.name.contains(is_invisible), "{:?}", zip.name);
        let bytes = String::from_utf8_lossy(&zip.bytes);
        assert!(bytes.contains("photo_gpj.exe") && !bytes.contains(is_invisible));
    });
}
