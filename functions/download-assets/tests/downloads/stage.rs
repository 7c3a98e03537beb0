//! The function on embedded stores, with a queue that remembers what was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::rows::links::OwnedLink;
use aws::{Cloud, Settings};
use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::routing::post;
use domain::asset::{Asset, AssetState, RenderedFile};
use domain::bundle::{Bundle, BundleStatus};
use domain::id::{AssetId, BundleId, FolderId, LinkId};
use domain::link::{Access, DownloadOptions, Link, Target};
use domain::token::LinkToken;
use domain::user::User;
use domain::user::level::Level;
use domain::visit::VisitKey;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use local_s3::{Credentials, Store, StoreConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

pub struct Stage {
    pub cloud: Cloud,
    sent: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::FOUND, "{}", self.text);
        self.headers["location"].to_str().unwrap()
    }
}

pub async fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let buckets = vec!["assets".into(), "bundles".into()];
    let store = Store::open(StoreConfig { data: folder.path().to_owned(), buckets, linked: None });
    let objects = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rows = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let queue = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        region: "local".into(),
        credentials: aws::Credentials {
            access_key: "test".into(),
            secret_key: "secret".into(),
            session_token: None,
        },
        dynamodb_url: Some(url(&rows)),
        s3_url: Some(url(&objects)),
        sqs_url: Some(url(&queue)),
        table: "vitrine".into(),
        assets_bucket: "assets".into(),
        library_prefix: "library/".into(),
        bundles_bucket: "bundles".into(),
        ingest_queue: format!("{}/ingest", url(&queue)),
        bundle_queue: format!("{}/bundle", url(&queue)),
        email_queue: "email".into(),
        mail_from: "share@example.org".into(),
        site_url: "http://localhost:8080".into(),
        ..Settings::default()
    };
    let credentials = Credentials { access_key: "test".into(), secret_key: "secret".into() };
    tokio::spawn(local_s3::serve(objects, store.await.unwrap(), credentials, std::future::pending()));
    tokio::spawn(dynoxide::server::serve_on(rows, dynoxide::Database::memory().unwrap()));
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let remembers = Router::new().fallback(post(remember)).with_state(Arc::clone(&sent));
    tokio::spawn(async { axum::serve(queue, remembers).await });
    let cloud = Cloud::new(settings);
    cloud.rows().create_table().await.unwrap();
    let carl = User {
        id: "carl".into(),
        name: "Carl".into(),
        email: "carl@example.org".into(),
        level: Level::Consumer,
        enabled: true,
        service_account: false,
    };
    cloud.users().remember(carl).await.unwrap();
    Stage { cloud, sent, _folder: folder }
}

async fn remember(Shared(sent): Shared<Arc<Mutex<Vec<String>>>>, body: String) -> String {
    let message: Value = serde_json::from_str(&body).unwrap();
    sent.lock().unwrap().push(message["MessageBody"].as_str().unwrap().to_owned());
    json!({"MessageId": "1", "MD5OfMessageBody": "0"}).to_string()
}

/// An asset that is read, with a thumbnail and a preview if it is an image.
pub fn asset(folder: &str, name: &str) -> Asset {
    let key = format!("library/{folder}/{name}");
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let rendered = |word: &str| {
        (!name.ends_with(".wav")).then(|| RenderedFile {
            key: format!("renditions/{}/1/{word}.jpg", AssetId::of(&key)),
            etag: "\"2\"".into(),
            size: 20,
            crc32: 2,
            width: 150,
            height: 100,
        })
    };
    Asset {
        id: AssetId::of(&key),
        name: name.into(),
        folder: FolderId::of(folder),
        folder_path: folder.into(),
        file_type: "jpg".into(),
        size: 1_000,
        etag: "\"1\"".into(),
        crc32: Some(1),
        width: None,
        height: None,
        duration_ms: None,
        pages: None,
        created: at,
        modified: at,
        attributes: BTreeMap::new(),
        thumbnail: rendered("thumbnail"),
        preview: rendered("preview"),
        state: AssetState::Ready,
        reason: None,
        gave_up: false,
        revision: 0,
        key,
    }
}

