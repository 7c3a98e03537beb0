//! The pages on a phone, and with the dark theme.

use serde_json::json;

use crate::browser::Browser;
use crate::gallery::{FOLDER, LOADED, PICTURE, asset, story, tile};

pub async fn emulate_phone(browser: &Browser) {
    let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await;
}

pub async fn prefer_dark(browser: &Browser) {
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.devtools("Emulation.setEmulatedMedia", dark).await;
}

/// Checks that the page's background is dark, and that its title has a contrast of at least 7:1.
pub async fn check_dark(browser: &Browser) {
    let contrast = browser
        .run(
            "const context = new OffscreenCanvas(1, 1).getContext('2d');
             const luminance = colour => {
                 context.fillStyle = colour;
                 context.fillRect(0, 0, 1, 1);
                 const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(one => one / 255)
                     .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
                 return 0.2126 * r + 0.7152 * g + 0.0722 * b;
             };
             const back = luminance(getComputedStyle(document.body).backgroundColor);
             return [back, (luminance(getComputedStyle(document.querySelector('h1')).color) + 0.05) / (back + 0.05)];",
        )
        .await;
    assert!(contrast[0].as_f64() < Some(0.05), "the background's luminance: {contrast}");
    assert!(contrast[1].as_f64() > Some(7.0), "the title's contrast: {contrast}");
}

#[test]
fn the_pages_fit_a_phone() {
    story(async |gallery| {
        let carl = gallery.browser("phone").await;
        emulate_phone(&carl).await;
        carl.open(gallery.site.url()).await;
        carl.check_page("sign in").await;
        carl.click("button[value=carl]").await;
        carl.becomes("document.querySelectorAll('.tile img').length > 5").await;
        carl.check_page("gallery").await;
        carl.click("//button[@aria-label='Library']").await;
        carl.check_page("side bar").await;
        carl.click(&format!("//nav//a[.//span[text()='{FOLDER}']]")).await;
        carl.reads("h1", FOLDER).await;
        carl.click(&tile(PICTURE).replace("/a", "/input")).await;
        carl.check_page("one selected").await;
        carl.click("//*[@aria-label='Selection']//button[.='Share']").await;
        carl.check_page("dialog").await;
        carl.click("//dialog//button[.='Next']").await;
        carl.becomes("document.querySelector('dialog input[name=original]').checked").await;
        carl.check_page("dialog, download options").await;
        carl.click("//dialog//button[.='Create link']").await;
        carl.reads("dialog h2", "Link created").await;
        carl.check_page("link created").await;
        carl.click("//dialog//button[.='Done']").await;
        carl.open(&format!("{}/links", gallery.site.url())).await;
        carl.text("tbody tr").await;
        carl.check_page("links").await;
        carl.check_console(&[]).await;

        let link = gallery.link(json!({})).await;
        carl.open(&link.url).await;
        carl.becomes(&format!("{LOADED} > 2")).await;
        carl.check_page("landing, cards").await;
        carl.click("a[aria-label=List]").await;
        carl.check_page("landing, list").await;
        carl.click(&format!("{}//a[contains(@class, 'open')]", asset(PICTURE))).await;
        carl.becomes("document.querySelector('#stage img').naturalWidth > 0").await;
        carl.check_page("preview").await;
        carl.check_console(&[]).await;
    });
}

#[test]
fn the_pages_follow_a_dark_system() {
    story(async |gallery| {
        let browser = gallery.browser("dark").await;
        prefer_dark(&browser).await;
        let link = gallery.link(json!({"password": "moonlight"})).await;
        browser.open(&link.url).await;
        browser.check_page("gate").await;
        check_dark(&browser).await;
        browser.fill("#password", "moonlight").await;
        browser.click("//button[.='Open']").await;
        browser.becomes(&format!("{LOADED} > 2")).await;
        browser.check_page("landing, cards").await;
        check_dark(&browser).await;
        browser.click("a[aria-label=List]").await;
        browser.check_page("landing, list").await;
        // The switch has priority over the system, and is stored.
        browser.click(".theme-switch").await;
        browser.reload().await;
        browser.becomes("document.documentElement.dataset.theme === 'light'").await;
        browser.click(".theme-switch").await;
        browser.open(&format!("{}/s/0000000000000000000000", gallery.site.url())).await;
        browser.reads("h1", "This link is not available").await;
        browser.check_page("ended").await;
        check_dark(&browser).await;
        browser.check_console(&[404]).await;

        browser.open(gallery.site.url()).await;
        browser.click("button[value=carl]").await;
        browser.becomes("document.querySelectorAll('.tile img').length > 5").await;
        browser.check_page("gallery").await;
        check_dark(&browser).await;
        browser.click(&format!("//nav//a[.//span[text()='{FOLDER}']]")).await;
        browser.reads("h1", FOLDER).await;
        browser.click("//header//button[.='Share']").await;
        browser.reads("dialog h2", "Share folder").await;
        browser.check_page("dialog").await;
        browser.check_console(&[]).await;
    });
}
