//! The page of users, where administrators disable, enable and delete accounts.

use e2e::Recipient;
use serde_json::json;

use crate::browser::Browser;
use crate::gallery::{FOLDER, Gallery, story};
use crate::phone_and_dark::{check_dark, emulate_phone, prefer_dark};

async fn adas_browser(gallery: &Gallery, name: &'static str, set_up: impl AsyncFnOnce(&Browser)) -> Browser {
    let browser = gallery.browser(name).await;
    set_up(&browser).await;
    browser.open(&format!("{}/users", gallery.site.url())).await;
    browser.click("button[value=ada]").await;
    browser.text("tbody tr").await;
    browser
}

#[test]
fn an_administrator_disables_enables_and_deletes_an_account() {
    story(async |gallery| {
        // No other story uses prue.
        let prue = gallery.site.user("prue").await;
        let link = prue.share_folder(FOLDER, json!({})).await;
        let recipient = Recipient::new();
        recipient.page(&link).await.is(200);

        let ada = adas_browser(gallery, "ada's users", async |_| {}).await;
        let row = "//tbody/tr[th[.='Prue Park']]";
        let state = format!("{row}//*[contains(@class, 'badge')]");
        ada.reads(&state, "Active").await;
        ada.reads(&format!("{row}/td[1]"), "prue@example.org").await;
        ada.reads(&format!("{row}/td[2]"), "Producer").await;
        ada.reads("nav [aria-current=page]", "Users").await;
        assert_eq!(ada.text("//tbody/tr[th[.='Ada Abel']]/td[4]").await, "You", "she can't disable herself");
        ada.check_page("users").await;

        ada.click(&format!("{row}//button[.='Disable']")).await;
        ada.reads("dialog h2", "Disable Prue Park?").await;
        ada.check_page("disable").await;
        ada.press("\u{E00C}").await;
        ada.becomes("!document.querySelector('dialog')").await;
        recipient.page(&link).await.is(200);
        ada.click(&format!("{row}//button[.='Disable']")).await;
        ada.click("//dialog//button[.='Disable account']").await;
        ada.reads(&state, "Disabled").await;
        ada.check_page("disabled").await;
        recipient.page(&link).await.is(410);
        // The focus stays in the row for keyboard users.
        ada.becomes("document.activeElement.textContent === 'Enable'").await;
        ada.press("\u{E007}").await;
        ada.reads(&state, "Active").await;
        recipient.page(&link).await.is(200);

        ada.click(&format!("{row}//button[@aria-label='Delete Prue Park']")).await;
        ada.reads("dialog h2", "Delete Prue Park?").await;
        ada.check_page("delete").await;
        ada.click("//dialog//button[.='Delete account']").await;
        ada.becomes(
            "![...document.querySelectorAll('tbody th')].some(one => one.textContent === 'Prue Park')",
        )
        .await;
        recipient.page(&link).await.is(410);
        prue.get("/api/me").await.is(403);
        ada.check_console(&[]).await;
    });
}

#[test]
fn the_page_of_users_fits_a_phone_with_the_dark_theme() {
    story(async |gallery| {
        gallery.carl().await.get("/api/me").await.is(200);
        let set_up = async |browser: &Browser| {
            emulate_phone(browser).await;
            prefer_dark(browser).await;
        };
        let ada = adas_browser(gallery, "ada's phone", set_up).await;
        ada.text("//tbody/tr[th[.='Carl Conrad']]").await;
        ada.check_page("users").await;
        check_dark(&ada).await;
        ada.check_console(&[]).await;
    });
}

#[test]
fn only_administrators_see_the_users() {
    story(async |gallery| {
        let carl = gallery.carls_browser("carl's side bar", "/users").await;
        carl.reads(".empty h2", "For administrators").await;
        carl.becomes("document.querySelector('nav a[href=\"/links\"]') && !document.querySelector('nav a[href=\"/users\"]')")
            .await;
        carl.check_page("no users").await;
        carl.check_console(&[]).await;
    });
}
