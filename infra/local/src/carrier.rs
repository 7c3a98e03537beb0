//! Where mails go: to a mail server, nowhere but a folder of this machine, or not at all.

use std::{io, path::Path};

use axum::Router;
use jiff::SignedDuration;

use crate::{
    mail_pages,
    mailbox::Mailbox,
    smtp::{Smtp, options::MailServer},
};

/// The address that kept mails come from, in a domain reserved for examples.
const KEPT_FROM: &str = "links@vitrine.example";

/// How long a message of mails that are kept waits after a failure: somebody is watching.
const KEPT_WAIT: SignedDuration = SignedDuration::from_secs(2);

/// What the site does with mails.
#[derive(Debug, Clone)]
pub enum MailSetting {
    /// It keeps them in the data folder and shows them at `/mail`.
    Kept,
    /// It sends none, and says so.
    Off,
    /// It sends them by this server.
    Sent(Box<MailServer>),
}

impl MailSetting {
    /// What a mail server makes of it, if there is one. A site for others sends mails or says that it can't: where it
    /// kept them, their senders would wait for answers.
    pub fn new(server: Option<MailServer>, for_others: bool) -> Self {
        match server {
            Some(server) => Self::Sent(Box::new(server)),
            None if for_others => Self::Off,
            None => Self::Kept,
        }
    }

    /// The address that mails come from; empty where none are sent.
    pub fn from(&self) -> &str {
        match self {
            Self::Kept => KEPT_FROM,
            Self::Off => "",
            Self::Sent(server) => server.from.as_str(),
        }
    }

    /// How long a message waits after a failure, doubled with each.
    pub fn first_wait(&self) -> SignedDuration {
        match self {
            Self::Kept | Self::Off => KEPT_WAIT,
            Self::Sent(server) => server.first_wait,
        }
    }
}

/// What takes mails; cheap to clone.
#[derive(Clone)]
pub enum Carrier {
    /// A folder.
    Kept(Mailbox),
    /// Nobody.
    Off,
    /// A mail server.
    Sent(Smtp),
}

impl Carrier {
    /// What the setting asks for, on this data folder, for a site of this host.
    ///
    /// # Errors
    /// Where the folder can't be had, or the mail server's name can't be looked for in a certificate.
    pub fn new(setting: &MailSetting, data: &Path, site_host: &str) -> io::Result<Self> {
        Ok(match setting {
            MailSetting::Kept => Self::Kept(Mailbox::open(data.join("mail"))?),
            MailSetting::Off => Self::Off,
            MailSetting::Sent(server) => Self::Sent(Smtp::new((**server).clone(), site_host)?),
        })
    }

    /// The pages of kept mails; none where mails are not kept.
    pub fn pages(&self) -> Router {
        match self {
            Self::Kept(mailbox) => mail_pages::router(mailbox.clone()),
            Self::Off | Self::Sent(_) => Router::new(),
        }
    }

    /// Looks once whether mails can go out. Whoever runs the site is told if not.
    pub async fn look(self) {
        match self {
            Self::Kept(_) => {}
            Self::Off => {
                tracing::warn!(
                    "Email link is off: name a mail server with --smtp and a sender with --mail-from."
                );
            }
            Self::Sent(smtp) => smtp.look().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_site_without_a_mail_server_sends_none() {
        assert!(matches!(MailSetting::new(None, true), MailSetting::Off));
        assert_eq!(MailSetting::new(None, true).from(), "");
        assert!(matches!(MailSetting::new(None, false), MailSetting::Kept));
    }
}
