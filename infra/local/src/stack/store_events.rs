//! Works as S3's notifications: sends the changes of stored objects below `library/` to a queue.

use std::{sync::Arc, time::Duration};

use local_s3::{ObjectEvent, ObjectEventKind, Store};

use super::ASSETS_BUCKET;
use crate::{
    library::PREFIX,
    object_event::{ObjectChange, object_event},
    queue::{Outgoing, Queues},
};

/// How many events are sent at once.
const BATCH: usize = 500;

/// Sends events until `stop` resolves. The store removes an event only after the queue has it.
pub(super) async fn forward(
    store: Arc<Store>,
    queues: Queues,
    queue: &'static str,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    loop {
        let wait = match forward_batch(&store, &queues, queue).await {
            Ok(BATCH) => continue,
            Ok(_) => None,
            Err(error) => {
                tracing::error!(%error, "can't send the store's events to the queue; trying again");
                Some(Duration::from_secs(1))
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => store.wait_for_events().await,
                }
            } => {}
        }
    }
}

async fn forward_batch(
    store: &Arc<Store>,
    queues: &Queues,
    queue: &str,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let events = store.pending_events(BATCH).await?;
    if events.is_empty() {
        return Ok(0);
    }
    let wanted = events.iter().filter(|event| event.bucket == ASSETS_BUCKET && event.key.starts_with(PREFIX));
    let messages: Vec<_> = wanted.map(message).collect();
    if !messages.is_empty() {
        queues.send(queue, messages, aws::clock::now()).await?;
    }
    store.ack_events(events.iter().map(|event| event.id).collect()).await?;
    Ok(events.len())
}

fn message(event: &ObjectEvent) -> Outgoing {
    let change = match event.kind {
        ObjectEventKind::Created => ObjectChange::Created { size: event.size, etag: &event.etag },
        ObjectEventKind::Removed => ObjectChange::Removed,
    };
    // Times are kept in whole milliseconds, so the event's id is added to order events of the same millisecond.
    let time = u64::try_from(event.at.as_nanosecond()).unwrap_or_default();
    let sequencer = time + event.id.unsigned_abs() % 1_000_000;
    let body = object_event(&event.bucket, &event.key, change, sequencer, event.at).to_string();
    Outgoing { body, ..Outgoing::default() }
}
