//! Works as an SQS event source mapping: receives messages, calls the function with an `SqsEvent`, and deletes the messages
//! that the function does not report as failed.

use std::{collections::HashSet, sync::Arc, time::Duration};

use aws_lambda_events::sqs::SqsBatchResponse;
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{Message, Queues, protocol};
use crate::function::Function;

/// How long a poller sleeps at most if no message wakes it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The settings of one queue and its function.
#[derive(Clone)]
pub struct Mapping {
    /// The queue's name.
    pub queue: &'static str,
    /// The function that is called. Its time limit must not exceed the queue's visibility time-out.
    pub function: Function,
    /// How many calls may run at once.
    pub concurrency: usize,
    /// How many messages a call gets at most.
    pub batch_size: usize,
}

/// Calls the function until `stop` resolves, then waits for the running calls. If the process ends before a call, its
/// messages are delivered again.
pub async fn run(queues: Queues, mapping: Mapping, stop: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(mapping.concurrency));
    let mut calls = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let slot = tokio::select! {
            () = &mut stop => break,
            Ok(slot) = slots.clone().acquire_owned() => slot,
        };
        while calls.try_join_next().is_some() {}
        match queues.receive(mapping.queue, mapping.batch_size, None, aws::clock::now()).await {
            Ok(batch) if !batch.is_empty() => {
                let (queues, mapping) = (queues.clone(), mapping.clone());
                calls.spawn(async move {
                    deliver(&queues, &mapping, &batch).await;
                    drop(slot);
                });
                continue;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(queue = mapping.queue, %error, "can't receive messages; trying again")
            }
        }
        drop(slot);
        tokio::select! {
            () = &mut stop => break,
            () = wait_until_due(&queues, mapping.queue) => {}
        }
    }
    while calls.join_next().await.is_some() {}
}

/// Waits until a message is sent, given back, or due.
async fn wait_until_due(queues: &Queues, queue: &str) {
    let sleep = match queues.next_due(queue).await {
        Ok(Some(at)) => {
            Duration::try_from(at.duration_since(aws::clock::now())).unwrap_or_default().min(LONGEST_SLEEP)
        }
        Ok(None) => LONGEST_SLEEP,
        Err(_) => Duration::from_secs(1),
    };
    let Ok((_, wake)) = queues.queue(queue) else { return };
    tokio::select! {
        () = wake.notified() => {}
        // Slightly longer, since times are kept in whole milliseconds.
        () = tokio::time::sleep(sleep + Duration::from_millis(2)) => {}
    }
}

async fn deliver(queues: &Queues, mapping: &Mapping, batch: &[Message]) {
    let Mapping { queue, function, .. } = mapping;
    let request_id = super::random_id();
    let event = build_event(queue, batch).to_string().into_bytes();
    let failed = match function.invoke(event, &request_id, aws::clock::now()).await {
        Ok(answer) => parse_failures(&answer, batch),
        Err(error) => {
            tracing::warn!(queue, request_id, %error, "a call failed; its messages will be delivered again");
            None
        }
    };
    for message in batch {
        // As on AWS all messages fail if the answer can't be parsed, or names a message that is not in the batch.
        let done = failed.as_ref().is_some_and(|failed| !failed.contains(message.id.as_str()));
        if !done {
            // It comes again when it is no longer hidden: for how long is the function's decision, or the queue's.
            tracing::warn!(
                queue,
                message_id = message.id,
                receives = message.receives,
                "a message failed; it will be delivered again"
            );
        } else if let Err(error) = queues.delete(queue, &message.receipt).await {
            tracing::error!(queue, request_id, %error, "can't delete a message; it will be delivered again");
        }
    }
}

/// The ids that the function reports as failed; `None` if all messages count as failed.
fn parse_failures(answer: &[u8], batch: &[Message]) -> Option<HashSet<String>> {
    // A function without partial parse_failures answers null.
    let answer: Option<SqsBatchResponse> = serde_json::from_slice(answer).ok()?;
    let failed: HashSet<_> =
        answer.unwrap_or_default().batch_item_failures.into_iter().map(|f| f.item_identifier).collect();
    failed.iter().all(|id| batch.iter().any(|m| m.id == *id)).then_some(failed)
}

