//! The function: messages of its queue, each a mail to send or news of one.

use aws::Cloud;
use aws::queues::receives;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::event::SendEmail;
use lambda_runtime::Error;

use crate::{notice, send};

/// How often the queue delivers a message before it goes to the dead letters.
const LAST_RECEIVE: u32 = 5;

/// Why a message comes again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// The body is nothing that this function knows.
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

/// Deals with a batch; messages that failed are named, so that only they come again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: SqsEvent, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in event.records {
        let Err(failure) = deal_with(&message, cloud).await else { continue };
        match failure {
            Failure::Claimed | Failure::TooEarly => tracing::info!(%failure, "a message will come again"),
            _ => tracing::error!(%failure, "a message failed and will come again"),
        }
        answer.add_failure(message.message_id.unwrap_or_default());
    }
    Ok(answer)
}

async fn deal_with(message: &SqsMessage, cloud: &Cloud) -> Result<(), Failure> {
    let body = message.body.as_deref().unwrap_or_default();
    let receives = receives(&message.attributes);
    match serde_json::from_str::<SendEmail>(body) {
        Ok(wanted) => send::send(&wanted, receives >= LAST_RECEIVE, cloud).await,
        Err(_) => notice::take(body, receives, cloud).await,
    }
}
