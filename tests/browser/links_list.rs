//! Links are edited and deleted in the list, and the recipient sees the effect.

use serde_json::json;

use crate::gallery::{asset, story};

#[test]
fn a_link_is_edited_and_deleted_in_the_list() {
    story(async |gallery| {
        let title = "To be edited";
        let link = gallery.link(json!({"title": title, "max_uses": 1})).await;
        let recipient = gallery.browser("visitor").await;
        recipient.open(&link.url).await;
        recipient.reads("h1", title).await;
        recipient.check_page("gate without a password").await;
        recipient.click("//button[.='Open']").await;
        recipient.text(&asset("Harbour.jpg")).await;

        let carl = gallery.carls_browser("carl's links", "/links").await;
        let row = |title: &str| format!("//tbody/tr[.//a[text()='{title}']]");
        let uses = |title: &str| format!("{}/td[span[contains(., ' left')]]", row(title));
        carl.reads(&uses(title), "0 of 1 use left").await;
        carl.check_page("links").await;
        carl.click(&format!("{}//button[starts-with(@aria-label, 'Actions')]", row(title))).await;
        carl.check_page("a link's menu").await;
        carl.click("//*[@role='menuitem'][.='Edit…']").await;
        carl.reads("dialog h2", "Edit link").await;
        carl.fill("//dialog//*[label[.='Title']]/input", "Edited").await;
        carl.fill("dialog input[type=number]", "3").await;
        carl.check_page("edit link").await;
        carl.click("//dialog//button[.='Next']").await;
        carl.click("//dialog//button[.='Save changes']").await;
        carl.reads(".toast", "Link saved").await;
        // The focus stays in the row, although the row was replaced.
        carl.becomes("document.activeElement.matches('.link-title a')").await;
        carl.reads(&uses("Edited"), "2 of 3 uses left").await;
        let read = gallery.carl().await.read(&link).await;
        assert_eq!(
            (&read["title"], &read["used"], &read["uses_left"]),
            (&json!("Edited"), &json!(1), &json!(2))
        );
        recipient.reload().await;
        recipient.reads("h1", "Edited").await;
        recipient.check_console(&[]).await;

        let delete = async || {
            carl.click(&format!("{}//button[starts-with(@aria-label, 'Actions')]", row("Edited"))).await;
            carl.click("//*[@role='menuitem'][.='Delete…']").await;
            carl.reads("dialog h2", "Delete “Edited”?").await;
        };
        delete().await;
        carl.check_page("delete link").await;
        carl.click("//dialog//button[.='Cancel']").await;
        recipient.reload().await;
        recipient.reads("h1", "Edited").await;
        delete().await;
        carl.click("//dialog//button[.='Delete link']").await;
        carl.becomes("![...document.querySelectorAll('tbody a')].some(a => a.textContent === 'Edited')")
            .await;
        carl.reads(".toast:last-child", "Link deleted").await;
        carl.check_console(&[]).await;
        recipient.reload().await;
        recipient.reads("h1", "This link is not available").await;
        recipient.check_page("deleted").await;
        recipient.check_console(&[404]).await;
    });
}

#[test]
fn the_list_shows_a_dash_for_uncounted_visits_and_offers_browsers_no_sharing() {
    story(async |gallery| {
        gallery.link(json!({"title": "Open to all"})).await;
        gallery.link(json!({"title": "Behind a password", "password": "moonlight"})).await;
        let carl = gallery.carls_browser("carl's visits", "/links").await;
        let visits =
            |title: &str| format!("//tbody/tr[.//a[text()='{title}']]/td[contains(@class, 'number')]");
        carl.reads(&visits("Behind a password"), "0").await;
        assert!(!carl.text(&visits("Open to all")).await.contains('0'));
        carl.check_console(&[]).await;

        let bree = gallery.browser("bree").await;
        bree.open(&format!("{}/links", gallery.site.url())).await;
        bree.click("button[value=bree]").await;
        bree.reads(".empty h2", "No links").await;
        assert!(bree.text(".empty").await.contains("ask an administrator"));
        bree.check_console(&[]).await;
    });
}
