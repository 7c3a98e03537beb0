use super::*;

const RULES: Rules =
    Rules { name: "ingest", visibility: SignedDuration::from_secs(300), max_receives: 3, batched: false };
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn open(folder: &tempfile::TempDir) -> Queues {
    Queues::open(&folder.path().join("queue.sqlite"), &[RULES]).unwrap()
}

fn body(text: &str) -> Outgoing {
    Outgoing { body: text.to_owned(), ..Outgoing::default() }
}

async fn receive(queues: &Queues, now: Timestamp) -> Vec<Message> {
    queues.receive("ingest", 10, None, now).await.unwrap()
}

fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_received_message_is_hidden_and_delivered_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    queues.send("ingest", vec![body("a"), body("b")], NOW).await.unwrap();
    let first = receive(&queues, NOW).await;
    assert_eq!(first.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(queues.delete("ingest", &first[1].receipt).await.unwrap());
    assert!(receive(&queues, later(299)).await.is_empty());
    let again = receive(&queues, later(300)).await;
    assert_eq!((again.len(), again[0].receives, &again[0].id), (1, 2, &first[0].id));
    assert_eq!(again[0].first_received, NOW);
    assert!(!queues.delete("ingest", &first[0].receipt).await.unwrap(), "the old receipt is no longer valid");
    assert!(queues.delete("ingest", &again[0].receipt).await.unwrap());
    assert_eq!(queues.counts("ingest", later(9999)).await.unwrap(), Counts::default());
}

#[tokio::test]
async fn a_message_is_not_delivered_before_its_delay() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    let delay = SignedDuration::from_secs(20);
    queues.send("ingest", vec![Outgoing { delay, ..body("a") }], NOW).await.unwrap();
    assert!(receive(&queues, later(19)).await.is_empty());
    assert_eq!(queues.next_due("ingest").await.unwrap(), Some(later(20)));
    assert_eq!(receive(&queues, later(20)).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_always_fails_becomes_a_dead_letter() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    queues.send("ingest", vec![body("poison")], NOW).await.unwrap();
    for time in 0..3 {
        assert_eq!(receive(&queues, later(time * 300)).await[0].receives, u32::try_from(time).unwrap() + 1);
    }
    assert!(receive(&queues, later(900)).await.is_empty());
    let dead = queues.dead_letters("ingest").await.unwrap();
    assert_eq!((dead.len(), dead[0].body.as_str(), dead[0].receives), (1, "poison", 3));
    assert_eq!(queues.counts("ingest", later(900)).await.unwrap(), Counts { dead: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_message_that_is_given_back_is_due_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    queues.send("ingest", vec![body("a")], NOW).await.unwrap();
    let received = receive(&queues, NOW).await;
    assert!(queues.set_visibility("ingest", &received[0].receipt, SignedDuration::ZERO, NOW).await.unwrap());
    assert_eq!(receive(&queues, NOW).await[0].receives, 2);
}

#[tokio::test]
async fn messages_that_were_received_when_the_process_died_are_delivered_at_once() {
    let folder = tempfile::tempdir().unwrap();
    {
        let queues = open(&folder);
        queues.send("ingest", vec![body("a"), body("b")], NOW).await.unwrap();
        queues.receive("ingest", 1, None, NOW).await.unwrap();
        // The connection is never closed, as after a kill; the file is opened a second time below.
        std::mem::forget(queues);
    }
    let after = receive(&open(&folder), NOW).await;
    assert_eq!(after.iter().map(|m| (m.body.as_str(), m.receives)).collect::<Vec<_>>(), [("a", 2), ("b", 1)]);
}

#[tokio::test]
async fn a_batch_that_the_end_of_the_process_cut_short_again_and_again_is_not_given_up() {
    let folder = tempfile::tempdir().unwrap();
    for (rules, dead) in [(RULES, 1), (Rules { name: "batched", batched: true, ..RULES }, 0)] {
        let open = || Queues::open(&folder.path().join("q"), &[rules]).unwrap();
        open().send(rules.name, vec![body("a")], aws::clock::now()).await.unwrap();
        let mut receives = Vec::new();
        for _ in 0..5 {
            let received = open().receive(rules.name, 10, None, aws::clock::now()).await.unwrap();
            receives.extend(received.into_iter().map(|message| message.receives));
        }
        assert_eq!(open().dead_letters(rules.name).await.unwrap().len(), dead);
        assert_eq!(
            receives,
            if dead == 1 { vec![1, 2, 3] } else { vec![1, 2, 2, 2, 2] },
            "it is known as tried"
        );
    }
}

#[tokio::test]
async fn five_thousand_messages_are_sent_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    let messages = (0..5000).map(|n| body(&n.to_string())).collect();
    let start = std::time::Instant::now();
    assert_eq!(queues.send("ingest", messages, NOW).await.unwrap().len(), 5000);
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "took {:?}", start.elapsed());
    assert_eq!(queues.counts("ingest", NOW).await.unwrap().waiting, 5000);
}

#[tokio::test]
async fn receiving_one_message_of_a_long_queue_is_fast() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    queues.send("ingest", (0..20_000).map(|n| body(&n.to_string())).collect(), NOW).await.unwrap();
    let start = std::time::Instant::now();
    for n in 0..200 {
        let received = queues.receive("ingest", 1, None, NOW).await.unwrap();
        assert_eq!(received[0].body, n.to_string());
        assert!(queues.delete("ingest", &received[0].receipt).await.unwrap());
    }
    // It took several seconds when each receive read all messages.
    assert!(start.elapsed() < std::time::Duration::from_secs(1), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn unknown_queues_and_giant_messages_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let queues = open(&folder);
    assert!(matches!(queues.send("nope", vec![], NOW).await, Err(QueueError::NoSuchQueue(_))));
    let big = body(&"x".repeat(MESSAGE_LIMIT + 1));
    assert!(matches!(queues.send("ingest", vec![body("a"), big], NOW).await, Err(QueueError::TooLarge(_))));
    assert_eq!(queues.counts("ingest", NOW).await.unwrap().waiting, 0);
}
