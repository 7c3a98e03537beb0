//! Why a message failed.

use std::sync::Arc;

use jiff::SignedDuration;

/// Why a message failed: it is delivered again, and after the last delivery becomes a dead letter.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not a message of this queue.
    #[error(
        "the message is neither an event of S3 nor a request to render, to index, to backfill or to tidy words"
    )]
    NotOurs,
    /// The key of an S3 event is not UTF-8.
    #[error("the event's object key is not UTF-8")]
    BadKey,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// Other writers changed the asset at each attempt.
    #[error("other writers changed the asset at each attempt")]
    Contended,
    /// The call has too little time left to begin with it.
    #[error("too little time is left for it")]
    NoTime,
    /// The file could not be written to disk for rendering.
    #[error("write a file to disk: {0}")]
    Disk(Arc<std::io::Error>),
    /// Rendering was cancelled.
    #[error("render: {0}")]
    Render(Arc<tokio::task::JoinError>),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(Arc::new(error))
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Render(Arc::new(error))
    }
}

impl worker::Failure for Failure {
    fn is_expected(&self) -> bool {
        matches!(self, Self::NoTime)
    }

    fn wait(&self) -> Option<SignedDuration> {
        matches!(self, Self::NoTime).then_some(SignedDuration::ZERO)
    }
}
