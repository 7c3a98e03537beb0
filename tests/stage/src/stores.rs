//! Stores of a test's own, and the door to them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use aws::{Cloud, Settings};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use dynoxide::Database;
use local_s3::{SMALLEST_PART, Store, StoreConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stand_in::{NOBODY, listen, serve};

/// Gives a test's own scene, which has a field `stores`, whatever they have.
#[macro_export]
macro_rules! on_stores {
    ($scene:ty) => {
        impl std::ops::Deref for $scene {
            type Target = $crate::Stores;
            fn deref(&self) -> &$crate::Stores {
                &self.stores
            }
        }
    };
}

/// Bodies of messages, the oldest first.
type Sent = Arc<Mutex<Vec<String>>>;

/// A table, two buckets, and queues that remember what was sent. Nothing is in them.
pub struct Stores {
    /// The door to them, which counts requests.
    pub cloud: Cloud,
    pub(crate) rows: Database,
    sent: Sent,
    folder: TempDir,
}

impl Stores {
    /// Opens them.
    pub async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// Opens them, with a door whose settings the test changes: where a service is that it plays, for example.
    pub async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = TempDir::new().unwrap();
        let rows = Database::memory().unwrap();
        let (table, dynamodb_url) = listen().await;
        tokio::spawn(dynoxide::server::serve_on(table, rows.clone()));
        let sent = Sent::default();
        let queue = serve(Router::new().fallback(post(remember)).with_state(Arc::clone(&sent))).await;
        let mut settings = Settings {
            region: "local".into(),
            credentials: aws::Credentials {
                access_key: "test".into(),
                secret_key: "secret".into(),
                session_token: None,
            },
            dynamodb_url: Some(dynamodb_url),
            s3_url: Some(serve_buckets(folder.path()).await),
            sqs_url: Some(queue.clone()),
            ses_url: Some(NOBODY.into()),
            cognito_url: Some(NOBODY.into()),
            table: "vitrine".into(),
            assets_bucket: "assets".into(),
            library_prefix: domain::asset::LIBRARY.into(),
            bundles_bucket: "bundles".into(),
            ingest_queue: format!("{queue}/ingest"),
            bundle_queue: format!("{queue}/bundle"),
            email_queue: format!("{queue}/email"),
            mail_from: "share@example.org".into(),
            site_url: "http://localhost:8080".into(),
            groups_claim: "groups".into(),
            ..Settings::default()
        };
        change(&mut settings);
        let cloud = Cloud::new(settings);
        cloud.rows().create_table().await.unwrap();
        Self { cloud, rows, sent, folder }
    }

    /// Another door to them, with other settings.
    pub fn cloud_with(&self, change: impl FnOnce(&mut Settings)) -> Cloud {
        let mut settings = self.cloud.settings().clone();
        change(&mut settings);
        Cloud::new(settings)
    }

    /// A folder for the test's files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The messages sent so far, to whichever queue.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// How many requests were made since the count was last reset, of those whose name (`DynamoDB.GetItem`) is meant.
    pub fn calls(&self, is_meant: impl Fn(&str) -> bool) -> u64 {
        self.cloud.calls().snapshot().iter().filter(|(name, _)| is_meant(name)).map(|(_, n)| n).sum()
    }
}

async fn serve_buckets(data: &Path) -> String {
    let buckets = vec!["assets".into(), "bundles".into()];
    let store = Store::open(StoreConfig {
        data: data.to_owned(),
        buckets,
        linked: None,
        smallest_part: SMALLEST_PART,
    })
    .await
    .unwrap();
    let keys = local_s3::Credentials { access_key: "test".into(), secret_key: "secret".into() };
    let (listener, url) = listen().await;
    tokio::spawn(local_s3::serve(listener, store, keys, std::future::pending()));
    url
}

async fn remember(State(sent): State<Sent>, body: String) -> String {
    let message: Value = serde_json::from_str(&body).unwrap();
    sent.lock().unwrap().push(message["MessageBody"].as_str().unwrap().to_owned());
    json!({"MessageId": "1", "MD5OfMessageBody": "0"}).to_string()
}
