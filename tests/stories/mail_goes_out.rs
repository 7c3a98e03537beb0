//! Mails are sent by a mail server; its answers are shown to each mail's sender and logged for the site's operator.

use e2e::mail_server::{MailServer, PASSWORD};
use e2e::process::{Process, run};
use e2e::site::Scratch;
use e2e::{Link, Site, User, story, wait_for};
use local::carrier::MailSetting;
use serde_json::{Value, json};

use crate::VITRINE;

/// Starts a site with its own mail server.
async fn start_site(password: &str, trusts: bool) -> (Site, MailServer) {
    let scratch = Scratch::new();
    scratch.library();
    let server = MailServer::start(scratch.folder("mail server"));
    let root = trusts.then(|| server.root());
    let mail = MailSetting::Sent(Box::new(server.settings(password, root)));
    (Site::start_with(scratch, mail).await, server)
}

/// Mails a link, and waits for the status and reason of each mail.
async fn mail(user: &User, link: &Link, to: &str) -> Vec<(String, String)> {
    let path = format!("/api/links/{}/emails", link.id);
    user.post(&path, json!({"to": to})).await.is(202);
    wait_for("the mails to be settled", || async {
        let items = user.get(&path).await.is(200).json()["items"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        items
            .iter()
            .all(|mail| mail["status"] != "queued")
            .then(|| items.iter().map(|mail| (text(&mail["status"]), text(&mail["reason"]))).collect())
    })
    .await
}

#[test]
fn mails_are_sent_by_tls_and_login_and_a_bad_address_stops_no_other() {
    story(async {
        let (site, server) = start_site(PASSWORD, true).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"title": "Grüße"})).await;
        let to = "anna@x.example, unknown@x.example, spam@x.example, bert@x.example";
        let [anna, unknown, spam, bert] = mail(&carl, &link, to).await.try_into().unwrap();
        assert_eq!((anna.0.as_str(), bert.0.as_str()), ("sent", "sent"));
        assert_eq!((unknown.0.as_str(), spam.0.as_str()), ("failed", "failed"));
        assert!(unknown.1.contains("no mailbox") && unknown.1.contains("no such user here"), "{}", unknown.1);
        assert!(spam.1.contains("refused the mail") && spam.1.contains("looks like spam"), "{}", spam.1);
        let mut mails = server.events("mail");
        mails.sort_by_key(|mail| mail["to"].to_string());
        assert_eq!(mails.len(), 2, "{mails:?}");
        for (mail, to) in mails.iter().zip(["anna@x.example", "bert@x.example"]) {
            assert_eq!((&mail["to"], &mail["sender"]), (&json!(to), &json!("share@site.example")));
            assert_eq!((&mail["tls"], &mail["login"]), (&json!(true), &json!(true)));
            assert_eq!(mail["hello"], "[127.0.0.1]");
            let text = mail["mail"].as_str().unwrap();
            assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998), "{text}");
            let read = mail_parser::MessageParser::default().parse(text).unwrap();
            assert!(read.body_text(0).unwrap().contains(&link.url));
        }
        let logins = server.events("login");
        assert!(logins.len() <= local::smtp::CONNECTIONS, "connections are kept: {logins:?}");
        // The local mail page does not show mails that were sent by a mail server.
        assert!(!carl.get("/mail").await.text().contains("anna@x.example"));
    });
}

#[test]
fn a_greylisted_mail_is_tried_again_and_fails_if_that_does_not_end() {
    story(async {
        let (site, server) = start_site(PASSWORD, true).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        // The first is greylisted once more than a worker tries by itself, so the queue delivers its message again. The
        // second is greylisted for ever.
        let results = mail(&carl, &link, "grey5@x.example, grey999@x.example").await;
        assert_eq!(results[0], ("sent".into(), String::new()));
        assert_eq!(results[1].0, "failed");
        assert!(
            results[1].1.contains("put it off") && results[1].1.contains("451 4.7.1 greylisted"),
            "{}",
            results[1].1
        );
        let tries = |to: &str| server.events("rcpt").iter().filter(|rcpt| rcpt["to"] == to).count();
        assert_eq!((tries("grey5@x.example"), tries("grey999@x.example")), (6, 20), "bounded");
        assert_eq!(server.events("mail").len(), 1);
    });
}