/// Originals and previews; thumbnails are not offered.
pub fn link(token: &LinkToken) -> Link {
    let now = aws::clock::now();
    Link {
        id: token.link_id(),
        owner: "carl".into(),
        target: Target::Selection,
        target_name: "assets".into(),
        title: "Herbst & Müller".into(),
        expires: None,
        time_zone: None,
        expires_at: None,
        max_uses: None,
        used: 0,
        password: None,
        visit_key: VisitKey::from_random([1; 16]),
        access: Access::Download,
        attributes: None,
        options: DownloadOptions { original: true, preview: true, thumbnail: false },
        created: now,
        updated: now,
        revision: 0,
    }
}

impl Stage {
    /// Shares a selection; gives the link's path.
    pub async fn share(&self, assets: &[Asset], edit: impl FnOnce(Link) -> Link) -> (String, LinkId) {
        let token = LinkToken::from_random(aws::random::bytes());
        let link = edit(link(&token));
        if link.target == Target::Selection {
            // A selection follows its assets, so they have to be in the library.
            for asset in assets {
                if self.cloud.assets().find(&asset.id).await.unwrap().is_none() {
                    self.cloud.assets().replace(None, Some(asset)).await.unwrap();
                }
            }
            self.cloud.sets().put_selection(&link.id, "assets", assets, link.created).await.unwrap();
        }
        let (path, id) = (format!("/s/{}", token.reveal()), link.id.clone());
        self.cloud.links().create(&OwnedLink { link, token }).await.unwrap();
        (path, id)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = download_assets::router(&self.cloud).unwrap().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn page(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("accept", "text/html,*/*").body(Body::empty()).unwrap()).await
    }

    pub async fn head(&self, path: &str) -> Answer {
        self.send(Request::head(path).body(Body::empty()).unwrap()).await
    }

    pub async fn ask(&self, link: &str, body: Value) -> Answer {
        let request = Request::post(format!("{link}/bundles")).header("content-type", "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    pub async fn ask_from(&self, address: &str, link: &str, body: Value) -> Answer {
        let path = format!("{link}/bundles");
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "requestContext": {
                "accountId": "0", "apiId": "a", "stage": "$default", "requestId": "r", "time": "", "timeEpoch": 0,
                "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": address},
            },
            "body": body.to_string(), "isBase64Encoded": false,
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        self.send(request.map(|body| Body::from(body.to_vec()))).await
    }

    /// The messages sent so far.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// A bundle's row that was last heard of, and last used, so long ago.
    pub async fn bundle(&self, link: &LinkId, name: &str, ago: SignedDuration) -> Bundle {
        let then = aws::clock::now() - ago;
        let bundle = Bundle { updated: then, last_used: then, ..self.unwritten(link, name) };
        self.cloud.bundles().put(&bundle, None).await.unwrap();
        bundle
    }

    /// A bundle of 2,000 bytes, without a row.
    pub fn unwritten(&self, link: &LinkId, name: &str) -> Bundle {
        let now = aws::clock::now();
        Bundle {
            id: BundleId::of(name.as_bytes()),
            link: link.clone(),
            holds: DownloadOptions { original: true, ..Default::default() },
            status: BundleStatus::Preparing,
            files: 2,
            bytes: 2_000,
            done_bytes: 500,
            reason: None,
            upload_id: None,
            updated: now,
            last_used: now,
        }
    }

    /// Requests to the stores since the last reset: to DynamoDB, and to others.
    pub fn calls(&self) -> (u64, u64) {
        let calls = self.cloud.calls().snapshot();
        let count = |rows: bool| {
            calls.iter().filter(|(name, _)| name.starts_with("DynamoDB") == rows).map(|(_, n)| n).sum()
        };
        (count(true), count(false))
    }
}
