//! The main use, end to end: sign in, select, share with a password and two uses, open in another browser, preview and
//! download.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use e2e::files;
use e2e::needs::{UNZIP, needs};
use serde_json::json;

use crate::browser::{Browser, key};
use crate::gallery::{FOLDER, Gallery, LOADED, PICTURE, asset, story, tile};

const TITLE: &str = "Für Ihr Heft, 日本";
const PASSWORD: &str = "leaves are falling";
const SECOND: &str = "Grünes Tal.jpg";

/// Carl creates the link in the app. Returns its URL.
async fn share(gallery: &Gallery) -> String {
    let carl = gallery.browser("carl").await;
    carl.open(gallery.site.url()).await;
    carl.check_page("sign in").await;
    let sign_in_url = carl.url().await;
    for part in ["response_type=code", "code_challenge=", "code_challenge_method=S256", "state="] {
        assert!(sign_in_url.contains(part), "{part} in {sign_in_url}");
    }
    carl.click("button[value=carl]").await;
    carl.reads("h1", "All assets").await;
    carl.becomes("document.querySelectorAll('.tile img').length > 5").await;
    carl.check_page("gallery").await;

    carl.click(&format!("//nav//a[.//span[text()='{FOLDER}']]")).await;
    carl.reads("h1", FOLDER).await;
    // One asset by Control and a click, then the one before it by the keyboard.
    carl.click_holding(key::CONTROL, &tile(PICTURE)).await;
    carl.reads(".selection-count", "1 asset selected").await;
    carl.press(key::LEFT).await;
    carl.becomes(&format!("document.activeElement.querySelector('[title=\"{SECOND}\"]')")).await;
    carl.press(key::SPACE).await;
    carl.reads(".selection-count", "2 assets selected").await;
    carl.check_page("two selected").await;

    carl.click("//*[@aria-label='Selection']//button[.='Share']").await;
    carl.reads("dialog h2", "Share selection").await;
    carl.check_page("dialog").await;
    carl.fill("//dialog//*[label[.='Title']]/input", TITLE).await;
    carl.click("//dialog//label[.='Number of uses']").await;
    carl.fill("dialog input[type=number]", "2").await;
    carl.reads("dialog .consequence", "Ends after 2 uses. It has no expiration date.").await;
    carl.click("//dialog//label[.='Password']").await;
    carl.fill("dialog input[type=password]", PASSWORD).await;
    carl.check_page("dialog filled in").await;
    carl.click("//dialog//button[.='Next']").await;
    carl.becomes("document.querySelector('dialog input[name=original]').checked").await;
    carl.check_page("dialog, download options").await;
    carl.click("//dialog//button[.='Create link']").await;
    carl.reads("dialog h2", "Link created").await;
    let origin = gallery.site.url();
    let grant = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": origin});
    carl.devtools("Browser.grantPermissions", grant).await;
    carl.click("//dialog//button[.='Copy URL']").await;
    carl.reads(".toast", "URL copied").await;
    carl.check_page("link created").await;
    let url =
        carl.value("document.querySelector('dialog input.url').value").await.as_str().unwrap().to_owned();
    assert!(url.starts_with(&format!("{origin}/s/")), "{url}");
    assert_eq!(carl.value("navigator.clipboard.readText()").await, url, "the URL is on the clipboard");
    carl.click("//dialog//button[.='Done']").await;
    carl.becomes("!document.querySelector('dialog') && document.querySelector('.selection-bar').inert").await;
    carl.check_console(&[]).await;
    url
}

/// Passes the gate, after a wrong password.
async fn enter(recipient: &Browser, url: &str) {
    recipient.open(url).await;
    recipient.reads("h1", "Enter the password").await;
    recipient.check_page("gate").await;
    let hidden = recipient.value("document.documentElement.outerHTML").await;
    for secret in [TITLE, PICTURE, SECOND, "2 assets"] {
        assert!(!hidden.as_str().unwrap().contains(secret), "{secret:?} is shown before the gate");
    }
    recipient.fill("#password", "leaves are fallen").await;
    recipient.click("//button[.='Open']").await;
    recipient
        .reads("#error", "That is not the password. Check it with the person who sent you the link.")
        .await;
    recipient.check_page("gate, wrong password").await;
    recipient.check_console(&[401]).await;
    recipient.fill("#password", PASSWORD).await;
    recipient.click("//button[.='Open']").await;
    recipient.reads("h1", TITLE).await;
}

