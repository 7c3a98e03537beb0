//! The function: messages of its queue, each a mail to send or a notice of a sent one.

use aws::Cloud;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::event::SendEmail;
use lambda_runtime::{Error, LambdaEvent};
use worker::Message;

use crate::failure::Failure;
use crate::notice::handle_notice;
use crate::send::send;

/// Handles a batch; the answer names the messages that failed, so that only they are delivered again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: LambdaEvent<SqsEvent>, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    Ok(worker::each(event, cloud, |message| handle_message(message, cloud)).await)
}

async fn handle_message(message: Message, cloud: &Cloud) -> Result<(), Failure> {
    match serde_json::from_str::<SendEmail>(&message.body) {
        Ok(request) => send(&request, message.is_last(), cloud).await,
        Err(_) => handle_notice(&message.body, message.receives, cloud).await,
    }
}
