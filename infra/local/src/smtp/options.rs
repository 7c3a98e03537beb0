//! The command line's options for the mail server, and their check. A password is never an option, since other users see a
//! process's arguments.

use std::{
    fs::File,
    io::{self, Read},
    net::IpAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use domain::mail::address::{EmailAddress, NotAnAddress};
use jiff::SignedDuration;
use lettre::transport::smtp::client::Certificate;
use percent_encoding::percent_decode_str;
use url::Url;

/// The environment variable that may have the password.
pub const PASSWORD_VARIABLE: &str = "VITRINE_SMTP_PASSWORD";

/// How many bytes of a file with a password or certificates are read.
const MAX_FILE: u64 = 1024 * 1024;

/// How long a deferred mail waits before its second try. Greylisting accepts a mail after some minutes; the queue doubles
/// the time, so that the last try is a quarter of an hour after the first.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// The command line's options.
#[derive(Debug, Clone, Default, Args)]
pub struct MailOptions {
    /// The mail server that sends mails, such as smtp://user@mail.example.org:587 (STARTTLS) or smtps://… (TLS from the
    /// start, port 465). Its password is read from VITRINE_SMTP_PASSWORD or --smtp-password-file.
    #[arg(long, value_name = "URL", requires = "mail_from")]
    pub smtp: Option<String>,
    /// The sender's address of mails.
    #[arg(long, value_name = "ADDRESS", requires = "smtp")]
    pub mail_from: Option<String>,
    /// The file with the mail server's password, which only its owner may read.
    #[arg(long, value_name = "FILE", requires = "smtp")]
    pub smtp_password_file: Option<PathBuf>,
    /// The root certificates (PEM) to trust for the mail server in place of this machine's.
    #[arg(long, value_name = "FILE", requires = "smtp")]
    pub smtp_ca_file: Option<PathBuf>,
}

/// A mail server with its settings.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// The server's name or IP address, for IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// The login; `None` for a server that needs none.
    pub login: Option<Login>,
    /// The sender's address.
    pub from: EmailAddress,
    /// The root certificates to trust in place of this machine's.
    pub roots: Option<Certificate>,
    /// How long a deferred mail waits before its second try; each further failure doubles the time.
    pub first_wait: SignedDuration,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    FromTheStart,
    /// TLS by STARTTLS; without it no mail is sent.
    Starttls,
    /// None, which is only for a server on this machine.
    None,
}

/// A login at the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: Password,
}

/// A password, which debug output does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why the options can't be used, with what the operator can do. No message repeats the URL, which may have a password.
#[derive(Debug, thiserror::Error)]
pub enum BadMailOption {
    /// The URL is not that of a mail server.
    #[error(
        "--smtp is not an address like smtp://user@mail.example.org:587 or smtps://user@mail.example.org."
    )]
    NotAServer,
    /// The URL has a password.
    #[error(
        "--smtp has a password in it, which other users of this machine can see in the list of processes. Remove it, \
         and give the password in the environment as {PASSWORD_VARIABLE}, or in a file by --smtp-password-file."
    )]
    PasswordInUrl,
    /// The URL has an unknown part after host and port.
    #[error("--smtp has something other than ?tls=none after host and port. Give only host and port.")]
    Unknown,
    /// The URL wants no TLS to another machine.
    #[error(
        "--smtp has tls=none, which is only for a mail server on this machine (localhost, 127.0.0.1). Leave it out."
    )]
    Unencrypted,
    /// There is a user, and no password.
    #[error(
        "--smtp has a user but there is no password. Give it in the environment as {PASSWORD_VARIABLE}, or in a \
         file by --smtp-password-file."
    )]
    NoPassword,
    /// There is a password, and no user.
    #[error("there is a password for the mail server but no user. Give one: --smtp smtp://USER@HOST:PORT.")]
    NoUser,
    /// There are two passwords.
    #[error(
        "the mail server's password is in {PASSWORD_VARIABLE} and in --smtp-password-file. Give one of the two."
    )]
    TwoPasswords,
    /// Other users can read the password.
    #[error("{0} has a password, and other users may read it. Run: chmod 600 {0}")]
    OpenToOthers(String),
    /// The file has no password.
    #[error("{0} has no password. Write the password on its first and only line.")]
    NotAPassword(String),
    /// A file can't be read.
    #[error("{0} can't be read: {1}")]
    Unreadable(String, io::Error),
    /// The file has no certificates.
    #[error("{0} has no certificates in PEM form (-----BEGIN CERTIFICATE-----).")]
    NoRoots(String),
    /// The sender is not an address.
    #[error("--mail-from {0}.")]
    From(NotAnAddress),
}

