//! Everything works with only the keyboard.

use serde_json::json;

use crate::browser::{Browser, key};
use crate::gallery::{FOLDER, story};

/// Presses Tab until an expression of the focused element `at` is true.
async fn tab_to(browser: &Browser, expression: &str) {
    for _ in 0..60 {
        browser.press(key::TAB).await;
        if browser.value(&format!("(at => Boolean({expression}))(document.activeElement)")).await == true {
            return;
        }
    }
    panic!("Tab does not reach {expression}");
}

#[test]
fn a_recipient_opens_previews_and_downloads_with_the_keyboard() {
    story(async |gallery| {
        let link = gallery.link(json!({"title": "By keys", "password": "keys", "max_uses": 1})).await;
        let recipient = gallery.browser("keys").await;
        recipient.open(&link.url).await;
        recipient.becomes("document.activeElement.id === 'password'").await;
        for letter in "keys".chars() {
            recipient.press(&letter.to_string()).await;
        }
        recipient.press(key::ENTER).await;
        recipient.reads("h1", "By keys").await;

        tab_to(&recipient, "at.matches('.asset a.open')").await;
        recipient.check_page("focus on a card").await;
        let names =
            recipient.value("[...document.querySelectorAll('.asset')].map(one => one.dataset.name)").await;
        let name = |at: usize| names[at].as_str().unwrap();
        recipient.press(key::ENTER).await;
        recipient.reads("#stage-name", name(0)).await;
        for at in [1, 2] {
            recipient.press(key::RIGHT).await;
            recipient.reads("#stage-name", name(at)).await;
        }
        recipient.press(key::LEFT).await;
        recipient.reads("#stage-name", name(1)).await;
        // The focus stays in the stage.
        for _ in 0..10 {
            recipient.press(key::TAB).await;
            recipient
                .becomes(
                    "document.activeElement.closest('#stage') || document.activeElement === document.body",
                )
                .await;
        }
        recipient.press(key::ESCAPE).await;
        recipient.becomes("!document.querySelector('#stage').open").await;
        let back = format!(
            "document.activeElement.matches('a.open') && document.activeElement.closest('.asset').dataset.name === {}",
            json!(name(1))
        );
        recipient.becomes(&back).await;
        tab_to(&recipient, "at.matches('.asset a.get')").await;
        recipient.press(key::ENTER).await;
        assert!(recipient.read_download(name(1)).await == gallery.file(name(1)), "the original's bytes");
        recipient.check_console(&[]).await;
    });
}

#[test]
fn a_link_is_created_with_the_keyboard() {
    story(async |gallery| {
        let carl = gallery.browser("carl's keys").await;
        carl.open(gallery.site.url()).await;
        carl.text("button[value=carl]").await;
        tab_to(&carl, "at.value === 'carl'").await;
        carl.press(key::ENTER).await;
        carl.becomes("document.querySelectorAll('.tile img').length > 5").await;
        tab_to(&carl, &format!("at.matches('nav a') && at.textContent.includes('{FOLDER}')")).await;
        carl.press(key::ENTER).await;
        carl.reads("h1", FOLDER).await;
        carl.becomes("document.querySelectorAll('.tile img').length > 5").await;
        tab_to(&carl, "at.matches('.tile-open')").await;
        carl.check_page("focus on a tile").await;
        carl.press(key::SPACE).await;
        carl.press(key::RIGHT).await;
        carl.press(key::SPACE).await;
        carl.reads(".selection-count", "2 assets selected").await;
        carl.press("s").await;
        carl.reads("dialog h2", "Share selection").await;
        let mut reached = 0;
        for _ in 0..25 {
            carl.press(key::TAB).await;
            let inside = "document.activeElement.closest('dialog') ? 1 : document.activeElement === document.body ? 0 : -1";
            let inside = carl.value(inside).await.as_i64().unwrap();
            assert!(inside >= 0, "the dialog keeps the focus");
            reached += inside;
        }
        assert!(reached > 20, "the focus is in the dialog");
        // Escape changes nothing, and the focus returns.
        carl.press(key::ESCAPE).await;
        carl.becomes("!document.querySelector('dialog') && document.activeElement.matches('.tile-open')")
            .await;
        carl.reads(".selection-count", "2 assets selected").await;
        carl.press("s").await;
        carl.reads("dialog h2", "Share selection").await;
        carl.press(key::ENTER).await;
        carl.becomes("document.querySelector('dialog input[name=original]')?.checkVisibility()").await;
        carl.press(key::ENTER).await;
        carl.reads("dialog h2", "Link created").await;
        carl.becomes("document.activeElement.textContent === 'Copy URL'").await;
        carl.press(key::ESCAPE).await;
        carl.becomes("document.querySelector('.selection-bar').inert").await;
        carl.check_console(&[]).await;
    });
}
