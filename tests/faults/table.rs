//! A table behind a layer of faults, without the rest of a site.

use std::path::PathBuf;

use aws::{Cloud, Credentials, Queue, Settings};
use e2e::faults::{Faults, Rates};
use e2e::site::Scratch;
use jiff::{SignedDuration, Timestamp};
use local::queue::{Queues, Rules, protocol};
use local_inside::{DynamoDb, Inside, MAILS_URL, QUEUES_URL, ROWS_URL};

/// The queue of mails.
const EMAIL: Rules =
    Rules { name: "email", visibility: SignedDuration::from_secs(60), max_receives: 5, batched: false };

/// A cloud on the table, and its layer of faults.
pub(crate) struct Table {
    pub cloud: Cloud,
    pub faults: Faults,
    pub inside: Inside,
    queues: Queues,
    _scratch: Scratch,
}

impl Table {
    /// An empty table, without faults until they are planned.
    pub(crate) async fn new() -> Self {
        let scratch = Scratch::new();
        let file: PathBuf = scratch.folder("table").join("dynamodb.sqlite");
        let queues = Queues::open(&scratch.folder("table").join("queue.sqlite"), &[EMAIL]).unwrap();
        let inside = Inside {
            rows: DynamoDb::open(&file).unwrap(),
            queues: protocol::router(queues.clone()),
            mails: axum::Router::new(),
        };
        let faults = Faults::new(1, Rates::NONE);
        let key = || "key".to_owned();
        let settings = Settings {
            region: "local".to_owned(),
            credentials: Credentials { access_key: key(), secret_key: key(), session_token: None },
            dynamodb_url: Some(ROWS_URL.to_owned()),
            sqs_url: Some(QUEUES_URL.to_owned()),
            email_queue: Queue { url: protocol::queue_url(QUEUES_URL, EMAIL.name), ..Queue::default() },
            ses_url: Some(MAILS_URL.to_owned()),
            table: "vitrine".to_owned(),
            ..Settings::default()
        };
        let cloud = Cloud::over(settings, faults.wrap(inside.client()));
        cloud.rows().create_table().await.unwrap();
        Self { cloud, faults, inside, queues, _scratch: scratch }
    }

    /// How many messages wait in the queue of mails.
    pub(crate) async fn waiting_mails(&self) -> u64 {
        self.queues.counts(EMAIL.name, Timestamp::MAX).await.unwrap().waiting
    }
}