impl MailOptions {
    /// The mail server of the options, with the password of the environment if there is one; `None` without `--smtp`.
    ///
    /// # Errors
    /// If an option or file is not valid.
    pub fn read(&self, in_environment: Option<String>) -> Result<Option<MailServer>, BadMailOption> {
        let (Some(url), Some(from)) = (&self.smtp, &self.mail_from) else { return Ok(None) };
        let address = Address::read(url)?;
        let from = EmailAddress::parse(from).map_err(BadMailOption::From)?;
        let in_file = self.smtp_password_file.as_deref().map(read_password).transpose()?;
        let password = match (in_environment, in_file) {
            (Some(_), Some(_)) => return Err(BadMailOption::TwoPasswords),
            (one, other) => one.or(other),
        };
        let login = match (address.user, password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some(Login { user, password: Password(password) }),
            (Some(_), None) => return Err(BadMailOption::NoPassword),
            (None, Some(_)) => return Err(BadMailOption::NoUser),
        };
        Ok(Some(MailServer {
            host: address.host,
            port: address.port,
            encryption: address.encryption,
            login,
            from,
            roots: self.smtp_ca_file.as_deref().map(read_roots).transpose()?,
            first_wait: FIRST_WAIT,
        }))
    }
}

/// The parts of the URL.
#[derive(Debug, PartialEq)]
struct Address {
    host: String,
    port: u16,
    encryption: Encryption,
    user: Option<String>,
}

impl Address {
    fn read(text: &str) -> Result<Self, BadMailOption> {
        let url = Url::parse(text).map_err(|_| BadMailOption::NotAServer)?;
        let (mut encryption, port) = match url.scheme() {
            "smtp" => (Encryption::Starttls, 587),
            "smtps" => (Encryption::FromTheStart, 465),
            _ => return Err(BadMailOption::NotAServer),
        };
        if url.password().is_some() {
            return Err(BadMailOption::PasswordInUrl);
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:_".contains(&b);
        if host.is_empty() || !host.bytes().all(is_plain) || url.port() == Some(0) {
            return Err(BadMailOption::NotAServer);
        }
        if !["", "/"].contains(&url.path()) || url.fragment().is_some() {
            return Err(BadMailOption::Unknown);
        }
        match url.query() {
            None => {}
            Some("tls=none") if url.scheme() == "smtp" && is_this_machine(&host) => {
                encryption = Encryption::None;
            }
            Some("tls=none") => return Err(BadMailOption::Unencrypted),
            Some(_) => return Err(BadMailOption::Unknown),
        }
        let user = percent_decode_str(url.username()).decode_utf8().map_err(|_| BadMailOption::NotAServer)?;
        let user = (!user.is_empty()).then(|| user.into_owned());
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, user })
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The password in a file, without the end of the line.
fn read_password(path: &Path) -> Result<String, BadMailOption> {
    let name = path.display().to_string();
    let (file, text) = read(path)?;
    let mode = file.metadata().map_err(|e| BadMailOption::Unreadable(name.clone(), e))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(BadMailOption::OpenToOthers(name));
    }
    let text = String::from_utf8(text).unwrap_or_default();
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || password.contains(char::is_control) {
        return Err(BadMailOption::NotAPassword(name));
    }
    Ok(password.to_owned())
}

fn read_roots(path: &Path) -> Result<Certificate, BadMailOption> {
    let name = path.display().to_string();
    let (_, pem) = read(path)?;
    // A file without certificates would be parsed as an empty list, with which no server is trusted.
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(BadMailOption::NoRoots(name));
    }
    Certificate::from_pem(&pem).map_err(|_| BadMailOption::NoRoots(name))
}

fn read(path: &Path) -> Result<(File, Vec<u8>), BadMailOption> {
    let failed = |e| BadMailOption::Unreadable(path.display().to_string(), e);
    let mut file = File::open(path).map_err(failed)?;
    let mut content = Vec::new();
    (&mut file).take(MAX_FILE).read_to_end(&mut content).map_err(failed)?;
    Ok((file, content))
}

#[cfg(test)]
mod tests;
