//! The security headers of every answer.

use e2e::{Answer, Recipient, Site, story};
use serde_json::json;

fn assert_gated(what: &str, answer: &Answer) {
    for (name, value) in [
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
}

fn assert_page(what: &str, answer: &Answer) {
    assert_gated(what, answer);
    assert!(answer.header("content-type").starts_with("text/html"), "{what}");
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    let page = answer.text();
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="), "{what}: inline style or script");
    for script in page.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src=\"/static/"), "{what}: {script}");
    }
    for url in page.split(" src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(url.starts_with("/static/") || url.starts_with("http://localhost:"), "{what}: {url}");
    }
}

#[test]
fn every_answer_to_recipients_has_security_headers() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let open = carl.share_folder("Product", json!({})).await;
        let closed = carl.share_folder("Product", json!({"password": "pass", "max_uses": 4})).await;
        let asset = carl.asset_id("Product/front.jpg").await;
        let recipient = Recipient::new();
        assert_page("landing page", &recipient.page(&open).await.is(200));
        assert_page("list view", &recipient.page_at(&open, "?view=list").await.is(200));
        assert_page("gate", &recipient.page(&closed).await.is(200));
        assert_page("wrong password", &recipient.open_with(&closed, "no").await.is(401));
        assert_page(
            "closed file",
            &recipient.page_at(&closed, &format!("/assets/{asset}/original")).await.is(401),
        );
        assert_page("never existed", &recipient.page(&open.with_token("x")).await.is(404));
        assert_gated("opened", &recipient.open_with(&closed, "pass").await.is(303));
        assert_gated("document", &recipient.document(&open).await.is(200));
        assert_gated("assets", &recipient.get(&open, "/assets").await.is(200));
        assert_gated("bad query", &recipient.get(&open, "/assets?limit=0").await.is(422));
        assert_gated("download", &recipient.ask_for(&open, &asset, "original").await.is(302));
        assert_gated("not offered", &recipient.ask_for(&open, &asset, "preview").await.is(403));
        assert_gated("not there", &recipient.ask_for(&open, "x", "original").await.is(404));
        assert_gated("closed", &Recipient::new().get(&closed, "/assets").await.is(401));
        let all = json!({"assets": "all", "renditions": ["original"]});
        assert_gated("bundle", &recipient.ask_bundle(&open, all).await.is(202));
        let id = recipient.bundle_all(&open).await;
        assert_gated("bundle's progress", &recipient.get(&open, &format!("/bundles/{id}")).await.is(200));
        assert_gated("bundle's file", &recipient.get(&open, &format!("/bundles/{id}/file")).await.is(302));
        assert_gated("nowhere", &recipient.get(&open, "/nonsense").await);
    });
}

#[test]
fn answers_of_the_users_api_are_not_cached() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        for path in ["/api/me", "/api/assets", "/api/folders", "/api/links", "/api/nonsense"] {
            let answer = carl.get(path).await;
            assert!(answer.header("cache-control").contains("no-store"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        }
    });
}

#[test]
fn the_web_app_has_no_inline_script_and_its_files_are_cached() {
    story(async {
        let site = Site::shared().await;
        let recipient = Recipient::new();
        for path in ["/", "/links", "/folders/x"] {
            let shell = recipient.fetch(&format!("{}{path}", site.url())).await.is(200);
            let policy = shell.header("content-security-policy");
            assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert_eq!(shell.header("x-content-type-options"), "nosniff");
            let page = shell.text();
            let file = page.split("\"/static/").nth(1).unwrap().split('"').next().unwrap();
            let file = recipient.fetch(&format!("{}/static/{file}", site.url())).await.is(200);
            assert!(file.header("cache-control").contains("immutable"));
        }
        recipient.fetch(&format!("{}/static/0/nonsense.js", site.url())).await.is(404);
    });
}

#[test]
fn a_request_for_another_host_is_refused() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        recipient.ask("GET", &link, "", &[("host", "evil.test")]).await.is(421);
        recipient.ask("GET", &link, "", &[("host", "localhost.evil.test")]).await.is(421);
    });
}
