use std::fs;

use super::*;

fn options(url: &str) -> MailOptions {
    MailOptions {
        smtp: Some(url.into()),
        mail_from: Some("share@example.org".into()),
        ..MailOptions::default()
    }
}

#[test]
fn a_url_gives_host_port_encryption_and_user() {
    let read = |url: &str| Address::read(url).unwrap();
    let address = |host: &str, port, encryption, user: Option<&str>| Address {
        host: host.into(),
        port,
        encryption,
        user: user.map(Into::into),
    };
    use Encryption::{FromTheStart, None as Plain, Starttls};
    assert_eq!(
        read("smtp://user@mail.example.org:25"),
        address("mail.example.org", 25, Starttls, Some("user"))
    );
    assert_eq!(read("smtp://mail.example.org"), address("mail.example.org", 587, Starttls, None));
    assert_eq!(read("smtps://[::1]/"), address("::1", 465, FromTheStart, None));
    // A user name may be a mail address, with or without encoding.
    for url in ["smtp://anna@example.org@mail.example.org", "smtp://anna%40example.org@mail.example.org"] {
        assert_eq!(read(url), address("mail.example.org", 587, Starttls, Some("anna@example.org")), "{url}");
    }
    assert_eq!(read("smtp://localhost:25?tls=none"), address("localhost", 25, Plain, None));
    assert_eq!(read("smtp://127.0.0.1:25?tls=none"), address("127.0.0.1", 25, Plain, None));
}

#[test]
fn a_password_in_the_url_is_refused_and_never_repeated() {
    for url in
        ["smtp://user:hunter2@mail.example.org", "smtps://anna@example.org:hunter2@mail.example.org:465"]
    {
        let message = options(url).read(None).unwrap_err().to_string();
        assert!(
            message.contains("VITRINE_SMTP_PASSWORD") && message.contains("--smtp-password-file"),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }
    // It is not repeated either if other parts of the URL are wrong.
    for url in [
        "user:hunter2@mail.example.org",
        "http://user:hunter2@x",
        "smtp://user:hunter2@",
        "smtp://:hunter2@x:y",
    ] {
        assert!(!options(url).read(None).unwrap_err().to_string().contains("hunter2"), "{url}");
    }
}

#[test]
fn a_url_that_is_not_a_mail_servers_is_refused() {
    for bad in [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://a b",
        "smtp://x:99999",
        "smtp://x:0",
    ] {
        assert!(matches!(Address::read(bad), Err(BadMailOption::NotAServer)), "{bad}");
    }
    for bad in ["smtp://x/inbox", "smtp://x?tls=maybe", "smtp://x?a", "smtp://x#a"] {
        assert!(matches!(Address::read(bad), Err(BadMailOption::Unknown)), "{bad}");
    }
}

#[test]
fn a_connection_without_tls_is_only_for_this_machine() {
    for bad in [
        "smtp://mail.example.org?tls=none",
        "smtp://10.0.0.1?tls=none",
        "smtp://localhost.example.org?tls=none",
    ] {
        assert!(matches!(Address::read(bad), Err(BadMailOption::Unencrypted)), "{bad}");
    }
}

#[test]
fn a_password_is_in_the_environment_or_in_a_file_that_only_its_owner_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let with_file = |url| MailOptions { smtp_password_file: Some(path.clone()), ..options(url) };
    let url = "smtp://user@mail.example.org";
    let password = |server: MailServer| server.login.unwrap().password.0;
    let read = options(url).read(Some("from there".into())).unwrap().unwrap();
    assert!(!format!("{read:?}").contains("from there"), "{read:?}");
    assert_eq!(password(read), "from there");
    assert!(matches!(with_file(url).read(None), Err(BadMailOption::Unreadable(..))));
    fs::write(&path, "pass word\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let message = with_file(url).read(None).unwrap_err().to_string();
    assert!(message.contains("chmod 600"), "{message}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(password(with_file(url).read(None).unwrap().unwrap()), "pass word");
    assert!(matches!(with_file(url).read(Some("x".into())), Err(BadMailOption::TwoPasswords)));
    assert!(matches!(with_file("smtp://x").read(None), Err(BadMailOption::NoUser)));
    assert!(matches!(options(url).read(None), Err(BadMailOption::NoPassword)));
    for bad in ["", "\n", "two\nlines\n"] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(with_file(url).read(None), Err(BadMailOption::NotAPassword(_))), "{bad:?}");
    }
}

#[test]
fn an_invalid_sender_or_file_of_certificates_is_refused() {
    let options = |from: &str| MailOptions { mail_from: Some(from.into()), ..options("smtp://x") };
    let message = options("nobody").read(None).unwrap_err().to_string();
    assert_eq!(message, "--mail-from is not an address like anna@example.org.");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roots.pem");
    for bad in ["", "hello", "-----BEGIN CERTIFICATE-----\nhello\n"] {
        fs::write(&path, bad).unwrap();
        let options = MailOptions { smtp_ca_file: Some(path.clone()), ..options("a@example.org") };
        assert!(matches!(options.read(None), Err(BadMailOption::NoRoots(_))), "{bad:?}");
    }
    assert!(options("a@example.org").read(None).unwrap().unwrap().roots.is_none());
}
