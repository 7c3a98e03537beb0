//! Why a message failed.

/// Why a message could not be handled: it comes again, and in the end goes to the dead letters.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not a message of this queue.
    #[error("the message is neither an event of S3 nor a request to render, to index or to backfill")]
    NotOurs,
    /// The key of an S3 event does not decode.
    #[error("the event's object key is not UTF-8")]
    BadKey,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// The file could not be kept on disk while it was read.
    #[error("keep a file for reading: {0}")]
    Disk(#[from] std::io::Error),
    /// Rendering was cancelled.
    #[error("render: {0}")]
    Render(#[from] tokio::task::JoinError),
}

impl worker::Failure for Failure {}
