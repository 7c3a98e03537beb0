//! Why a message was not handled.

/// Why a message comes again.
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
    /// SES did not take the mail, and may take it later.
    #[error("the mail service did not take a mail: {0}")]
    NotNow(String),
    /// Another worker has the mail, or is just done with it.
    #[error("another worker has the mail")]
    Claimed,
    /// News of a mail that no row knows yet.
    #[error("news of a mail that is not known yet")]
    TooEarly,
}

impl worker::Failure for Failure {
    fn is_expected(&self) -> bool {
        matches!(self, Self::Claimed | Self::TooEarly)
    }
}
