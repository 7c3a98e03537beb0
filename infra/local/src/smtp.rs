//! Mails out by a mail server, each with one recipient.
//!
//! What a server said before it was given the mail is known, and so is what may be done next. From `DATA` on a lost
//! answer means that nobody knows, and the mail is not sent again. So the commands are given one by one here, by
//! lettre's connection, and not by its transport, whose errors don't tell the two apart.

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

/// How many connections there are at once: as many as workers.
pub const CONNECTIONS: usize = 2;

/// How long one of the server's addresses may take to be connected to, before the next is tried.
const CONNECTS_WITHIN: Duration = Duration::from_secs(3);
/// How long everything may take that comes before the mail itself. Four tries of `send-email` fit into its time limit.
const ASKED_WITHIN: Duration = Duration::from_secs(7);
/// How long the mail may take, with the server's look at it. Together with the former it is less than SES's client
/// waits, so that a fate is called unknown only where it is.
const TAKEN_WITHIN: Duration = Duration::from_secs(12);
/// How long a connection is kept for the next mail. Servers close idle ones after minutes.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// How long to wait for a server's goodbye.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);
/// How long the same trouble is not told again, and a refused login not repeated: a server may lock its user out.
const QUIET_FOR: Duration = Duration::from_secs(30);

/// What became of a mail.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server has it.
    Taken,
    /// It will not take it, now or later.
    Refused(Reply),
    /// It takes nothing from this site's sender.
    SenderRefused,
    /// It may take it later.
    PutOff(Reply),
    /// The server could not be asked; its operator is told why.
    Unusable,
    /// It was given the mail, and its answer was lost.
    Unknown,
}

/// Why a server was not given a mail.
enum Halt {
    /// It said no to the mail or its recipient; the connection goes on.
    Mail(Reply),
    /// It said no to the sender.
    Sender(Reply),
    /// It ended the connection, if it did not just go.
    Closed(Reply),
    /// The server can't be used.
    Trouble(Trouble),
}

/// A mail server; cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    server: MailServer,
    hello: ClientId,
    tls: Option<TlsParameters>,
    from: Address,
    places: Semaphore,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
    told: Mutex<Option<(Instant, Trouble)>>,
}

