//! Decides what happens to mails: they go to a mail server, are kept in a folder, or are not sent at all.

use std::{io, path::Path};

use axum::Router;
use jiff::SignedDuration;

use crate::{
    mail_pages,
    mailbox::Mailbox,
    smtp::{Smtp, options::MailServer},
};

/// The sender of kept mails, in a domain that is reserved for examples.
const KEPT_FROM: &str = "links@vitrine.example";

/// How long a message waits after a failure where mails are kept: short, because the user is watching.
const KEPT_WAIT: SignedDuration = SignedDuration::from_secs(2);

/// What the site does with mails, by its options.
#[derive(Debug, Clone)]
pub enum MailSetting {
    /// They are kept in the data folder and shown at `/mail`.
    Kept,
    /// None are sent, and the app says so.
    Off,
    /// They are sent by this server.
    Sent(Box<MailServer>),
}

impl MailSetting {
    /// The setting for a site with this mail server, or with none. A site for others never keeps mails, since their
    /// senders would believe that they were sent.
    pub fn new(server: Option<MailServer>, for_others: bool) -> Self {
        match server {
            Some(server) => Self::Sent(Box::new(server)),
            None if for_others => Self::Off,
            None => Self::Kept,
        }
    }

    /// The sender's address; empty if no mails are sent.
    pub fn sender(&self) -> &str {
        match self {
            Self::Kept => KEPT_FROM,
            Self::Off => "",
            Self::Sent(server) => server.from.as_str(),
        }
    }

    /// How long a message waits after its first failure; each further failure doubles the time.
    pub fn first_wait(&self) -> SignedDuration {
        match self {
            Self::Kept | Self::Off => KEPT_WAIT,
            Self::Sent(server) => server.first_wait,
        }
    }
}

/// Receives the mails that send-email sends; cheap to clone.
#[derive(Clone)]
pub enum Carrier {
    /// Keeps them in a folder.
    Kept(Mailbox),
    /// Refuses them.
    Off,
    /// Sends them by a mail server.
    Sent(Smtp),
}

impl Carrier {
    /// The carrier for a setting, a data folder and the site's host.
    ///
    /// # Errors
    /// If the folder can't be made, or the mail server's name can't be in a certificate.
    pub fn new(setting: &MailSetting, data: &Path, site_host: &str) -> io::Result<Self> {
        Ok(match setting {
            MailSetting::Kept => Self::Kept(Mailbox::open(data.join("mail"))?),
            MailSetting::Off => Self::Off,
            MailSetting::Sent(server) => Self::Sent(Smtp::new((**server).clone(), site_host)?),
        })
    }

    /// The pages of kept mails; none if mails are not kept.
    pub fn pages(&self) -> Router {
        match self {
            Self::Kept(mailbox) => mail_pages::router(mailbox.clone()),
            Self::Off | Self::Sent(_) => Router::new(),
        }
    }

    /// Checks once whether mails can be sent, and logs a warning if not.
    pub async fn check(self) {
        match self {
            Self::Kept(_) => {}
            Self::Off => {
                tracing::warn!(
                    "Email link is off: name a mail server with --smtp and a sender with --mail-from."
                );
            }
            Self::Sent(smtp) => smtp.check().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_site_without_a_mail_server_sends_none() {
        assert!(matches!(MailSetting::new(None, true), MailSetting::Off));
        assert_eq!(MailSetting::new(None, true).sender(), "");
        assert!(matches!(MailSetting::new(None, false), MailSetting::Kept));
    }
}
