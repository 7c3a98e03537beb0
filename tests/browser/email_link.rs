//! Email link, from the sender's and the recipient's side.

use serde_json::json;

use crate::browser::key;
use crate::gallery::{PICTURE, asset, story, tile};

/// The place of the status that the dialog shows for an address.
fn status(address: &str) -> String {
    format!("//dialog//li[span[@title='{address}']]/*[contains(@class, 'badge')]")
}

#[test]
fn a_link_is_mailed_from_its_row_and_each_status_is_shown() {
    story(async |gallery| {
        let title = "To be mailed";
        let link = gallery.link(json!({"title": title, "password": "moonlight"})).await;
        let carl = gallery.carls_browser("carl mails", "/links").await;
        let row = format!("//tbody/tr[.//a[text()='{title}']]");
        carl.click(&format!("{row}//button[starts-with(@aria-label, 'Actions')]")).await;
        carl.click("//*[@role='menuitem'][.='Email link…']").await;
        carl.reads("dialog h2", "Email link").await;
        carl.becomes("document.activeElement.matches('dialog textarea')").await;
        carl.check_page("email link").await;

        // Errors are shown below their field, and the input is kept.
        carl.click("//dialog//button[.='Send']").await;
        carl.reads("dialog .errors", "Enter at least one address.").await;
        let to = "//dialog//*[label[.='To']]/textarea";
        let message = "//dialog//*[label[starts-with(., 'Message')]]/textarea";
        carl.fill(message, "Hello,\n\nas promised.").await;
        carl.fill(to, "anna@example.net, bert, carl@b").await;
        carl.press(key::ENTER).await;
        carl.reads(
            "dialog .errors",
            "“bert” is not an address like anna@example.org.“carl@b” is not an address like anna@example.org.",
        )
        .await;
        carl.becomes("document.activeElement.getAttribute('aria-invalid') === 'true'").await;
        carl.becomes("document.querySelector('dialog textarea').value === 'anna@example.net, bert, carl@b'")
            .await;
        carl.check_page("bad addresses").await;

        let bounces = "bounce@simulator.amazonses.com";
        let refused = "rejected@simulator.amazonses.com";
        carl.fill(to, &format!("anna@example.net, {bounces}, {refused}")).await;
        carl.click("//dialog//button[.='Send']").await;
        carl.reads(&status("anna@example.net"), "Sent").await;
        carl.reads(&status(refused), "Failed").await;
        carl.reads(&status(bounces), "Bounced").await;
        carl.reads("dialog [role=status]", "3 mails: 1 sent, 1 failed, 1 bounced").await;
        assert!(carl.text("dialog .mails").await.contains("There is no mailbox of this address."));
        carl.check_page("statuses").await;
        carl.press(key::ESCAPE).await;
        carl.becomes("document.querySelectorAll('dialog').length === 0").await;
        carl.becomes("document.activeElement.getAttribute('aria-label')?.startsWith('Actions')").await;
        // The statuses are still there when the dialog is opened again.
        carl.click(&format!("{row}//button[starts-with(@aria-label, 'Email link')]")).await;
        carl.reads(&status("anna@example.net"), "Sent").await;
        carl.check_console(&[422]).await;

        let anna = gallery.browser("anna").await;
        anna.open(&format!("{}/mail", gallery.site.url())).await;
        anna.check_page("mails").await;
        anna.click("//li/a[contains(., 'anna@example.net')]").await;
        anna.reads("h1", &format!("Carl Conrad shared “{title}” with you")).await;
        assert!(anna.text("pre").await.contains(&link.url));
        anna.check_page("a mail").await;
        let body = anna.value("document.querySelector('iframe').src").await;
        anna.open(body.as_str().unwrap()).await;
        anna.reads("blockquote", "Hello,as promised.").await;
        anna.check_page("the mail itself").await;
        anna.check_console(&[]).await;
        let url = anna.value("document.querySelector('a').href").await;
        assert_eq!(url, link.url.as_str());
        anna.open(&link.url).await;
        anna.reads("h1", "Enter the password").await;
    });
}

#[test]
fn a_new_link_is_mailed_on_a_phone_with_the_dark_theme() {
    story(async |gallery| {
        let carl = gallery.browser("carl's phone").await;
        let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        carl.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        carl.devtools("Emulation.setEmulatedMedia", dark).await;
        carl.open(gallery.site.url()).await;
        carl.click("button[value=carl]").await;
        carl.click(&tile(PICTURE).replace("/a", "/input")).await;
        carl.click("//*[@aria-label='Selection']//button[.='Share']").await;
        carl.click("//dialog//button[.='Next']").await;
        carl.click("//dialog//button[.='Create link']").await;
        carl.reads("dialog h2", "Link created").await;
        carl.check_page("link created").await;
        carl.click("//dialog//button[.='Email link']").await;
        carl.fill("//dialog//*[label[.='To']]/textarea", "anna@phone.example, bert@phone.example").await;
        carl.press(key::ENTER).await;
        carl.reads(&status("bert@phone.example"), "Sent").await;
        carl.reads("//dialog[.//h2[.='Email link']]//*[@role='status']", "2 mails: 2 sent").await;
        carl.check_page("mailed").await;
        carl.press(key::ESCAPE).await;
        carl.reads("dialog h2", "Link created").await;
        carl.click("//dialog//button[.='Done']").await;
        carl.check_console(&[]).await;

        let [mime] = gallery.site.mails_to("anna@phone.example").try_into().unwrap();
        let mail = mail_parser::MessageParser::default().parse(&mime).unwrap();
        let text = mail.body_text(0).unwrap().into_owned();
        let url = text.lines().find(|line| line.starts_with("http")).unwrap();
        let path = "/mail".to_owned();
        carl.open(&format!("{}{path}", gallery.site.url())).await;
        carl.check_page("mails").await;
        carl.click("//li/a[contains(., 'anna@phone.example')]").await;
        carl.check_page("a mail").await;
        carl.open(url).await;
        carl.text(&asset(PICTURE)).await;
    });
}

#[test]
fn a_site_without_a_mail_server_says_so_in_the_dialog() {
    story(async |gallery| {
        let scratch = e2e::site::Scratch::new();
        scratch.library();
        let site = e2e::Site::start_with(scratch, local::carrier::MailSetting::Off).await;
        let link = site.user("carl").await.share_folder("Product", json!({"title": "Not mailed"})).await;
        let carl = gallery.browser("carl can't mail").await;
        carl.open(&format!("{}/links", site.url())).await;
        carl.click("button[value=carl]").await;
        carl.click("//tbody/tr[.//a[text()='Not mailed']]//button[starts-with(@aria-label, 'Email link')]")
            .await;
        let off = "This site sends no mail yet. Copy the URL, or ask an administrator to set mail up.";
        carl.reads("dialog .notice", off).await;
        carl.becomes("document.querySelectorAll('dialog textarea').length === 0").await;
        carl.becomes("document.activeElement.textContent === 'Close'").await;
        carl.becomes(
            "![...document.querySelectorAll('dialog button')].some(one => one.textContent === 'Send')",
        )
        .await;
        carl.check_page("email link is off").await;
        carl.check_console(&[]).await;
        assert!(!link.url.is_empty());
    });
}
