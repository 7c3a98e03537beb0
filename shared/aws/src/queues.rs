//! Messages to the functions that work in the background. A row is written before its message is sent, and the message
//! of a row that waits too long is sent again, so a message may arrive twice but never before its row.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::event::{BuildBundle, IngestMessage, SendEmail};
use serde::Serialize;

use crate::rows::table::pause;
use crate::{Cloud, Error};

/// The most messages that SQS accepts in one request.
const BATCH: usize = 10;
/// How often messages that SQS did not accept are sent again.
const SENT_AGAIN: u32 = 5;

/// The queues of the functions that work in the background.
#[derive(Clone, Copy)]
pub struct Queues<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The queues of the functions that work in the background.
    pub fn queues(&self) -> Queues<'_> {
        Queues(self)
    }
}

impl Queues<'_> {
    /// Sends a message to `ingest-asset`.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_ingest(self, message: &IngestMessage) -> Result<(), Error> {
        self.send("send a message to ingest-asset", &self.0.settings().ingest_queue, message).await
    }

    /// Sends `bundle-assets` the message to build a bundle.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_build(self, message: &BuildBundle) -> Result<(), Error> {
        self.send("send a message to bundle-assets", &self.0.settings().bundle_queue, message).await
    }

    /// Sends `send-email` the messages to send mails.
    ///
    /// Messages that the queue did not accept are sent again, and only they.
    ///
    /// # Errors
    /// When the queue fails or keeps not accepting one of the messages; it may have accepted others.
    pub async fn send_mails(self, messages: &[SendEmail]) -> Result<(), Error> {
        let doing = "send messages to send-email";
        for batch in messages.chunks(BATCH) {
            let entry = |(place, message)| {
                let body = serde_json::to_string(message).map_err(|cause| Error::broken(doing, cause))?;
                let entry = SendMessageBatchRequestEntry::builder().id(format!("{place}")).message_body(body);
                entry.build().map_err(|cause| Error::broken(doing, cause))
            };
            self.send_all(doing, batch.iter().enumerate().map(entry).collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    async fn send_all(
        self,
        doing: &'static str,
        mut entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<(), Error> {
        for attempt in 0.. {
            let sent = self
                .0
                .sqs()
                .send_message_batch()
                .queue_url(&self.0.settings().email_queue)
                .set_entries(Some(entries.clone()))
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            let Some(failed) = sent.failed.iter().max_by_key(|failed| failed.sender_fault) else { break };
            if failed.sender_fault {
                return Err(Error::broken(doing, &failed.code));
            }
            if attempt == SENT_AGAIN {
                return Err(Error::Busy { doing, cause: failed.code.clone() });
            }
            entries.retain(|entry| sent.failed.iter().any(|failed| failed.id == entry.id));
            pause(attempt).await;
        }
        Ok(())
    }

    async fn send(self, doing: &'static str, queue: &str, message: &impl Serialize) -> Result<(), Error> {
        let body = serde_json::to_string(message).map_err(|cause| Error::broken(doing, cause))?;
        self.0
            .sqs()
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        Ok(())
    }
}
