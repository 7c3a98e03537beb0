//! Messages to the functions that work in the background. A row is written before its message is sent, and the message
//! of a row that waits too long is sent again, so a message may arrive twice but never before its row.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::event::{BuildBundle, IngestMessage, SendEmail};
use domain::id::AssetId;
use domain::library::words::Word;
use jiff::SignedDuration;
use serde::Serialize;

use crate::backoff::pause;
use crate::{Cloud, Error, Queue};

/// The most messages that SQS accepts in one request.
const BATCH: usize = 10;
/// The longest that a delivered message can be hidden, in seconds
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>).
const LONGEST_HIDDEN: u64 = 43_200;
/// How long a message to tidy words waits before it is delivered, in seconds: the longest that SQS can do
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
const TIDY_AFTER: i32 = 900;
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

impl<'a> Queues<'a> {
    /// Sends a message to `ingest-asset`: by the queue of its kind, so that listing never waits for rendering.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_ingest(self, message: &IngestMessage) -> Result<(), Error> {
        let settings = self.0.settings();
        let queue = match message {
            IngestMessage::Render(_) => &settings.render_queue,
            IngestMessage::Index(_) | IngestMessage::Backfill(_) | IngestMessage::Tidy { .. } => {
                &settings.ingest_queue
            }
        };
        self.send("send a message to ingest-asset", &queue.url, message, 0).await
    }

    /// Sends `ingest-asset` the message to look at the postings of an asset's words; it is delivered after 15 minutes.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_tidy(self, asset: &AssetId, words: Vec<Word>) -> Result<(), Error> {
        let message = IngestMessage::Tidy { asset: asset.clone(), words };
        let queue = &self.0.settings().ingest_queue.url;
        self.send("send a message to tidy words", queue, &message, TIDY_AFTER).await
    }

    /// Sends `bundle-assets` the message to build a bundle.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_build(self, message: &BuildBundle) -> Result<(), Error> {
        self.send("send a message to bundle-assets", &self.0.settings().bundle_queue.url, message, 0).await
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

    /// The queue that a message came from. Lambda names it by an ARN such as
    /// `arn:aws:sqs:eu-west-1:123456789012:vitrine-ingest`. `None` if it is not one of the settings.
    pub fn of_source(self, arn: &str) -> Option<&'a Queue> {
        let settings = self.0.settings();
        [&settings.ingest_queue, &settings.render_queue, &settings.bundle_queue, &settings.email_queue]
            .into_iter()
            .find(|queue| queue.url.rsplit('/').next() == arn.rsplit(':').next())
    }

    /// Hides a delivered message for `wait` from now on, which is rounded up to whole seconds; then it is delivered
    /// again. Its number of deliveries stays.
    ///
    /// # Errors
    /// When the queue fails, or the message was deleted or delivered again since.
    pub async fn put_off(self, queue: &Queue, receipt: &str, wait: SignedDuration) -> Result<(), Error> {
        let seconds = u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1000).min(LONGEST_HIDDEN);
        self.0
            .sqs()
            .change_message_visibility()
            .queue_url(&queue.url)
            .receipt_handle(receipt)
            .visibility_timeout(seconds as i32)
            .send()
            .await
            .map_err(|e| Error::sdk("put a message off", e))?;
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
                .queue_url(&self.0.settings().email_queue.url)
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

    /// Sends a message that is delivered after some seconds, at most 900.
    async fn send(
        self,
        doing: &'static str,
        queue: &str,
        message: &impl Serialize,
        after: i32,
    ) -> Result<(), Error> {
        let body = serde_json::to_string(message).map_err(|cause| Error::broken(doing, cause))?;
        self.0
            .sqs()
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .set_delay_seconds((after > 0).then_some(after))
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        Ok(())
    }
}