impl Smtp {
    /// The server, told that `site_host` is who speaks.
    ///
    /// # Errors
    /// Where the host can be in no certificate, or the sender's address in no mail.
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
        let places = Semaphore::new(CONNECTIONS);
        let (idle, told) = Default::default();
        Ok(Self(Arc::new(Inner { hello: hello(site_host), tls, from, server, places, idle, told })))
    }

    /// Gives a mail to the server for this one recipient, whatever its headers say.
    pub async fn send(&self, to: &EmailAddress, mime: &[u8]) -> Outcome {
        let Ok(to) = to.as_str().parse::<Address>() else {
            return Outcome::Refused(Reply::new(553, "5.1.3 not an address that mail servers know"));
        };
        let Ok(_place) = self.0.places.acquire().await else { return Outcome::Unusable };
        if self.login_was_just_refused() {
            return Outcome::Unusable;
        }
        let mut connection = match timeout(ASKED_WITHIN, self.ask(&to)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(Halt::Mail(reply))) => return Outcome::judge(reply),
            Ok(Err(Halt::Sender(reply))) if reply.is_final() => {
                self.tell(Trouble::SenderRefused(reply.codes()));
                return Outcome::SenderRefused;
            }
            Ok(Err(Halt::Sender(reply) | Halt::Closed(reply))) => return Outcome::PutOff(reply),
            Ok(Err(Halt::Trouble(trouble))) => return self.unusable(trouble),
            Err(_) => return self.unusable(Trouble::Slow),
        };
        match timeout(TAKEN_WITHIN, connection.message(mime)).await {
            Ok(Ok(_)) => {
                self.keep(connection);
                Outcome::Taken
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

    /// Looks whether the server can be used, and tells its operator if not.
    pub async fn look(&self) {
        let Ok(_place) = self.0.places.acquire().await else { return };
        match timeout(ASKED_WITHIN, self.connect()).await {
            Ok(Ok(connection)) => {
                tracing::info!(server = self.0.server.host, "the mail server can be used");
                self.keep(connection);
            }
            Ok(Err(trouble)) => self.tell(trouble),
            Err(_) => self.tell(Trouble::Slow),
        }
    }

    /// A connection whose server waits for a mail to this recipient.
    async fn ask(&self, to: &Address) -> Result<AsyncSmtpConnection, Halt> {
        if let Some(mut kept) = self.kept() {
            match self.ask_on(&mut kept, to).await {
                Ok(()) => return Ok(kept),
                // The server may have closed it long ago.
                Err(Halt::Closed(_) | Halt::Trouble(Trouble::BrokeOff(_))) => {}
                Err(halt) => return Err(self.halted(kept, halt).await),
            }
        }
        let mut connection = self.connect().await.map_err(Halt::Trouble)?;
        match self.ask_on(&mut connection, to).await {
            Ok(()) => Ok(connection),
            Err(halt) => Err(self.halted(connection, halt).await),
        }
    }

    async fn ask_on(&self, connection: &mut AsyncSmtpConnection, to: &Address) -> Result<(), Halt> {
        let from = Mail::new(Some(self.0.from.clone()), Vec::new());
        connection.command(from).await.map_err(|e| halt(&e, Halt::Sender))?;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(|e| halt(&e, Halt::Mail))?;
        connection.command(Data).await.map_err(|e| halt(&e, Halt::Mail))?;
        Ok(())
    }

    /// Keeps a connection on which only a mail was refused.
    async fn halted(&self, mut connection: AsyncSmtpConnection, halt: Halt) -> Halt {
        if matches!(halt, Halt::Mail(_)) && connection.command(Rset).await.is_ok() {
            self.keep(connection);
        }
        halt
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let Inner { server, hello, tls, .. } = &*self.0;
        let from_the_start = tls.clone().filter(|_| server.encryption == Encryption::FromTheStart);
        let place = (server.host.as_str(), server.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECTS_WITHIN), hello, from_the_start, None)
                .await
                .map_err(|e| Trouble::of_connecting(&e))?;
        if let (Encryption::Starttls, Some(tls)) = (server.encryption, tls) {
            connection.starttls(tls.clone(), hello).await.map_err(|e| Trouble::of_tls(&e))?;
        }
        if let Some(login) = &server.login {
            let credentials = Credentials::new(login.user.clone(), login.password.0.clone());
            let entered = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            entered.map_err(|e| Trouble::of_login(&e))?;
        }
        Ok(connection)
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let (at, connection) = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        (at.elapsed() < KEPT_FOR).then_some(connection)
    }

    /// Keeps a connection for the next mail, for a while.
    fn keep(&self, connection: AsyncSmtpConnection) {
        let at = Instant::now();
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push((at, connection));
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            sleep(KEPT_FOR).await;
            let Some(inner) = inner.upgrade() else { return };
            let old: Vec<_> = {
                let mut idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.extract_if(.., |(kept, _)| *kept <= at).collect()
            };
            for (_, mut connection) in old {
                // It is dropped in any case.
                _ = timeout(LEAVES_WITHIN, connection.quit()).await;
            }
        });
    }

    fn unusable(&self, trouble: Trouble) -> Outcome {
        self.tell(trouble);
        Outcome::Unusable
    }

    /// Tells the operator of trouble, unless they were just told.
    fn tell(&self, trouble: Trouble) {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref().is_some_and(|(at, same)| *same == trouble && at.elapsed() < QUIET_FOR) {
            return;
        }
        let MailServer { host, port, .. } = &self.0.server;
        tracing::warn!("no mail goes out by the mail server {host}:{port}: {}", trouble.advice());
        *told = Some((Instant::now(), trouble));
    }

    fn login_was_just_refused(&self) -> bool {
        let told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*told, Some((at, Trouble::LoginRefused(_))) if at.elapsed() < QUIET_FOR)
    }
}

impl Outcome {
    fn judge(reply: Reply) -> Self {
        tracing::info!(codes = reply.codes(), "the mail server did not take a mail");
        if reply.is_final() { Self::Refused(reply) } else { Self::PutOff(reply) }
    }
}

/// Why a command failed: by the server's word, which is `no` to what the command named, or otherwise.
fn halt(error: &Error, no: fn(Reply) -> Halt) -> Halt {
    match Reply::of(error) {
        None => Halt::Trouble(Trouble::BrokeOff(cause(error))),
        Some(reply) => match reply.code() {
            421 => Halt::Closed(reply),
            // It wants a login first, or another.
            530 | 535 => Halt::Trouble(Trouble::LoginRefused(reply.codes())),
            _ => no(reply),
        },
    }
}

/// Who speaks: the site's host, where it has a name that others may know, otherwise an address (RFC 5321, 4.1.4).
fn hello(site_host: &str) -> ClientId {
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
    fn the_site_says_its_own_name() {
        for (host, said) in [
            ("share.example.org", "share.example.org"),
            ("localhost", "[127.0.0.1]"),
            ("192.0.2.7", "[192.0.2.7]"),
            ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(hello(host).to_string(), said, "{host}");
        }
    }

    #[test]
    fn a_fate_is_known_before_the_functions_client_gives_up() {
        let twenty_seconds = Duration::from_secs(20);
        assert!(ASKED_WITHIN + TAKEN_WITHIN < twenty_seconds);
        // Three tries that were put off, with the pauses between them, and one that is taken at the last moment.
        let longest = 3 * ASKED_WITHIN + Duration::from_secs(1 + 2 + 4) + ASKED_WITHIN + TAKEN_WITHIN;
        assert!(longest < Duration::from_secs(60), "{longest:?}");
    }
}
