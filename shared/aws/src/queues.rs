//! Messages to the functions that work in the background. A row always stands before its message is sent, and
//! whoever finds the row waiting too long sends again: a message may come twice, and none is needed to be first.

use std::collections::HashMap;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::event::{BuildBundle, IndexBucket, IndexObject, RenderAsset, SendEmail};
use serde::Serialize;

use crate::{Cloud, Error};

/// How many messages SQS takes in one request.
const BATCH: usize = 10;

/// How often a message was delivered, this time included, by the attributes that it came with.
pub fn receives(attributes: &HashMap<String, String>) -> u32 {
    attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

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
    /// Asks `ingest-asset` to read and render an asset.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_render(self, message: &RenderAsset) -> Result<(), Error> {
        self.send("ask for an asset to be rendered", &self.0.settings().ingest_queue, message).await
    }

    /// Asks `ingest-asset` to go on with a backfill.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_backfill(self, message: &IndexBucket) -> Result<(), Error> {
        self.send("go on with a backfill", &self.0.settings().ingest_queue, message).await
    }

    /// Asks `ingest-asset` to look at one object.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_index(self, message: &IndexObject) -> Result<(), Error> {
        self.send("ask for an object to be indexed", &self.0.settings().ingest_queue, message).await
    }

    /// Asks `bundle-assets` to build a bundle.
    ///
    /// # Errors
    /// When the queue fails.
    pub async fn send_build(self, message: &BuildBundle) -> Result<(), Error> {
        self.send("ask for a bundle to be built", &self.0.settings().bundle_queue, message).await
    }

    /// Asks `send-email` to send mails.
    ///
    /// # Errors
    /// When the queue fails, or does not take one of them; it may have taken others.
    pub async fn send_mails(self, messages: &[SendEmail]) -> Result<(), Error> {
        let doing = "ask for mails to be sent";
        for batch in messages.chunks(BATCH) {
            let entry = |(place, message)| {
                let body = serde_json::to_string(message).map_err(|cause| Error::broken(doing, cause))?;
                let entry = SendMessageBatchRequestEntry::builder().id(format!("{place}")).message_body(body);
                entry.build().map_err(|cause| Error::broken(doing, cause))
            };
            let entries: Vec<_> = batch.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
            let sent = self
                .0
                .sqs()
                .send_message_batch()
                .queue_url(&self.0.settings().email_queue)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            if let Some(failed) = sent.failed.first() {
                return Err(Error::Busy { doing, cause: failed.code.clone() });
            }
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
