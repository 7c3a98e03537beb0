//! View only: everything can be previewed, and the page has no download.

use serde_json::json;

use crate::browser::{Browser, key};
use crate::gallery::{PICTURE, asset, story};

async fn check_no_download(recipient: &Browser) {
    let page = recipient.value("document.documentElement.outerHTML.toLowerCase()").await;
    assert!(!page.as_str().unwrap().contains("download"), "the word is nowhere: {page}");
    let boxes =
        recipient.value("document.querySelectorAll('input[type=checkbox], .get, #picked').length").await;
    assert_eq!(boxes, 0, "nothing can be selected for a download");
}

#[test]
fn a_view_only_link_has_no_download_control() {
    story(async |gallery| {
        let link = gallery.link(json!({"title": "Only to be seen", "access": "view_only"})).await;
        let recipient = gallery.browser("viewer").await;
        recipient.open(&link.url).await;
        recipient.reads("h1", "Only to be seen").await;
        recipient.check_page("view only, cards").await;
        check_no_download(&recipient).await;
        recipient.click(&format!("{}//a[contains(@class, 'open')]", asset(PICTURE))).await;
        recipient.becomes("document.querySelector('#stage img').naturalWidth > 0").await;
        recipient.check_page("view only, preview").await;
        check_no_download(&recipient).await;
        recipient.press(key::ESCAPE).await;
        recipient.click("a[aria-label=List]").await;
        recipient.check_page("view only, list").await;
        check_no_download(&recipient).await;
        recipient.check_console(&[]).await;
    });
}
