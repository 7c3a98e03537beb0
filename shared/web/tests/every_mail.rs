//! Every mail is written with ordinary and with hostile content, and read back by an independent parser.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use domain::mail::address::EmailAddress;
use mail_parser::{Message, MessageParser};
use web::mails::{Envelope, LinkMail};

/// A text that would add headers, end its MIME part or run a script if it were not escaped.
const HOSTILE: &str = "x\r\nBcc: victim@example.net\r\n\r\n--=_x\r\nContent-Type: text/html\r\n\"><script>alert(1)\
                       </script><img src=x onerror='alert(2)'>,;:<y@example.net>\u{202e}\u{2028}=?utf-8?Q?=0D=0A?=\0";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        from_name: "Carl Conrad via Vitrine".to_owned(),
        from: address("share@example.org"),
        to: address("anna@example.net"),
        reply_to: Some(address("carl@example.org")),
        id: "0001795514400000-a-999".to_owned(),
        date: "2026-11-24T10:00:00Z".parse().unwrap(),
    }
}

fn mail() -> LinkMail {
    LinkMail {
        brand: "Vitrine".to_owned(),
        title: "Autumn press kit".to_owned(),
        sender: "Carl Conrad".to_owned(),
        message: Some("Hello Anna,\n\nhere are the pictures.".to_owned()),
        url: "https://share.example.org/s/7Hk2mPq9RzX4vB8nWc3tLs".to_owned(),
        expires_at: Some("2026-12-04T22:59:59Z".parse().unwrap()),
        time_zone: "Europe/Paris".to_owned(),
        uses_left: Some(3),
        has_password: true,
    }
}

fn read(mime: &[u8]) -> Message<'_> {
    MessageParser::default().parse(mime).unwrap()
}

/// Text and HTML; on the way every line ends as mail wants it.
fn bodies(message: &Message<'_>) -> (String, String) {
    (message.body_text(0).unwrap().replace("\r\n", "\n"), message.body_html(0).unwrap().replace("\r\n", "\n"))
}

fn names(message: &Message<'_>) -> Vec<String> {
    message.headers().iter().map(|header| header.name().to_owned()).collect()
}

#[test]
fn a_mail_says_who_sends_what_and_until_when() {
    let mime = mail().write(&envelope()).unwrap();
    let message = read(&mime);
    assert_eq!(message.subject(), Some("Carl Conrad shared “Autumn press kit” with you"));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Carl Conrad via Vitrine"), Some("share@example.org")));
    let to: Vec<_> = message.to().unwrap().iter().map(|to| to.address().unwrap()).collect();
    assert_eq!(to, ["anna@example.net"]);
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("carl@example.org"));
    assert_eq!(message.message_id(), Some("0001795514400000-a-999@example.org"));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-24T10:00:00Z");
    assert!(message.cc().is_none() && message.bcc().is_none());
    assert_eq!((message.text_body_count(), message.html_body_count(), message.attachment_count()), (1, 1, 0));
    let (text, html) = bodies(&message);
    insta::assert_snapshot!("link_mail_text", text);
    insta::assert_snapshot!("link_mail_html", html);
}

#[test]
fn a_mail_leaves_out_what_its_link_does_not_have() {
    let bare = LinkMail { message: None, expires_at: None, uses_left: None, has_password: false, ..mail() };
    let mime = bare.write(&Envelope { reply_to: None, ..envelope() }).unwrap();
    let message = read(&mime);
    assert!(message.reply_to().is_none());
    let (text, html) = bodies(&message);
    assert!(!text.contains("password") && !html.contains("password"));
    insta::assert_snapshot!("bare_link_mail_text", text);
    insta::assert_snapshot!("bare_link_mail_html", html);
}

#[test]
fn hostile_content_stays_text() {
    let filled = |text: &str| {
        let text = || text.to_owned();
        let hostile = LinkMail {
            brand: text(),
            title: text(),
            sender: text(),
            message: Some(text()),
            url: text(),
            time_zone: text(),
            ..mail()
        };
        hostile.write(&Envelope { from_name: text(), ..envelope() }).unwrap()
    };
    let (hostile, harmless) = (filled(HOSTILE), filled("harmless"));
    let (hostile, harmless) = (read(&hostile), read(&harmless));
    assert_eq!(names(&hostile), names(&harmless), "no header is added");
    assert_eq!(hostile.parts.len(), harmless.parts.len(), "no part is added");
    assert!(hostile.bcc().is_none());
    let subject = hostile.subject().unwrap();
    assert!(subject.contains("Bcc: victim@example.net") && !subject.contains(['\r', '\n', '\0', '\u{202e}']));
    let from: Vec<_> = hostile.from().unwrap().iter().collect();
    assert_eq!((from.len(), from[0].address()), (1, Some("share@example.org")));
    let (html, plain) = (hostile.body_html(0).unwrap(), harmless.body_html(0).unwrap());
    assert!(html.contains("alert(1)"), "the text is there");
    for markup in ["<script", "<img", "onerror='"] {
        assert!(!html.contains(markup), "{markup}: {html}");
    }
    for mark in ['"', '\''] {
        assert_eq!(html.matches(mark).count(), plain.matches(mark).count(), "{mark}");
    }
}

#[test]
fn long_and_non_ascii_texts_arrive_whole_in_short_lines() {
    let title = "日本の秋 ".repeat(40);
    let long = LinkMail {
        title: title.clone(),
        sender: "Ünal Çelik, \"Press\" (Köln)".to_owned(),
        message: Some("é".repeat(2_000)),
        ..mail()
    };
    let mime =
        long.write(&Envelope { from_name: "Ünal Çelik, \"Press\" (Köln)".to_owned(), ..envelope() }).unwrap();
    let message = read(&mime);
    assert!(message.subject().unwrap().contains(title.trim_end()));
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Ünal Çelik, \"Press\" (Köln)"));
    assert!(message.body_text(0).unwrap().contains(&"é".repeat(2_000)));
    assert!(mime.split(|byte| *byte == b'\n').all(|line| line.len() < 998), "RFC 5322's limit of a line");
    assert!(mime.is_ascii(), "some mail servers pass only ASCII");
}
