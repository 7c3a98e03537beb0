//! Sends mails by a mail server, each to one recipient.
//!
//! If a server fails before it was sent the mail, the mail can be sent again. If the answer after `DATA` is lost, the
//! server may have the mail, and it is not sent again. The errors of lettre's transport do not distinguish the two, so this
//! module sends the commands one by one on lettre's connection.

pub mod options;
mod reply;
mod trouble;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::mail::address::EmailAddress;
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::ClientId,
    },
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use options::{Encryption, MailServer};
pub use reply::Reply;
use trouble::{Trouble, cause};

/// The most connections at once, which is the number of workers.
pub const CONNECTIONS: usize = 2;

/// How long connecting to one of the server's addresses may take, before the next address is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long connecting and the commands before the mail may take. Four tries of `send-email` fit into its time limit.
const COMMANDS_TIMEOUT: Duration = Duration::from_secs(7);
/// How long sending the mail may take, with the server's check of it. The sum of both is less than the time that SES's
/// client waits, so that the client always gets the outcome.
const DATA_TIMEOUT: Duration = Duration::from_secs(12);
/// How long a connection is kept for the next mail. Servers close idle connections after minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for the answer to `QUIT`.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the same warning is not logged again, and a refused login is not repeated, since a server may lock the account.
const REPEAT_AFTER: Duration = Duration::from_secs(30);

/// The outcome of sending a mail.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server accepted the mail.
    Accepted,
    /// The server refuses the mail for good.
    Refused(Reply),
    /// The server refuses the site's sender.
    SenderRefused,
    /// The server may accept the mail later.
    Deferred(Reply),
    /// The server can't be used; the log says why.
    Unusable,
    /// The mail was sent, and the server's answer was lost.
    Unknown,
}

/// Why a mail could not be sent to the server.
enum Halt {
    /// The server refused the mail or its recipient; the connection can be used again.
    Mail(Reply),
    /// The server refused the sender.
    Sender(Reply),
    /// The server closed the connection.
    Closed(Reply),
    /// The server can't be used.
    Trouble(Trouble),
}

/// A mail server; cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    server: MailServer,
    ehlo: ClientId,
    tls: Option<TlsParameters>,
    from: Address,
    slots: Semaphore,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
    last_warning: Mutex<Option<(Instant, Trouble)>>,
}

