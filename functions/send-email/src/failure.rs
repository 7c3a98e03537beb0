//! Why a message failed.

use jiff::SignedDuration;

/// Why a message failed and is delivered again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// It is not a message of this queue.
    #[error("a message of an unknown kind: {0}")]
    NotOurs(serde_json::Error),
    /// The mail could not be written.
    #[error(transparent)]
    NotWritten(#[from] web::mails::NotWritten),
    /// SES did not accept the mail, but may accept it later.
    #[error("the mail service did not accept a mail: {0}")]
    NotNow(String),
    /// Another worker has claimed the mail, for so long at most.
    #[error("another worker has claimed the mail")]
    Claimed(SignedDuration),
    /// A notice of a mail whose row is not written yet.
    #[error("a notice of a mail that is not known yet")]
    TooEarly,
}

impl worker::Failure for Failure {
    fn is_expected(&self) -> bool {
        matches!(self, Self::Claimed(_) | Self::TooEarly)
    }

    fn wait(&self) -> Option<SignedDuration> {
        match self {
            // Then the mail is sent, or its worker is taken for dead.
            Self::Claimed(lasts) => Some(*lasts),
            _ => None,
        }
    }
}
