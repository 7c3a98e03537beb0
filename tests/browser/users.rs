//! Administrators' page of the users: an account is disabled, enabled and deleted there.

use e2e::Recipient;
use serde_json::json;

use crate::browser::Browser;
use crate::gallery::{FOLDER, Gallery, story};
use crate::phone_and_dark::{be_a_phone, is_dark, prefer_dark};

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
        // Nobody else's story is about prue.
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
        assert_eq!(ada.text("//tbody/tr[th[.='Ada Abel']]/td[4]").await, "You", "she can't shut herself out");
        ada.look("users").await;

        ada.click(&format!("{row}//button[.='Disable']")).await;
        ada.reads("dialog h2", "Disable Prue Park?").await;
        ada.look("disable").await;
        ada.press("\u{E00C}").await;
        ada.becomes("!document.querySelector('dialog')").await;
        recipient.page(&link).await.is(200);
        ada.click(&format!("{row}//button[.='Disable']")).await;
        ada.click("//dialog//button[.='Disable account']").await;
        ada.reads(&state, "Disabled").await;
        ada.look("disabled").await;
        recipient.page(&link).await.is(410);
        // Whoever needs no mouse goes on from the same place.
        ada.becomes("document.activeElement.textContent === 'Enable'").await;
        ada.press("\u{E007}").await;
        ada.reads(&state, "Active").await;
        recipient.page(&link).await.is(200);

        ada.click(&format!("{row}//button[@aria-label='Delete Prue Park']")).await;
        ada.reads("dialog h2", "Delete Prue Park?").await;
        ada.look("delete").await;
        ada.click("//dialog//button[.='Delete account']").await;
        ada.becomes(
            "![...document.querySelectorAll('tbody th')].some(one => one.textContent === 'Prue Park')",
        )
        .await;
        recipient.page(&link).await.is(410);
        prue.get("/api/me").await.is(403);
        ada.console_is_clean(&[]).await;
    });
}

#[test]
fn the_users_fit_a_phone_and_the_dark() {
    story(async |gallery| {
        gallery.carl().await.get("/api/me").await.is(200);
        let set_up = async |browser: &Browser| {
            be_a_phone(browser).await;
            prefer_dark(browser).await;
        };
        let ada = adas_browser(gallery, "ada's phone", set_up).await;
        ada.text("//tbody/tr[th[.='Carl Conrad']]").await;
        ada.look("users").await;
        is_dark(&ada).await;
        ada.console_is_clean(&[]).await;
    });
}

#[test]
fn nobody_else_sees_the_users() {
    story(async |gallery| {
        let carl = gallery.carls_browser("carl's side bar", "/users").await;
        carl.reads(".empty h2", "For administrators").await;
        carl.becomes("document.querySelector('nav a[href=\"/links\"]') && !document.querySelector('nav a[href=\"/users\"]')")
            .await;
        carl.look("no users").await;
        carl.console_is_clean(&[]).await;
    });
}
