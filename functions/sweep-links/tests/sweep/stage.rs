//! The sweep on embedded stores.

use aws::rows::links::OwnedLink;
use aws::rows::sweeping::{Ended, ToSweep};
use aws::{Cloud, Settings};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::bundle::{Bundle, BundleStatus};
use domain::id::{BundleId, FolderId, LinkId};
use domain::link::{Access, DownloadOptions, Link, Target};
use domain::object::Bucket;
use domain::token::LinkToken;
use domain::user::User;
use domain::user::level::Level;
use domain::visit::{Nonce, Visit, VisitKey};
use dynoxide::Database;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use local_s3::{Credentials, Store, StoreConfig};
use serde_json::{Value, json};
use sweep_links::Report;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub struct Stage {
    pub cloud: Cloud,
    /// As the cloud, but nothing answers where its objects should be.
    pub without_objects: Cloud,
    pub rows: Database,
    _folder: TempDir,
}

pub async fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let buckets = vec!["assets".into(), "bundles".into()];
    let store = Store::open(StoreConfig { data: folder.path().to_owned(), buckets, linked: None });
    let objects = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        region: "local".into(),
        credentials: aws::Credentials {
            access_key: "test".into(),
            secret_key: "secret".into(),
            session_token: None,
        },
        dynamodb_url: Some(url(&served)),
        s3_url: Some(url(&objects)),
        table: "vitrine".into(),
        assets_bucket: "assets".into(),
        bundles_bucket: "bundles".into(),
        ..Settings::default()
    };
    let without_objects = Cloud::new(Settings { s3_url: Some(url(&nobody)), ..settings.clone() });
    drop(nobody);
    let credentials = Credentials { access_key: "test".into(), secret_key: "secret".into() };
    tokio::spawn(local_s3::serve(objects, store.await.unwrap(), credentials, std::future::pending()));
    let rows = Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(served, rows.clone()));
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
    Stage { cloud, without_objects, rows, _folder: folder }
}

impl Stage {
    /// A link with one use.
    pub async fn link(&self, name: &str, ends: Option<Timestamp>) -> Link {
        let token = LinkToken::from_random(aws::random::bytes());
        let now = aws::clock::now();
        let link = Link {
            id: token.link_id(),
            owner: "carl".into(),
            target: Target::Folder { id: FolderId::of(name), include_subfolders: false },
            target_name: name.into(),
            title: name.into(),
            expires: None,
            time_zone: None,
            expires_at: ends,
            max_uses: Some(1),
            used: 0,
            password: None,
            visit_key: VisitKey::from_random(aws::random::bytes()),
            access: Access::Download,
            attributes: None,
            options: DownloadOptions { original: true, preview: false, thumbnail: false },
            created: now,
            updated: now,
            revision: 0,
        };
        self.cloud.links().create(&OwnedLink { link: link.clone(), token }).await.unwrap();
        link
    }

    /// A visit opened at a moment.
    pub async fn open(&self, link: &Link, at: Timestamp) -> Visit {
        let nonce = Nonce::from_random(aws::random::bytes());
        let visit = Visit::open(&nonce, None, &link.visit_key, at, link.expires_at);
        let spent = self.cloud.visits().spend_use(link, &visit, None, at).await.unwrap();
        assert_eq!(spent, aws::rows::uses::Spent::Opened);
        visit
    }

    pub async fn has_visit(&self, link: &Link, visit: &Visit) -> bool {
        self.cloud.visits().link_and_visit(&link.id, Some(&visit.id)).await.unwrap().1.is_some()
    }

    /// A finished bundle of a kilobyte, with its objects, that was last asked for at a moment.
    pub async fn bundle(&self, link: &LinkId, name: &str, last_used: Timestamp) -> Bundle {
        let bundle = Bundle {
            id: BundleId::of(name.as_bytes()),
            link: link.clone(),
            holds: DownloadOptions { original: true, ..Default::default() },
            status: BundleStatus::Preparing,
            files: 2,
            bytes: 1_000,
            done_bytes: 0,
            reason: None,
            upload_id: None,
            updated: last_used,
            last_used,
        };
        for key in [bundle.manifest_key(), bundle.zip_key()] {
            self.cloud
                .objects(Bucket::Bundles)
                .put(&key, "text/plain", name.to_owned().into(), None)
                .await
                .unwrap();
        }
        self.cloud.bundles().put(&bundle, None).await.unwrap();
        assert!(self.cloud.bundles().finish(&bundle, last_used).await.unwrap());
        self.cloud.bundles().find(link, &bundle.id).await.unwrap().unwrap()
    }

    /// Whether a bundle's manifest and zip are there.
    pub async fn objects(&self, bundle: &Bundle) -> [bool; 2] {
        let mut there = [false; 2];
        for (there, key) in there.iter_mut().zip([bundle.manifest_key(), bundle.zip_key()]) {
            *there = self.cloud.objects(Bucket::Bundles).head(&key).await.unwrap().is_some();
        }
        there
    }

    /// What the sweep would look at, of what ends on the day of `end`.
    pub async fn listed(&self, end: Timestamp, now: Timestamp, what: &Ended) -> ToSweep {
        let day = TimeZone::UTC.to_datetime(end).date();
        let listed = self.cloud.sweeps().find_ended(day, now).await.unwrap();
        listed.into_iter().find(|swept| &swept.what == what).expect("it is listed")
    }

    /// A whole sweep at a moment.
    pub async fn sweep(&self, at: Timestamp) -> Report {
        let event: EventBridgeEvent = serde_json::from_value(json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "000000000000", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "region": "local",
            "resources": [], "detail": {},
        }))
        .unwrap();
        sweep_links::handle(event, &self.cloud).await.unwrap()
    }

    /// Writes a row as it stands.
    pub fn put_row(&self, row: Value) {
        let put = serde_json::from_value(json!({"TableName": "vitrine", "Item": row})).unwrap();
        self.rows.put_item(put).unwrap();
    }

    /// Deletes a link's row.
    pub fn delete_row(&self, link: &LinkId, sk: &str) {
        let key = json!({"pk": {"S": format!("LINK#{link}")}, "sk": {"S": sk}});
        let delete = serde_json::from_value(json!({"TableName": "vitrine", "Key": key})).unwrap();
        self.rows.delete_item(delete).unwrap();
    }

    /// The sort keys of a link's rows that start with `prefix`.
    pub fn rows_of(&self, link: &LinkId, prefix: &str) -> Vec<String> {
        let scan = serde_json::from_value(json!({"TableName": "vitrine"})).unwrap();
        let rows = serde_json::to_value(self.rows.scan(scan).unwrap()).unwrap();
        let pk = format!("LINK#{link}");
        let of_link = |row: &&Value| row["pk"]["S"] == pk.as_str();
        let keys = rows["Items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(of_link)
            .map(|row| row["sk"]["S"].as_str().unwrap());
        keys.filter(|sk| sk.starts_with(prefix)).map(str::to_owned).collect()
    }
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