async fn browse(recipient: &Browser) {
    recipient.becomes(&format!("{LOADED} === 2")).await;
    let summary = recipient.text(".summary").await;
    assert!(summary.contains("2 assets") && summary.contains("1 use left"), "{summary}");
    recipient.check_page("landing, cards").await;
    recipient.click("a[aria-label=List]").await;
    recipient.becomes("document.documentElement.dataset.view === 'list'").await;
    recipient.reload().await;
    recipient.becomes("document.documentElement.dataset.view === 'list'").await;
    recipient.becomes(&format!("{LOADED} === 2")).await;
    recipient.check_page("landing, list").await;
    recipient.click("a[aria-label=Cards]").await;

    // The preview stage: a click opens it, arrow keys move, Escape closes it.
    let first = recipient.value("document.querySelector('.asset').dataset.name").await;
    let other = if first == PICTURE { SECOND } else { PICTURE };
    recipient.click(&format!("{}//a[contains(@class, 'open')]", asset(first.as_str().unwrap()))).await;
    recipient.reads("#stage-name", first.as_str().unwrap()).await;
    recipient.becomes("document.querySelector('#stage img').naturalWidth > 400").await;
    recipient.check_page("preview").await;
    recipient.reads(".stage-place", "1 of 2").await;
    recipient.press(key::RIGHT).await;
    recipient.reads("#stage-name", other).await;
    recipient.press(key::RIGHT).await;
    recipient.press(key::LEFT).await;
    recipient.reads("#stage-name", first.as_str().unwrap()).await;
    recipient.press(key::RIGHT).await;
    recipient.reads("#stage-name", other).await;
    recipient.press(key::ESCAPE).await;
    recipient.becomes("!document.querySelector('#stage').open").await;
    recipient.becomes(&format!("document.activeElement.closest('.asset').dataset.name === '{other}'")).await;
}

async fn download(gallery: &Gallery, recipient: &Browser) {
    recipient.click(&format!("{}//a[contains(@class, 'get')]", asset(PICTURE))).await;
    assert!(recipient.read_download(PICTURE).await == gallery.file(PICTURE), "the original's bytes");

    // Progress may be too fast for the test to see, so the page itself records its texts.
    recipient
        .run(
            "window.texts = [];
             new MutationObserver(() => window.texts.push(document.querySelector('.bundle-words').textContent))
                 .observe(document.querySelector('#bundle'), { subtree: true, childList: true, characterData: true });",
        )
        .await;
    recipient.click("#download-all").await;
    recipient.reads(".bundle-words", "Your download has started").await;
    recipient.check_page("landing, downloaded").await;
    let texts = recipient.value("[...new Set(window.texts)]").await;
    assert!(texts[0].as_str().unwrap().starts_with("Preparing"), "{texts}");
    let name = format!("{TITLE}.zip");
    let bytes = recipient.read_download(&name).await;

    needs(&[UNZIP]);
    let folder = gallery.site.folder("unzipped");
    let zip = folder.with_file_name("saved.zip");
    fs::write(&zip, bytes).unwrap();
    let unzip = |arguments: &[&str]| {
        // Without a UTF-8 locale unzip changes Unicode names.
        let run = Command::new("unzip")
            .args(arguments)
            .arg(&zip)
            .current_dir(&folder)
            .env("LC_ALL", "C.UTF-8")
            .output();
        let run = run.unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    unzip(&["-tq"]);
    unzip(&["-q"]);
    let expected = BTreeMap::from([PICTURE, SECOND].map(|name| (name.to_owned(), gallery.file(name))));
    assert!(files::tree(&folder) == expected, "contents of {:?}", files::tree(&folder).keys());
}

#[test]
fn a_selection_is_shared_opened_previewed_and_downloaded() {
    story(async |gallery| {
        let url = share(gallery).await;
        let recipient = gallery.browser("recipient").await;
        enter(&recipient, &url).await;
        browse(&recipient).await;
        download(gallery, &recipient).await;
        recipient.check_console(&[]).await;

        // The first recipient spent one use for all of that; a second recipient spends the other one.
        let second = gallery.browser("second recipient").await;
        second.open(&url).await;
        second.fill("#password", PASSWORD).await;
        second.press(key::ENTER).await;
        second.reads("h1", TITLE).await;
        second.check_console(&[]).await;
        let third = gallery.browser("third recipient").await;
        third.open(&url).await;
        third.reads("h1", "This link is not available").await;
        third.check_page("used up").await;
        third.check_console(&[410]).await;
        recipient.reload().await;
        recipient.reads("h1", TITLE).await;
    });
}
