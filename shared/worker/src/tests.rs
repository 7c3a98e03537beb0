use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use stage::Stores;

use super::*;

/// Why a message of these tests fails.
enum No {
    Broken,
    TooEarly(i64),
}

impl Display for No {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("no")
    }
}

impl Failure for No {
    fn is_expected(&self) -> bool {
        matches!(self, Self::TooEarly(_))
    }

    fn wait(&self) -> Option<SignedDuration> {
        match self {
            Self::Broken => None,
            Self::TooEarly(seconds) => Some(SignedDuration::from_secs(*seconds)),
        }
    }
}

/// Messages of `ingest-asset`'s queue, by their bodies and deliveries; their ids and receipts are `1`, `2` and so on.
fn batch(messages: &[(&str, u32)], left: SignedDuration) -> LambdaEvent<SqsEvent> {
    let records = (1..).zip(messages).map(|(n, (body, receives))| {
        json!({
            "messageId": n.to_string(), "receiptHandle": n.to_string(), "body": body,
            "attributes": {"ApproximateReceiveCount": receives.to_string()},
            "eventSourceARN": "arn:aws:sqs:local:000000000000:ingest",
        })
    });
    let event = json!({"Records": records.collect::<Vec<_>>()});
    stage::with_time(serde_json::from_value(event).unwrap(), left)
}

async fn handle(message: Message) -> Result<(), No> {
    match message.body.as_str() {
        "good" => Ok(()),
        "bad" => Err(No::Broken),
        early => Err(No::TooEarly(early.parse().unwrap())),
    }
}

/// The ids of messages that a function reports as failed.
fn failed(answer: SqsBatchResponse) -> Vec<String> {
    answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

const MINUTES: SignedDuration = SignedDuration::from_mins(5);

#[test]
fn a_wait_doubles_with_each_failure_up_to_a_quarter_of_an_hour() {
    let waits = [1, 2, 3, 4, 5, 6, 7, 1000].map(|n| wait_after(n, SignedDuration::from_secs(30)).as_secs());
    assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
}

#[tokio::test]
async fn only_messages_that_failed_are_delivered_again_each_after_its_own_wait() {
    let stores = Stores::open().await;
    let event = batch(&[("good", 1), ("bad", 1), ("bad", 3), ("95", 2), ("good", 4)], MINUTES);
    assert_eq!(failed(each(event, &stores.cloud, handle).await), ["2", "3", "4"]);
    let put_off = [("2", 30), ("3", 120), ("4", 95)].map(|(receipt, wait)| (receipt.to_owned(), wait));
    assert_eq!(stores.put_off(), put_off);
}

#[tokio::test]
async fn a_message_that_failed_for_the_last_time_is_not_put_off() {
    let stores = Stores::open().await;
    let event = batch(&[("bad", MAX_RECEIVES - 1), ("bad", MAX_RECEIVES), ("95", MAX_RECEIVES)], MINUTES);
    assert_eq!(failed(each(event, &stores.cloud, handle).await), ["1", "2", "3"]);
    assert_eq!(stores.put_off(), [("1".to_owned(), 240)]);
}

#[tokio::test]
async fn a_queue_that_puts_nothing_off_costs_no_other_message() {
    let nowhere = Stores::open_with(|settings| settings.sqs_url = Some(stage::UNREACHABLE.into())).await;
    let unknown = Stores::open_with(|settings| settings.ingest_queue = aws::Queue::default()).await;
    for stores in [nowhere, unknown] {
        let done = AtomicU32::new(0);
        let count = async |message: Message| {
            handle(message).await.inspect(|()| _ = done.fetch_add(1, Ordering::Relaxed))
        };
        let event = batch(&[("bad", 1), ("good", 1), ("bad", 1), ("good", 1)], MINUTES);
        assert_eq!(failed(each(event, &stores.cloud, count).await), ["1", "3"]);
        assert_eq!((done.into_inner(), stores.put_off()), (2, vec![]));
    }
}

#[tokio::test]
async fn a_message_is_not_begun_shortly_before_the_deadline_unless_it_is_the_last_time() {
    let stores = Stores::open().await;
    let event =
        batch(&[("good", 1), ("bad", 2), ("good", MAX_RECEIVES)], LEAST_TIME - SignedDuration::from_secs(1));
    assert_eq!(failed(each(event, &stores.cloud, handle).await), ["1", "2"]);
    assert_eq!(stores.put_off(), [("1".to_owned(), 0), ("2".to_owned(), 0)]);
}

#[tokio::test]
async fn a_handler_knows_how_much_time_is_left() {
    let stores = Stores::open().await;
    let within = async |message: Message| {
        let asked = [MINUTES - SignedDuration::from_mins(1), MINUTES + SignedDuration::from_mins(1)];
        assert_eq!(asked.map(|time| message.deadline.is_within(time)), [false, true]);
        Ok::<(), No>(())
    };
    assert_eq!(failed(each(batch(&[("good", 1)], MINUTES), &stores.cloud, within).await), [""; 0]);
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A field `message` would take the place of what the line says.
#[tokio::test]
async fn a_line_of_a_failure_says_what_happened_and_names_the_message() {
    let (stores, log) = (Stores::open().await, Log::default());
    let writer = log.clone();
    let to_log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let logging = tracing::subscriber::set_default(to_log);
    each(batch(&[("bad", 1), ("95", 1)], MINUTES), &stores.cloud, handle).await;
    drop(logging);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("a message failed and will be delivered again failure=no message_id=\"1\""),
        "{text}"
    );
    assert!(text.contains("is not done and will be delivered again failure=no message_id=\"2\""), "{text}");
}