#[test]
fn after_a_connection_lost_during_data_a_mail_is_unknown_and_never_sent_again() {
    story(async {
        let (site, server) = start_site(PASSWORD, true).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let results = mail(&carl, &link, "lost@x.example, anna@x.example").await;
        assert_eq!(results[0].0, "failed");
        assert!(results[0].1.contains("may or may not have arrived"), "{}", results[0].1);
        assert_eq!(results[1].0, "sent");
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let lost = server.events("mail").iter().filter(|mail| mail["to"] == "lost@x.example").count();
        assert_eq!(lost, 1);
    });
}

#[test]
fn after_a_refused_login_or_a_tls_failure_nothing_is_sent() {
    story(async {
        for (password, trusts) in [("wrong", true), (PASSWORD, false)] {
            let (site, server) = start_site(password, trusts).await;
            let carl = site.user("carl").await;
            let link = carl.share_folder("Product", json!({})).await;
            let [result] = mail(&carl, &link, "anna@x.example").await.try_into().unwrap();
            assert_eq!(result.0, "failed");
            assert!(result.1.contains("can’t be used") && result.1.contains("administrator"), "{}", result.1);
            assert!(server.events("mail").is_empty());
            let logins = server.events("login");
            assert!(logins.iter().all(|login| login["tls"] == true), "no password without TLS");
            assert_eq!(logins.is_empty(), !trusts, "an untrusted server gets no login: {logins:?}");
            assert!(logins.len() <= 4, "a refused login is not repeated often: {logins:?}");
        }
    });
}

#[test]
fn an_unusable_mail_server_is_logged_at_the_start_and_the_site_runs() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        let folder = scratch.folder("mail server");
        let server = MailServer::start(folder.clone());
        let secret = folder.join("password");
        std::fs::write(&secret, "wrong-password\n").unwrap();
        let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, only_mine).unwrap();
        let (url, root) = (server.url(), server.root());
        let (secret, root) = (secret.to_str().unwrap(), root.to_str().unwrap());
        let from = "share@site.example";
        let smtp =
            ["--smtp", &url, "--mail-from", from, "--smtp-password-file", secret, "--smtp-ca-file", root];
        let site = Process::start_with(VITRINE, scratch, 0, &smtp);
        let logs = wait_for("the warning", || async {
            Some(site.logs()).filter(|logs| logs.contains("no mail goes out"))
        })
        .await;
        assert!(logs.contains("refused the login (535 5.7.8)"), "{logs}");
        assert!(logs.contains("VITRINE_SMTP_PASSWORD") && !logs.contains("wrong-password"), "{logs}");
        site.user("carl").await;
    });
}

#[test]
fn a_password_in_the_url_is_refused_and_not_repeated() {
    let scratch = Scratch::new();
    let library = scratch.library();
    let arguments = [library.to_str().unwrap(), "--smtp", "smtp://u:hunter2@x", "--mail-from", "a@x.example"];
    let output = run(VITRINE, &arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("VITRINE_SMTP_PASSWORD") && !stderr.contains("hunter2"), "{stderr}");
    let half = run(VITRINE, &[library.to_str().unwrap(), "--smtp", "smtp://x"]);
    assert!(String::from_utf8(half.stderr).unwrap().contains("--mail-from"));
}

#[test]
fn without_a_mail_server_email_link_is_off() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        let site = Site::start_with(scratch, MailSetting::Off).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let path = format!("/api/links/{}/emails", link.id);
        let refused = carl.post(&path, json!({"to": "anna@x.example"})).await.is(409).json();
        assert!(refused["detail"].as_str().unwrap().contains("sends no mail"), "{refused}");
        assert_eq!(carl.get(&path).await.is(200).json()["off"], refused["detail"]);
    });
}
