//! Why a bundle was not built, and trying again while a store is busy.

use std::time::Duration;

/// How often a part is tried before its message is left to come again.
const TRIES: u32 = 4;

/// Why a message could not be handled: it comes again, and in the end goes to the dead letters.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is not a message of this queue.
    #[error("the message names no bundle: {0}")]
    NotOurs(serde_json::Error),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// A part's bytes were more or fewer than requested.
    #[error("a file gave more or fewer bytes than asked for")]
    WrongLength,
    /// The upload was ended by somebody else, and there is no zip.
    #[error("the upload is gone, and so is the zip")]
    Vanished,
    /// A task was lost.
    #[error("make a part: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

impl worker::Failure for Failure {}

/// Why building stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// There can be no such zip; the words are the recipient's.
    #[error("{0}")]
    Unfit(String),
    /// The bundle was deleted, or another worker ended it.
    #[error("the bundle is no longer to be built")]
    Unwanted,
    /// It may be built another time.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<aws::Error> for Stop {
    fn from(error: aws::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Tries something until the store is no longer busy, a few times.
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
            ended => return ended,
        }
    }
}
