//! The function: messages of its queue, each a mail to send or news of one.

use aws::Cloud;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::SendEmail;
use lambda_runtime::Error;
use worker::Message;

use crate::failure::Failure;
use crate::notice::handle_notice;
use crate::send::send;

/// Handles a batch; messages that failed are named, so that only they come again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: SqsEvent, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    Ok(worker::each(event, |message| send_or_note(message, cloud)).await)
}

async fn send_or_note(message: Message, cloud: &Cloud) -> Result<(), Failure> {
    match serde_json::from_str::<SendEmail>(&message.body) {
        Ok(wanted) => send(&wanted, message.is_last(), cloud).await,
        Err(_) => handle_notice(&message.body, message.receives, cloud).await,
    }
}
