//! S3's notifications: changes of stored objects below `library/` go to a queue.

use std::{sync::Arc, time::Duration};

use local_s3::{ObjectEvent, ObjectEventKind, Store};

use super::ASSETS_BUCKET;
use crate::{
    library::PREFIX,
    object_event::{Happened, object_event},
    queue::{Outgoing, Queues},
};

/// How many events are handed on at once.
const BATCH: usize = 500;

/// Hands events on until `stop` resolves. The store forgets an event once the queue has it.
pub(super) async fn forward(
    store: Arc<Store>,
    queues: Queues,
    queue: &'static str,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    loop {
        let wait = match hand_on(&store, &queues, queue).await {
            Ok(BATCH) => continue,
            Ok(_) => None,
            Err(error) => {
                tracing::error!(%error, "can't hand on the store's events; trying again");
                Some(Duration::from_secs(1))
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => store.events_added().await,
                }
            } => {}
        }
    }
}

async fn hand_on(
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
    let happened = match event.kind {
        ObjectEventKind::Created => Happened::Created { size: event.size, etag: &event.etag },
        ObjectEventKind::Removed => Happened::Removed,
    };
    // Events are kept in whole milliseconds; their number tells those of one millisecond apart.
    let moment = u64::try_from(event.at.as_nanosecond()).unwrap_or_default();
    let sequencer = moment + event.id.unsigned_abs() % 1_000_000;
    let body = object_event(&event.bucket, &event.key, happened, sequencer, event.at).to_string();
    Outgoing { body, ..Outgoing::default() }
}
