//! Why a mail server can't be used, and what its site's operator does about it.

use std::{error::Error as _, io};

use lettre::transport::smtp::Error;

use super::{options::PASSWORD_VARIABLE, reply::Reply};

/// Why a mail server can't be used now. Nothing of it names an address or a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no connection: an unknown host, nobody there.
    Unreachable(String),
    /// There is no TLS, or not with who it should be.
    NoTls(String),
    /// The login was refused, with these codes.
    LoginRefused(String),
    /// It knows no way to log in that is known here.
    NoWayToLogIn,
    /// The sender's address was refused, with these codes.
    SenderRefused(String),
    /// It said something else, with these codes.
    Answered(String),
    /// It broke off.
    BrokeOff(String),
    /// It took too long.
    Slow,
}

impl Trouble {
    /// Of connecting; with TLS from the start that is part of it.
    pub fn of_connecting(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) => Self::Answered(reply.codes()),
            None if fails_at_tls(error) => Self::NoTls(cause(error)),
            None if error.is_response() || error.is_client() => Self::BrokeOff(cause(error)),
            None => Self::Unreachable(cause(error)),
        }
    }

    /// Of turning to TLS.
    pub fn of_tls(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) => Self::NoTls(reply.codes()),
            None => Self::NoTls(cause(error)),
        }
    }

    /// Of logging in.
    pub fn of_login(error: &Error) -> Self {
        match Reply::of(error) {
            Some(reply) if reply.is_final() => Self::LoginRefused(reply.codes()),
            Some(reply) => Self::Answered(reply.codes()),
            None if error.is_client() => Self::NoWayToLogIn,
            None => Self::BrokeOff(cause(error)),
        }
    }

    /// In words for the operator, with what to do.
    pub fn advice(&self) -> String {
        match self {
            Self::Unreachable(cause) => format!(
                "it can't be reached ({cause}). Check host and port of --smtp, and that this machine may connect there."
            ),
            Self::NoTls(cause) => format!(
                "there is no safe connection to it ({cause}). Give the host as its certificate names it, smtps:// for \
                 TLS from the start (port 465) and smtp:// for STARTTLS (587); name a root of your own by \
                 --smtp-ca-file."
            ),
            Self::LoginRefused(codes) => format!(
                "it refused the login ({codes}). Check the user in --smtp, and the password in {PASSWORD_VARIABLE} or \
                 --smtp-password-file."
            ),
            Self::NoWayToLogIn => {
                "it offers no way to log in that is known here (PLAIN, LOGIN). If it asks nobody to \
                                   log in, leave the user out of --smtp."
                    .to_owned()
            }
            Self::SenderRefused(codes) => format!(
                "it does not let mails come from the address of --mail-from ({codes}). Give one that the user of \
                 --smtp may send from."
            ),
            Self::Answered(codes) => format!("it answered {codes}. Look at its own log for the reason."),
            Self::BrokeOff(cause) => {
                format!("the connection broke off ({cause}). Look at its own log for the reason.")
            }
            Self::Slow => "it took too long to answer. Check its load, and the network to it.".to_owned(),
        }
    }
}

/// What an error says all the way down. Called for errors that are no words of the server.
pub fn cause(error: &Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        words.push(source.to_string());
        next = source.source();
    }
    // Each tells its sources as well.
    words.into_iter().next().unwrap_or_else(|| error.to_string())
}

/// The TLS library speaks by errors of the kinds for broken data.
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
