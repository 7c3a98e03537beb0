//! Escape and Close don't discard input without a question.

use e2e::Recipient;
use serde_json::json;

use crate::browser::{Browser, key};
use crate::gallery::story;

const QUESTION: &str = "//dialog[.//h2[.='Discard what you entered?']]";

async fn wait_for_dialogs(carl: &Browser, number: u32) {
    carl.becomes(&format!("document.querySelectorAll('dialog').length === {number}")).await;
}

#[test]
fn escape_asks_before_it_discards_input() {
    story(async |gallery| {
        gallery.link(json!({"title": "Half written"})).await;
        let carl = gallery.carls_browser("carl types", "/links").await;
        let row = "//tbody/tr[.//a[text()='Half written']]";
        let mail = format!("{row}//button[starts-with(@aria-label, 'Email link')]");
        carl.click(&mail).await;
        carl.becomes("document.activeElement.matches('dialog textarea')").await;
        carl.press(key::ESCAPE).await;
        wait_for_dialogs(&carl, 0).await;

        carl.click(&mail).await;
        let message = "//dialog//*[label[starts-with(., 'Message')]]/textarea";
        carl.fill(message, "A long letter.").await;
        // Twice, because a page can refuse only the first of two `cancel` events.
        for _ in 0..2 {
            carl.press(key::ESCAPE).await;
            carl.reads(&format!("{QUESTION}//p"), "The mail has not been sent.").await;
            carl.check_page("discard").await;
            carl.press(key::ESCAPE).await;
            wait_for_dialogs(&carl, 1).await;
            carl.becomes("document.activeElement.value === 'A long letter.'").await;
        }
        carl.click("//dialog//button[.='Close']").await;
        carl.click(&format!("{QUESTION}//button[.='Keep editing']")).await;
        wait_for_dialogs(&carl, 1).await;
        carl.click("//dialog//button[.='Close']").await;
        carl.click(&format!("{QUESTION}//button[.='Discard']")).await;
        wait_for_dialogs(&carl, 0).await;

        carl.click(&format!("{row}//button[starts-with(@aria-label, 'Actions')]")).await;
        carl.click("//*[@role='menuitem'][.='Edit…']").await;
        carl.reads("dialog h2", "Edit link").await;
        carl.fill("//dialog//*[label[.='Title']]/input", "Half written anew").await;
        carl.press(key::ESCAPE).await;
        carl.reads(&format!("{QUESTION}//p"), "Your changes have not been saved.").await;
        carl.press(key::ESCAPE).await;
        wait_for_dialogs(&carl, 1).await;
        let is_kept = "[...document.querySelectorAll('dialog input')].some(({ value }) => value === 'Half written anew')";
        carl.becomes(is_kept).await;
        carl.check_console(&[]).await;
    });
}

#[test]
fn the_dialog_offers_no_mail_for_an_ended_link() {
    story(async |gallery| {
        let link = gallery.link(json!({"title": "Used up", "max_uses": 1})).await;
        Recipient::new().open(&link).await.is(303);
        let carl = gallery.carls_browser("carl is late", "/links").await;
        carl.click("//tbody/tr[.//a[text()='Used up']]//button[starts-with(@aria-label, 'Email link')]")
            .await;
        carl.reads(
            "dialog .notice",
            "This link’s uses are spent, so nobody could open it. Edit it and allow more of them, then send it.",
        )
        .await;
        carl.becomes("!document.querySelector('dialog textarea, dialog [type=submit]')").await;
        carl.check_page("ended").await;
        carl.press(key::ESCAPE).await;
        wait_for_dialogs(&carl, 0).await;
        carl.check_console(&[]).await;
    });
}