impl Smtp {
    /// The mail server; `site_host` is the name that the site gives in `EHLO`.
    ///
    /// # Errors
    /// If the server's name can't be in a certificate, or the sender's address not in a mail.
    pub fn new(server: MailServer, site_host: &str) -> Result<Self, std::io::Error> {
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::FromTheStart | Encryption::Starttls => {
                let mut tls = TlsParameters::builder(server.host.clone());
                if let Some(roots) = &server.roots {
                    tls = tls.certificate_store(CertificateStore::None).add_root_certificate(roots.clone());
                }
                Some(tls.build().map_err(std::io::Error::other)?)
            }
        };
        let from = server.from.as_str().parse().map_err(std::io::Error::other)?;
        let slots = Semaphore::new(CONNECTIONS);
        let (idle, last_warning) = Default::default();
        Ok(Self(Arc::new(Inner { ehlo: ehlo_name(site_host), tls, from, server, slots, idle, last_warning })))
    }

    /// Sends a mail to this one recipient; the recipients in its headers don't count.
    pub async fn send(&self, to: &EmailAddress, mime: &[u8]) -> Outcome {
        let Ok(to) = to.as_str().parse::<Address>() else {
            return Outcome::Refused(Reply::new(553, "5.1.3 not an address that mail servers know"));
        };
        let Ok(_slot) = self.0.slots.acquire().await else { return Outcome::Unusable };
        if self.login_was_just_refused() {
            return Outcome::Unusable;
        }
        let mut connection = match timeout(COMMANDS_TIMEOUT, self.begin_mail(&to)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(Halt::Mail(reply))) => return Outcome::judge(reply),
            Ok(Err(Halt::Sender(reply))) if reply.is_final() => {
                self.warn(Trouble::SenderRefused(reply.codes()));
                return Outcome::SenderRefused;
            }
            Ok(Err(Halt::Sender(reply) | Halt::Closed(reply))) => return Outcome::Deferred(reply),
            Ok(Err(Halt::Trouble(trouble))) => return self.unusable(trouble),
            Err(_) => return self.unusable(Trouble::Slow),
        };
        match timeout(DATA_TIMEOUT, connection.message(mime)).await {
            Ok(Ok(_)) => {
                self.keep(connection);
                Outcome::Accepted
            }
            Ok(Err(error)) => match Reply::of(&error) {
                Some(reply) => {
                    self.keep(connection);
                    Outcome::judge(reply)
                }
                None => Outcome::Unknown,
            },
            Err(_) => Outcome::Unknown,
        }
    }

    /// Checks whether the server can be used, and logs a warning if not.
    pub async fn check(&self) {
        let Ok(_slot) = self.0.slots.acquire().await else { return };
        match timeout(COMMANDS_TIMEOUT, self.connect()).await {
            Ok(Ok(connection)) => {
                tracing::info!(server = self.0.server.host, "the mail server can be used");
                self.keep(connection);
            }
            Ok(Err(trouble)) => self.warn(trouble),
            Err(_) => self.warn(Trouble::Slow),
        }
    }

    /// Sends the commands before a mail to this recipient, on a kept connection or a new one.
    async fn begin_mail(&self, to: &Address) -> Result<AsyncSmtpConnection, Halt> {
        if let Some(mut kept) = self.take_kept() {
            match self.begin_mail_on(&mut kept, to).await {
                Ok(()) => return Ok(kept),
                // The server may have closed the kept connection.
                Err(Halt::Closed(_) | Halt::Trouble(Trouble::Disconnected(_))) => {}
                Err(halt) => return Err(self.keep_after(kept, halt).await),
            }
        }
        let mut connection = self.connect().await.map_err(Halt::Trouble)?;
        match self.begin_mail_on(&mut connection, to).await {
            Ok(()) => Ok(connection),
            Err(halt) => Err(self.keep_after(connection, halt).await),
        }
    }

    async fn begin_mail_on(&self, connection: &mut AsyncSmtpConnection, to: &Address) -> Result<(), Halt> {
        let from = Mail::new(Some(self.0.from.clone()), Vec::new());
        connection.command(from).await.map_err(|e| to_halt(&e, Halt::Sender))?;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(|e| to_halt(&e, Halt::Mail))?;
        connection.command(Data).await.map_err(|e| to_halt(&e, Halt::Mail))?;
        Ok(())
    }

    /// Keeps a connection if only the mail was refused on it, and gives `halt` back.
    async fn keep_after(&self, mut connection: AsyncSmtpConnection, halt: Halt) -> Halt {
        if matches!(halt, Halt::Mail(_)) && connection.command(Rset).await.is_ok() {
            self.keep(connection);
        }
        halt
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let Inner { server, ehlo, tls, .. } = &*self.0;
        let from_the_start = tls.clone().filter(|_| server.encryption == Encryption::FromTheStart);
        let address = (server.host.as_str(), server.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), ehlo, from_the_start, None)
                .await
                .map_err(|e| Trouble::of_connecting(&e))?;
        if let (Encryption::Starttls, Some(tls)) = (server.encryption, tls) {
            connection.starttls(tls.clone(), ehlo).await.map_err(|e| Trouble::of_tls(&e))?;
        }
        if let Some(login) = &server.login {
            let credentials = Credentials::new(login.user.clone(), login.password.0.clone());
            let login = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            login.map_err(|e| Trouble::of_login(&e))?;
        }
        Ok(connection)
    }

    fn take_kept(&self) -> Option<AsyncSmtpConnection> {
        let (at, connection) = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        (at.elapsed() < IDLE_TIMEOUT).then_some(connection)
    }

    /// Keeps a connection for the next mail, until [`IDLE_TIMEOUT`].
    fn keep(&self, connection: AsyncSmtpConnection) {
        let at = Instant::now();
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push((at, connection));
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            sleep(IDLE_TIMEOUT).await;
            let Some(inner) = inner.upgrade() else { return };
            let old: Vec<_> = {
                let mut idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.extract_if(.., |(kept, _)| *kept <= at).collect()
            };
            for (_, mut connection) in old {
                // An error does not matter, since the connection is dropped anyway.
                _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
            }
        });
    }

    fn unusable(&self, trouble: Trouble) -> Outcome {
        self.warn(trouble);
        Outcome::Unusable
    }

    /// Logs what the operator must do, unless the same warning was just logged.
    fn warn(&self, trouble: Trouble) {
        let mut last = self.0.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|(at, same)| *same == trouble && at.elapsed() < REPEAT_AFTER) {
            return;
        }
        let MailServer { host, port, .. } = &self.0.server;
        tracing::warn!("no mail goes out by the mail server {host}:{port}: {}", trouble.advice());
        *last = Some((Instant::now(), trouble));
    }

    fn login_was_just_refused(&self) -> bool {
        let last = self.0.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*last, Some((at, Trouble::LoginRefused(_))) if at.elapsed() < REPEAT_AFTER)
    }
}

impl Outcome {
    fn judge(reply: Reply) -> Self {
        tracing::info!(codes = reply.codes(), "the mail server did not accept a mail");
        if reply.is_final() { Self::Refused(reply) } else { Self::Deferred(reply) }
    }
}

/// Why a command failed. `refusal` makes the value if the server refused what the command named.
fn to_halt(error: &Error, refusal: fn(Reply) -> Halt) -> Halt {
    match Reply::of(error) {
        None => Halt::Trouble(Trouble::Disconnected(cause(error))),
        Some(reply) => match reply.code() {
            421 => Halt::Closed(reply),
            // The server wants a login, or another one.
            530 | 535 => Halt::Trouble(Trouble::LoginRefused(reply.codes())),
            _ => refusal(reply),
        },
    }
}

/// The site's name for `EHLO`: its host if that is a full name, otherwise an address (RFC 5321, 4.1.4).
fn ehlo_name(site_host: &str) -> ClientId {
    match site_host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) if site_host.contains('.') => ClientId::Domain(site_host.to_owned()),
        Err(_) => ClientId::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_gives_its_own_name() {
        for (host, expected) in [
            ("share.example.org", "share.example.org"),
            ("localhost", "[127.0.0.1]"),
            ("192.0.2.7", "[192.0.2.7]"),
            ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(ehlo_name(host).to_string(), expected, "{host}");
        }
    }

    #[test]
    fn the_outcome_is_known_before_the_functions_client_times_out() {
        let twenty_seconds = Duration::from_secs(20);
        assert!(COMMANDS_TIMEOUT + DATA_TIMEOUT < twenty_seconds);
        // Three tries that fail, the pauses between them, and one that succeeds at the last moment.
        let longest = 3 * COMMANDS_TIMEOUT + Duration::from_secs(1 + 2 + 4) + COMMANDS_TIMEOUT + DATA_TIMEOUT;
        assert!(longest < Duration::from_secs(60), "{longest:?}");
    }
}
