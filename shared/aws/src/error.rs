//! Failures of stores, divided by what the caller can do about them.

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

/// A request to a store failed. Answers that a caller decides on, such as a refused condition or a missing row, are not
/// errors.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The store is throttling, slow or unreachable: the same call may succeed later.
    #[error("{doing}: the store is busy: {cause}")]
    Busy {
        /// What the call was to do, such as `read a link`.
        doing: &'static str,
        /// The SDK's message, for the log.
        cause: String,
    },
    /// The object was changed or deleted while it was being read (`If-Match` failed).
    #[error("{doing}: the object was changed or deleted")]
    Changed {
        /// What the call was to do, such as `read an object`.
        doing: &'static str,
    },
    /// Anything else: a bug, a missing permission, a row that can't be parsed.
    #[error("{doing}: {cause}")]
    Broken {
        /// What the call was to do, such as `read a link`.
        doing: &'static str,
        /// The SDK's message, for the log.
        cause: String,
    },
}

/// Error codes after which the same call may succeed later, besides those that the SDK retries. S3 may send such a code
/// with status 200 (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
const BUSY: [&str; 4] =
    ["TransactionConflictException", "InternalServerError", "InternalError", "ServiceUnavailable"];

/// Explains a 403. S3 also sends it instead of 404 if the role may not list the bucket, and does not say so
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>).
const NO_PERMISSION: &str =
    "403: the role lacks a permission; if the object does not exist, the permission to list its bucket";

/// A request of the SDK that failed.
pub(crate) type SdkFailure<E> = SdkError<E, HttpResponse>;

impl Error {
    /// A failure that the SDK reports. It is `Busy` if there was no answer, or one that means "later"; an answer that
    /// refuses the request never is.
    pub(crate) fn sdk<E>(doing: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let cause = DisplayErrorContext(&error).to_string();
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let busy = match (&error, error.code(), status) {
            (_, Some("PreconditionFailed" | "NoSuchKey" | "NotFound"), _) => return Error::Changed { doing },
            (_, Some(code), _) if [&BUSY, THROTTLING_ERRORS, TRANSIENT_ERRORS].concat().contains(&code) => {
                true
            }
            (_, _, Some(status)) if is_busy(status) => true,
            (SdkError::TimeoutError(_), ..) => true,
            (SdkError::DispatchFailure(failure), ..) => !failure.is_user(),
            // The answer broke off.
            (SdkError::ResponseError(_), _, status) => status.is_none_or(|status| status < 400),
            _ => false,
        };
        match (busy, status) {
            (true, _) => Error::Busy { doing, cause },
            (false, Some(403)) => Error::Broken { doing, cause: format!("{NO_PERMISSION}: {cause}") },
            (false, _) => Error::Broken { doing, cause },
        }
    }

    /// A row, message or answer that does not have the expected shape.
    pub(crate) fn broken(doing: &'static str, cause: impl std::fmt::Display) -> Self {
        Error::Broken { doing, cause: cause.to_string() }
    }
}

/// Whether DynamoDB refused a write because its condition did not hold.
pub(crate) fn is_refused_condition<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Whether a write with a condition was done; `false` if its condition did not hold.
///
/// # Errors
/// When the store fails.
pub(crate) fn was_done<T, E>(doing: &'static str, written: Result<T, SdkFailure<E>>) -> Result<bool, Error>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match written {
        Ok(_) => Ok(true),
        Err(e) if is_refused_condition(&e) => Ok(false),
        Err(e) => Err(Error::sdk(doing, e)),
    }
}

/// Whether the same request may succeed later, by the status of its answer.
fn is_busy(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 429)
}

#[cfg(test)]
mod tests {
    use domain::object::Bucket;

    use super::*;
    use crate::scripted_store;

    async fn head(answers: Vec<&'static str>) -> Result<Option<crate::objects::read::ObjectHead>, Error> {
        let (cloud, _requests) = scripted_store::start(answers).await;
        cloud.objects(Bucket::Bundles).head("bundles/x.zip").await
    }

    #[tokio::test]
    async fn a_missing_object_is_no_error() {
        assert!(matches!(head(vec!["404 Not Found\r\n\r\n"]).await, Ok(None)));
    }

    #[tokio::test]
    async fn a_refusal_without_a_code_is_not_busy() {
        // The answer to a HEAD has no body, so S3's refusal has no code.
        let Err(Error::Broken { cause, .. }) = head(vec!["403 Forbidden\r\n\r\n"]).await else {
            panic!("a 403 is not Broken")
        };
        assert!(cause.starts_with("403: the role lacks a permission"), "{cause}");
        for refusal in [
            "400 Bad Request\r\n\r\n",
            "405 Method Not Allowed\r\n\r\n",
            "451 Unavailable For Legal Reasons\r\n\r\n",
        ] {
            assert!(matches!(head(vec![refusal]).await, Err(Error::Broken { .. })), "{refusal}");
        }
    }

    #[tokio::test]
    async fn no_answer_and_answers_that_mean_later_are_busy() {
        const SLOW_DOWN: &str = "503 Slow Down\r\n\r\n";
        assert!(matches!(head(vec![SLOW_DOWN; 3]).await, Err(Error::Busy { .. })));
        const TOO_MANY: &str = "429 Too Many Requests\r\n\r\n";
        assert!(matches!(head(vec![TOO_MANY; 3]).await, Err(Error::Busy { .. })));
        // A store without answers does not listen.
        assert!(matches!(head(vec![]).await, Err(Error::Busy { .. })));
        const TIMEOUT: &str = "400 Bad Request\r\n\r\n<Error><Code>RequestTimeout</Code></Error>";
        let (cloud, _requests) = scripted_store::start(vec![TIMEOUT; 3]).await;
        let read = cloud.objects(Bucket::Bundles).bytes("bundles/x.zip", None, None).await;
        assert!(matches!(read, Err(Error::Busy { .. })));
    }
}
