//! What can go wrong with a store, told by what the caller can do about it.

use aws_sdk_dynamodb::error::DisplayErrorContext;

/// A store did not do what was asked. What a caller decides on (a refused condition, a missing row) is never here:
/// those are ordinary answers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store is throttled, slow or away: the same call may succeed later.
    #[error("{doing}: the store is busy: {cause}")]
    Busy {
        /// What was being done.
        doing: &'static str,
        /// The SDK's words, for the log.
        cause: String,
    },
    /// The object changed or vanished while it was being read (`If-Match` failed).
    #[error("{doing}: the object is not what it was")]
    Changed {
        /// What was being done.
        doing: &'static str,
    },
    /// Anything else: a bug, a missing permission, a broken row.
    #[error("{doing}: {cause}")]
    Broken {
        /// What was being done.
        doing: &'static str,
        /// The SDK's words, for the log.
        cause: String,
    },
}

impl Error {
    /// A failure of the SDK, sorted by its code.
    pub(crate) fn sdk<E>(doing: &'static str, error: E) -> Self
    where
        E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error,
    {
        let cause = DisplayErrorContext(&error).to_string();
        match error.code() {
            Some("PreconditionFailed" | "NoSuchKey" | "NotFound") => Error::Changed { doing },
            Some(
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "TransactionConflictException"
                | "TransactionInProgressException"
                | "RequestTimeout"
                | "InternalServerError"
                | "InternalError"
                | "ServiceUnavailable"
                | "SlowDown",
            )
            | None => Error::Busy { doing, cause },
            Some(_) => Error::Broken { doing, cause },
        }
    }

    /// A row or message that does not read as what it should be.
    pub(crate) fn broken(doing: &'static str, cause: impl std::fmt::Display) -> Self {
        Error::Broken { doing, cause: cause.to_string() }
    }
}
