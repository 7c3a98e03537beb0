//! Why a message failed.

/// Why a message failed: it is delivered again, and after the last delivery becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not a message of this queue.
    #[error("the message is neither an event of S3 nor a request to render, to index or to backfill")]
    NotOurs,
    /// The key of an S3 event is not UTF-8.
    #[error("the event's object key is not UTF-8")]
    BadKey,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// The file could not be written to disk for rendering.
    #[error("write a file to disk: {0}")]
    Disk(#[from] std::io::Error),
    /// Rendering was cancelled.
    #[error("render: {0}")]
    Render(#[from] tokio::task::JoinError),
}

impl worker::Failure for Failure {}