fn build_event(queue: &str, batch: &[Message]) -> serde_json::Value {
    json!({"Records": batch.iter().map(|message| json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": protocol::attributes(message),
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:local:000000000000:{queue}"),
        "awsRegion": "local",
    })).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, atomic::AtomicUsize, atomic::Ordering::SeqCst};

    use super::super::{Outgoing, Rules};
    use super::*;
    use aws_lambda_events::sqs::SqsEvent;
    use jiff::SignedDuration;
    use lambda_runtime::LambdaEvent;

    const RULES: Rules =
        Rules { name: "ingest", visibility: SignedDuration::from_secs(300), max_receives: 3, batched: false };

    /// The same queue, where a message whose function says nothing comes again soon.
    const SOON: Rules = Rules { visibility: SignedDuration::from_millis(300), ..RULES };

    fn mapping(function: Function) -> Mapping {
        Mapping { queue: "ingest", function, concurrency: 2, batch_size: 10 }
    }

    async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
        for _ in 0..1000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }

    fn bodies(texts: &[&str]) -> Vec<Outgoing> {
        texts.iter().map(|t| Outgoing { body: (*t).to_owned(), ..Outgoing::default() }).collect()
    }

    #[tokio::test]
    async fn failed_messages_are_delivered_again_until_they_are_dead_letters() {
        let folder = tempfile::tempdir().unwrap();
        let queues = Queues::open(&folder.path().join("q"), &[SOON]).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let function = Function::event("f", Duration::from_secs(5), move |event: LambdaEvent<SqsEvent>| {
            let mut answer = SqsBatchResponse::default();
            for record in event.payload.records {
                let body = record.body.unwrap();
                if body == "bad" {
                    answer.add_failure(record.message_id.unwrap());
                }
                log.lock().unwrap().push((body, record.attributes["ApproximateReceiveCount"].clone()));
            }
            async { Ok::<_, String>(answer) }
        });
        let poller = tokio::spawn(run(queues.clone(), mapping(function), std::future::pending()));
        queues.send("ingest", bodies(&["good", "bad"]), aws::clock::now()).await.unwrap();
        until("bad is dead", async || queues.dead_letters("ingest").await.unwrap().len() == 1).await;
        assert_eq!(queues.dead_letters("ingest").await.unwrap()[0].body, "bad");
        assert_eq!(queues.counts("ingest", aws::clock::now()).await.unwrap().waiting, 0);
        let mut seen = seen.lock().unwrap().clone();
        seen.sort();
        let expected = [("bad", "1"), ("bad", "2"), ("bad", "3"), ("good", "1")];
        assert_eq!(seen, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        poller.abort();
    }

    #[tokio::test]
    async fn a_message_that_its_function_puts_off_comes_when_it_said_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let queues = Queues::open(&folder.path().join("q"), &[RULES]).unwrap();
        let wait = SignedDuration::from_millis(200);
        let delivered = Arc::new(Mutex::new(Vec::new()));
        let (log, door) = (delivered.clone(), queues.clone());
        let function = Function::event("f", Duration::from_secs(5), move |event: LambdaEvent<SqsEvent>| {
            let (log, door, record) = (log.clone(), door.clone(), event.payload.records[0].clone());
            async move {
                let now = aws::clock::now();
                log.lock().unwrap().push(now);
                let mut answer = SqsBatchResponse::default();
                if record.attributes["ApproximateReceiveCount"] == "1" {
                    let receipt = record.receipt_handle.unwrap();
                    assert!(door.set_visibility("ingest", &receipt, wait, now).await.unwrap());
                    answer.add_failure(record.message_id.unwrap());
                }
                Ok::<_, String>(answer)
            }
        });
        let poller = tokio::spawn(run(queues.clone(), mapping(function), std::future::pending()));
        queues.send("ingest", bodies(&["later"]), aws::clock::now()).await.unwrap();
        until("it is done", async || {
            queues.counts("ingest", aws::clock::now()).await.unwrap() == super::super::Counts::default()
        })
        .await;
        let delivered = delivered.lock().unwrap().clone();
        assert!(delivered.len() == 2 && delivered[1].duration_since(delivered[0]) >= wait, "{delivered:?}");
        poller.abort();
    }

    #[tokio::test]
    async fn a_crash_fails_its_batch_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let queues = Queues::open(&folder.path().join("q"), &[SOON]).unwrap();
        let function =
            Function::event("f", Duration::from_secs(5), |event: LambdaEvent<SqsEvent>| async move {
                assert!(event.payload.records[0].body.as_deref() != Some("crash"), "as asked");
                Ok::<_, String>(())
            });
        let mapping = Mapping { batch_size: 1, ..mapping(function) };
        let poller = tokio::spawn(run(queues.clone(), mapping, std::future::pending()));
        queues.send("ingest", bodies(&["crash", "fine"]), aws::clock::now()).await.unwrap();
        until("crash is dead", async || queues.dead_letters("ingest").await.unwrap().len() == 1).await;
        until("all else is done", async || {
            let counts = queues.counts("ingest", aws::clock::now()).await.unwrap();
            counts.waiting + counts.hidden == 0
        })
        .await;
        poller.abort();
    }

    #[tokio::test]
    async fn at_most_the_set_number_of_calls_run_at_once_and_stopping_waits_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let queues = Queues::open(&folder.path().join("q"), &[RULES]).unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (at_once, peak) = (running.clone(), most.clone());
        let function = Function::event("f", Duration::from_secs(5), move |_: LambdaEvent<SqsEvent>| {
            let (at_once, peak) = (at_once.clone(), peak.clone());
            async move {
                peak.fetch_max(at_once.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::time::sleep(Duration::from_millis(50)).await;
                at_once.fetch_sub(1, SeqCst);
                Ok::<_, String>(())
            }
        });
        queues.send("ingest", bodies(&["1", "2", "3", "4", "5"]), aws::clock::now()).await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let mapping = Mapping { batch_size: 1, ..mapping(function) };
        let poller = tokio::spawn(run(queues.clone(), mapping, async { _ = stopped.await }));
        until("two run", async || running.load(SeqCst) == 2).await;
        stop.send(()).unwrap();
        poller.await.unwrap();
        assert_eq!((running.load(SeqCst), most.load(SeqCst)), (0, 2));
        assert_eq!(queues.counts("ingest", aws::clock::now()).await.unwrap().hidden, 0);
    }

    #[test]
    fn an_answer_that_names_an_unknown_message_fails_all() {
        let batch = [Message {
            id: "a".to_owned(),
            receipt: String::new(),
            body: String::new(),
            receives: 1,
            sent: jiff::Timestamp::UNIX_EPOCH,
            first_received: jiff::Timestamp::UNIX_EPOCH,
        }];
        assert_eq!(parse_failures(b"null", &batch), Some(HashSet::new()));
        assert_eq!(
            parse_failures(br#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#, &batch).map(|f| f.len()),
            Some(1)
        );
        assert_eq!(parse_failures(br#"{"batchItemFailures":[{"itemIdentifier":"z"}]}"#, &batch), None);
        assert_eq!(parse_failures(b"oops", &batch), None);
    }
}
