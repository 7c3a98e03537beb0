//! Without JavaScript a link can be opened and viewed, and a file downloaded.

use serde_json::json;

use crate::gallery::{PICTURE, asset, story};

#[test]
fn a_link_works_without_javascript() {
    story(async |gallery| {
        let link =
            gallery.link(json!({"title": "For every browser", "password": "open up", "max_uses": 5})).await;
        let recipient = gallery.browser_without_javascript("no script").await;
        recipient.open(&link.url).await;
        recipient.check_page("gate").await;
        recipient.fill("#password", "open down").await;
        recipient.click("//button[.='Open']").await;
        recipient.text("#error").await;
        recipient.fill("#password", "open up").await;
        recipient.click("//button[.='Open']").await;
        recipient.reads("h1", "For every browser").await;
        let no_script = recipient.value("!document.documentElement.classList.contains('js')").await;
        assert_eq!(no_script, true, "the page's own scripts did not run");
        recipient.check_page("landing").await;
        let useless = recipient
            .value("[...document.querySelectorAll('.js-only')].some(one => one.checkVisibility())")
            .await;
        assert_eq!(useless, false, "controls that need a script are hidden");
        recipient.click(&format!("{}//a[contains(@class, 'get')]", asset(PICTURE))).await;
        assert!(recipient.read_download(PICTURE).await == gallery.file(PICTURE), "the original's bytes");
        recipient.click("a[aria-label=List]").await;
        recipient.reads("//th[.='File information']", "File information").await;
        recipient.check_page("landing, list").await;
        // The preview's link opens the picture itself.
        recipient.click(&format!("{}//a[contains(@class, 'open')]", asset(PICTURE))).await;
        recipient.becomes("document.images.length === 1 && document.images[0].naturalWidth > 400").await;
    });
}
