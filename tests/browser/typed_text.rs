//! What somebody has typed is not thrown away by a stray key.

use e2e::Recipient;
use serde_json::json;

use crate::browser::{Browser, key};
use crate::gallery::story;

const ASKS: &str = "//dialog[.//h2[.='Discard what you entered?']]";

async fn dialogs_become(carl: &Browser, number: u32) {
    carl.becomes(&format!("document.querySelectorAll('dialog').length === {number}")).await;
}

#[test]
fn escape_asks_before_it_discards_what_was_typed() {
    story(async |gallery| {
        gallery.link(json!({"title": "Half written"})).await;
        let carl = gallery.carls_browser("carl types", "/links").await;
        let row = "//tbody/tr[.//a[text()='Half written']]";
        let mail = format!("{row}//button[starts-with(@aria-label, 'Email link')]");
        carl.click(&mail).await;
        carl.becomes("document.activeElement.matches('dialog textarea')").await;
        carl.press(key::ESCAPE).await;
        dialogs_become(&carl, 0).await;

        carl.click(&mail).await;
        let message = "//dialog//*[label[starts-with(., 'Message')]]/textarea";
        carl.fill(message, "A long letter.").await;
        // Twice, since browsers let only the first of two be refused.
        for _ in 0..2 {
            carl.press(key::ESCAPE).await;
            carl.reads(&format!("{ASKS}//p"), "The mail has not been sent.").await;
            carl.look("discard").await;
            carl.press(key::ESCAPE).await;
            dialogs_become(&carl, 1).await;
            carl.becomes("document.activeElement.value === 'A long letter.'").await;
        }
        carl.click("//dialog//button[.='Close']").await;
        carl.click(&format!("{ASKS}//button[.='Keep editing']")).await;
        dialogs_become(&carl, 1).await;
        carl.click("//dialog//button[.='Close']").await;
        carl.click(&format!("{ASKS}//button[.='Discard']")).await;
        dialogs_become(&carl, 0).await;

        carl.click(&format!("{row}//button[starts-with(@aria-label, 'Actions')]")).await;
        carl.click("//*[@role='menuitem'][.='Edit…']").await;
        carl.reads("dialog h2", "Edit link").await;
        carl.fill("//dialog//*[label[.='Title']]/input", "Half written anew").await;
        carl.press(key::ESCAPE).await;
        carl.reads(&format!("{ASKS}//p"), "Your changes have not been saved.").await;
        carl.press(key::ESCAPE).await;
        dialogs_become(&carl, 1).await;
        let kept = "[...document.querySelectorAll('dialog input')].some(({ value }) => value === 'Half written anew')";
        carl.becomes(kept).await;
        carl.console_is_clean(&[]).await;
    });
}

#[test]
fn nobody_writes_a_mail_for_a_link_that_has_ended() {
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
        carl.look("ended").await;
        carl.press(key::ESCAPE).await;
        dialogs_become(&carl, 0).await;
        carl.console_is_clean(&[]).await;
    });
}
