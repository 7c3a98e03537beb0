//! Why a mail server can't be used, and what the operator can do about it.

use std::{error::Error as _, io};

use lettre::transport::smtp::Error;

use super::{options::PASSWORD_VARIABLE, reply::Reply};

/// Why a mail server can't be used now. It never has a recipient's address or a user's name, since it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No connection is possible, for example because the host is unknown.
    Unreachable(String),
    /// TLS failed, or the certificate is not the server's.
    NoTls(String),
    /// The server refused the login with these codes.
    LoginRefused(String),
    /// The server offers no login mechanism that we know.
    NoWayToLogIn,
    /// The server refused the sender's address with these codes.
    SenderRefused(String),
    /// The server answered something else, with these codes.
    Answered(String),
    /// The connection was closed or failed.
    Disconnected(String),
    /// The server took too long.
    Slow,
}

impl Trouble {
    /// For an error of connecting, which includes TLS from the start.
    pub fn of_connecting(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) => Self::Answered(reply.codes()),
            None if fails_at_tls(error) => Self::NoTls(cause(error)),
            None if error.is_response() || error.is_client() => Self::Disconnected(cause(error)),
            None => Self::Unreachable(cause(error)),
        }
    }

    /// For an error of STARTTLS.
    pub fn of_tls(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) => Self::NoTls(reply.codes()),
            None => Self::NoTls(cause(error)),
        }
    }

    /// For an error of the login.
    pub fn of_login(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) if reply.is_final() => Self::LoginRefused(reply.codes()),
            Some(reply) => Self::Answered(reply.codes()),
            None if error.is_client() => Self::NoWayToLogIn,
            None => Self::Disconnected(cause(error)),
        }
    }

    /// The message for the operator, with what to do.
    pub fn advice(&self) -> String {
        match self {
            Self::Unreachable(cause) => format!(
                "it can't be reached ({cause}). Check host and port of --smtp, and that this machine may connect to it."
            ),
            Self::NoTls(cause) => format!(
                "TLS with it failed ({cause}). Give the host name that is in its certificate, and smtps:// for TLS from \
                 the start (port 465) or smtp:// for STARTTLS (587). If it has a root certificate of your own, give that \
                 by --smtp-ca-file."
            ),
            Self::LoginRefused(codes) => format!(
                "it refused the login ({codes}). Check the user in --smtp, and the password in {PASSWORD_VARIABLE} or \
                 --smtp-password-file."
            ),
            Self::NoWayToLogIn => {
                "it offers none of the login mechanisms PLAIN and LOGIN. If it needs no login, leave the user out of \
                 --smtp."
                    .to_owned()
            }
            Self::SenderRefused(codes) => format!(
                "it refuses the sender of --mail-from ({codes}). Give an address from which the user of --smtp may \
                 send."
            ),
            Self::Answered(codes) => format!("it answered {codes}. Read its log for the reason."),
            Self::Disconnected(cause) => {
                format!("the connection was closed ({cause}). Read its log for the reason.")
            }
            Self::Slow => "it took too long to answer. Check its load, and the network to it.".to_owned(),
        }
    }
}

/// The cause of an error that is not an answer of the server.
pub fn cause(error: &Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        words.push(source.to_string());
        next = source.source();
    }
    // The first source's message has those of its own sources.
    words.into_iter().next().unwrap_or_else(|| error.to_string())
}

/// Whether TLS failed; the TLS library reports that by the error kinds for invalid data.
fn fails_at_tls(error: &Error) -> bool {
    let mut next = error.source();
    while let Some(source) = next {
        let kind = source.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)) {
            return true;
        }
        next = source.source();
    }
    false
}
