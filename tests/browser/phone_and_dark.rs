//! On a phone, and in the dark.

use serde_json::json;

use crate::browser::Browser;
use crate::gallery::{FOLDER, LOADED, PICTURE, asset, story, tile};

pub async fn be_a_phone(browser: &Browser) {
    let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await;
}

pub async fn prefer_dark(browser: &Browser) {
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.devtools("Emulation.setEmulatedMedia", dark).await;
}

/// That what is behind is dark, and what is written upon it has at least 7:1.
pub async fn is_dark(browser: &Browser) {
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
        be_a_phone(&carl).await;
        carl.open(gallery.site.url()).await;
        carl.look("sign in").await;
        carl.click("button[value=carl]").await;
        carl.becomes("document.querySelectorAll('.tile img').length > 5").await;
        carl.look("gallery").await;
        carl.click("//button[@aria-label='Library']").await;
        carl.look("side bar").await;
        carl.click(&format!("//nav//a[.//span[text()='{FOLDER}']]")).await;
        carl.reads("h1", FOLDER).await;
        carl.click(&tile(PICTURE).replace("/a", "/input")).await;
        carl.look("one selected").await;
        carl.click("//*[@aria-label='Selection']//button[.='Share']").await;
        carl.look("dialog").await;
        carl.click("//dialog//button[.='Next']").await;
        carl.becomes("document.querySelector('dialog input[name=original]').checked").await;
        carl.look("dialog, download options").await;
        carl.click("//dialog//button[.='Create link']").await;
        carl.reads("dialog h2", "Link created").await;
        carl.look("link created").await;
        carl.click("//dialog//button[.='Done']").await;
        carl.open(&format!("{}/links", gallery.site.url())).await;
        carl.text("tbody tr").await;
        carl.look("links").await;
        carl.console_is_clean(&[]).await;

        let link = gallery.link(json!({})).await;
        carl.open(&link.url).await;
        carl.becomes(&format!("{LOADED} > 2")).await;
        carl.look("landing, cards").await;
        carl.click("a[aria-label=List]").await;
        carl.look("landing, list").await;
        carl.click(&format!("{}//a[contains(@class, 'open')]", asset(PICTURE))).await;
        carl.becomes("document.querySelector('#stage img').naturalWidth > 0").await;
        carl.look("preview").await;
        carl.console_is_clean(&[]).await;
    });
}

#[test]
fn the_pages_follow_a_dark_system() {
    story(async |gallery| {
        let browser = gallery.browser("dark").await;
        prefer_dark(&browser).await;
        let link = gallery.link(json!({"password": "moonlight"})).await;
        browser.open(&link.url).await;
        browser.look("gate").await;
        is_dark(&browser).await;
        browser.fill("#password", "moonlight").await;
        browser.click("//button[.='Open']").await;
        browser.becomes(&format!("{LOADED} > 2")).await;
        browser.look("landing, cards").await;
        is_dark(&browser).await;
        browser.click("a[aria-label=List]").await;
        browser.look("landing, list").await;
        // The switch goes before the system, and is remembered.
        browser.click(".theme-switch").await;
        browser.reload().await;
        browser.becomes("document.documentElement.dataset.theme === 'light'").await;
        browser.click(".theme-switch").await;
        browser.open(&format!("{}/s/0000000000000000000000", gallery.site.url())).await;
        browser.reads("h1", "This link is not available").await;
        browser.look("ended").await;
        is_dark(&browser).await;
        browser.console_is_clean(&[404]).await;

        browser.open(gallery.site.url()).await;
        browser.click("button[value=carl]").await;
        browser.becomes("document.querySelectorAll('.tile img').length > 5").await;
        browser.look("gallery").await;
        is_dark(&browser).await;
        browser.click(&format!("//nav//a[.//span[text()='{FOLDER}']]")).await;
        browser.reads("h1", FOLDER).await;
        browser.click("//header//button[.='Share']").await;
        browser.reads("dialog h2", "Share folder").await;
        browser.look("dialog").await;
        browser.console_is_clean(&[]).await;
    });
}
