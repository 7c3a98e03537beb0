//! What can go wrong with a store, told by what the caller can do about it.

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

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

/// Codes that mean "later" besides those that the SDK itself tries again. S3 may give one in an answer of status 200
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
const BUSY: [&str; 4] =
    ["TransactionConflictException", "InternalServerError", "InternalError", "ServiceUnavailable"];

/// What S3 answers instead of 404 where the role may not list the bucket
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>), which its answer does not say.
const NO_PERMISSION: &str =
    "403: the role lacks a permission; for an object that is not there, that to list its bucket";

/// A request of the SDK that failed.
pub(crate) type SdkFailure<E> = SdkError<E, HttpResponse>;

impl Error {
    /// A failure of the SDK. No answer, or one of a server in trouble, is busy; an answer that refuses never is.
    pub(crate) fn sdk<E>(doing: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let words = DisplayErrorContext(&error).to_string();
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let busy = match (&error, error.code(), status) {
            (_, Some("PreconditionFailed" | "NoSuchKey" | "NotFound"), _) => return Error::Changed { doing },
            (_, Some(code), _) if [&BUSY, THROTTLING_ERRORS, TRANSIENT_ERRORS].concat().contains(&code) => {
                true
            }
            (_, _, Some(status)) if is_busy(status) => true,
            (SdkError::TimeoutError(_), ..) => true,
            (SdkError::DispatchFailure(failure), ..) => !failure.is_user(),
            // An answer that broke off.
            (SdkError::ResponseError(_), _, status) => status.is_none_or(|status| status < 400),
            _ => false,
        };
        match (busy, status) {
            (true, _) => Error::Busy { doing, cause: words },
            (false, Some(403)) => Error::Broken { doing, cause: format!("{NO_PERMISSION}: {words}") },
            (false, _) => Error::Broken { doing, cause: words },
        }
    }

    /// A row or message that does not read as what it should be.
    pub(crate) fn broken(doing: &'static str, cause: impl std::fmt::Display) -> Self {
        Error::Broken { doing, cause: cause.to_string() }
    }
}

/// Whether DynamoDB refused a write because its condition did not hold.
pub(crate) fn is_refused_condition<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Whether a server that answers with this status may do better later.
fn is_busy(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 429)
}

#[cfg(test)]
mod tests {
    use domain::object::Bucket;

    use super::*;
    use crate::served::served;

    async fn head(answers: Vec<&'static str>) -> Result<Option<crate::objects::read::ObjectHead>, Error> {
        let (cloud, _asked) = served(answers).await;
        cloud.objects(Bucket::Bundles).head("bundles/x.zip").await
    }

    #[tokio::test]
    async fn an_object_that_is_not_there_is_an_answer() {
        assert!(matches!(head(vec!["404 Not Found\r\n\r\n"]).await, Ok(None)));
    }

    #[tokio::test]
    async fn a_refusal_without_a_code_is_not_taken_for_a_busy_store() {
        // A HEAD has no body, so that S3's refusal has no code.
        let Err(Error::Broken { cause, .. }) = head(vec!["403 Forbidden\r\n\r\n"]).await else {
            panic!("it is not told as broken")
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
    async fn no_answer_and_that_of_a_server_in_trouble_are_busy() {
        const AWAY: &str = "503 Slow Down\r\n\r\n";
        assert!(matches!(head(vec![AWAY; 3]).await, Err(Error::Busy { .. })));
        const LATER: &str = "429 Too Many Requests\r\n\r\n";
        assert!(matches!(head(vec![LATER; 3]).await, Err(Error::Busy { .. })));
        // Nobody listens once the answers are used up.
        assert!(matches!(head(vec![]).await, Err(Error::Busy { .. })));
        let slow = "400 Bad Request\r\n\r\n<Error><Code>RequestTimeout</Code></Error>";
        let (cloud, _asked) = served(vec![slow; 3]).await;
        let read = cloud.objects(Bucket::Bundles).bytes("bundles/x.zip", None, None).await;
        assert!(matches!(read, Err(Error::Busy { .. })));
    }
}
