//! Embedded stores for one test, and the cloud that reaches them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use aws::{Cloud, Queue, Settings};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use dynoxide::Database;
use jiff::SignedDuration;
use local_inside::{Inside, QUEUES_URL, ROWS_URL};
use local_s3::{SMALLEST_PART, Store, StoreConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stand_in::{UNREACHABLE, listen};

/// Makes the methods of [`Stores`] available on a test's scene, by its field `stores`.
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

/// How long a message waits after its first failure, as on AWS.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// The requests to the queues, the oldest first.
type Requests = Arc<Mutex<Vec<Value>>>;

/// An empty table, two empty buckets, and queues that record the sent messages.
pub struct Stores {
    /// The cloud that reaches them, and counts requests.
    pub cloud: Cloud,
    pub(crate) rows: Database,
    inside: Inside,
    requests: Requests,
    folder: TempDir,
}

impl Stores {
    /// Opens them.
    pub async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// Opens them with changed settings, such as the address of a service that the test serves.
    pub async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = TempDir::new().unwrap();
        let rows = Database::memory().unwrap();
        let requests = Requests::default();
        let inside = Inside {
            rows: rows.clone().into(),
            queues: Router::new().fallback(post(record)).with_state(Arc::clone(&requests)),
            mails: Router::new(),
        };
        let named = |name| Queue { url: format!("{QUEUES_URL}/{name}"), first_wait: FIRST_WAIT };
        let mut settings = Settings {
            region: "local".into(),
            credentials: aws::Credentials {
                access_key: "test".into(),
                secret_key: "secret".into(),
                session_token: None,
            },
            dynamodb_url: Some(ROWS_URL.into()),
            s3_url: Some(serve_buckets(folder.path()).await),
            sqs_url: Some(QUEUES_URL.into()),
            ses_url: Some(UNREACHABLE.into()),
            cognito_url: Some(UNREACHABLE.into()),
            table: "vitrine".into(),
            assets_bucket: "assets".into(),
            library_prefix: domain::asset::LIBRARY.into(),
            bundles_bucket: "bundles".into(),
            ingest_queue: named("ingest"),
            render_queue: named("render"),
            bundle_queue: named("bundle"),
            email_queue: named("email"),
            mail_from: "share@example.org".into(),
            site_url: "http://localhost:8080".into(),
            groups_claim: "groups".into(),
            ..Settings::default()
        };
        change(&mut settings);
        let cloud = Cloud::over(settings, inside.client());
        cloud.rows().create_table().await.unwrap();
        Self { cloud, rows, inside, requests, folder }
    }

    /// Another cloud that reaches them, with other settings.
    pub fn cloud_with(&self, change: impl FnOnce(&mut Settings)) -> Cloud {
        let mut settings = self.cloud.settings().clone();
        change(&mut settings);
        Cloud::over(settings, self.inside.client())
    }

    /// A folder for the test's files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The messages sent so far, of all queues.
    pub fn sent(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter_map(|request| Some(request["MessageBody"].as_str()?.to_owned())).collect()
    }

    /// The messages that were sent with a delay so far, each with the seconds.
    pub fn sent_later(&self) -> Vec<(String, i64)> {
        let requests = self.requests.lock().unwrap();
        let later = |request: &Value| {
            let seconds = request["DelaySeconds"].as_i64()?;
            Some((request["MessageBody"].as_str()?.to_owned(), seconds))
        };
        requests.iter().filter_map(later).collect()
    }

    /// The messages that were put off so far, by their receipts, each with the seconds.
    pub fn put_off(&self) -> Vec<(String, i64)> {
        let requests = self.requests.lock().unwrap();
        let put_off = |request: &Value| {
            let seconds = request["VisibilityTimeout"].as_i64()?;
            Some((request["ReceiptHandle"].as_str()?.to_owned(), seconds))
        };
        requests.iter().filter_map(put_off).collect()
    }

    /// The number of requests since the last reset whose name, such as `DynamoDB.GetItem`, is selected.
    pub fn calls(&self, selects: impl Fn(&str) -> bool) -> u64 {
        self.cloud.calls().snapshot().iter().filter(|(name, _)| selects(name)).map(|(_, n)| n).sum()
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

async fn record(State(requests): State<Requests>, body: String) -> String {
    let request: Value = serde_json::from_str(&body).unwrap();
    requests.lock().unwrap().push(request);
    json!({"MessageId": "1", "MD5OfMessageBody": "0"}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listened_ports;

    #[tokio::test]
    async fn of_all_stores_only_the_buckets_listen_on_a_port() {
        let before = listened_ports(std::process::id()).len();
        let stores = Stores::open().await;
        let (queue, wait) = (&stores.cloud.settings().bundle_queue, SignedDuration::from_secs(9));
        stores.cloud.queues().put_off(queue, "receipt", wait).await.unwrap();
        assert_eq!(stores.put_off(), [("receipt".to_owned(), 9)]);
        assert_eq!(listened_ports(std::process::id()).len(), before + 1);
    }
}
