//! Why a bundle was not built, and retries while a store is busy.

use std::time::Duration;

/// Tries of a part before its message fails and is delivered again.
const TRIES: u32 = 4;

/// Why a message failed: it is delivered again, and after the last delivery becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not a message of this queue.
    #[error("the message names no bundle: {0}")]
    NotOurs(serde_json::Error),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// A part's bytes were more or fewer than requested.
    #[error("a file had more or fewer bytes than requested")]
    WrongLength,
    /// Another worker ended the upload, and there is no zip.
    #[error("neither the upload nor the zip exists")]
    Vanished,
    /// A task panicked or was cancelled.
    #[error("make a part: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

impl worker::Failure for Failure {}

/// Why building stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The zip can't be made; the text is for the recipient.
    #[error("{0}")]
    Unfit(String),
    /// The bundle was deleted, or another worker ended it.
    #[error("the bundle was deleted or ended by another worker")]
    Unwanted,
    /// A later try may succeed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<aws::Error> for Stop {
    fn from(error: aws::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Repeats some work a few times while the store is busy.
pub(crate) async fn retry_while_busy<T, F: Future<Output = Result<T, Stop>>>(
    mut work: impl FnMut() -> F,
) -> Result<T, Stop> {
    let mut tries = 1;
    loop {
        match work().await {
            Err(Stop::Failed(Failure::Store(aws::Error::Busy { doing, cause }))) if tries < TRIES => {
                tracing::warn!(doing, cause, tries, "the store is busy");
                tokio::time::sleep(Duration::from_millis(250 << tries)).await;
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}
