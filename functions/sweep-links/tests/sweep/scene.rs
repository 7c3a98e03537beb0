//! The scene of the tests: links, visits and bundles that end.

use aws::Cloud;
use aws::clock::now;
use aws::rows::spend_use::Spent;
use aws::rows::sweeping::{Ended, Place, ToSweep};
use domain::bundle::Bundle;
use domain::id::LinkId;
use domain::link::Link;
use domain::object::Bucket;
use domain::visit::{Nonce, Visit};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use serde_json::json;
use stage::{Stores, UNREACHABLE, samples};
use sweep_links::Report;

/// How much time the function has on AWS.
const LAMBDAS_TIME: SignedDuration = SignedDuration::from_mins(5);

pub struct Scene {
    pub stores: Stores,
    /// As `cloud`, but its S3 does not answer.
    pub without_objects: Cloud,
}

stage::on_stores!(Scene);

pub async fn scene() -> Scene {
    let stores = Stores::open().await;
    stores.user("carl").await;
    let without_objects = stores.cloud_with(|settings| settings.s3_url = Some(UNREACHABLE.into()));
    Scene { stores, without_objects }
}

impl Scene {
    /// A link with one use.
    pub async fn link_of_one_use(&self, ends: Option<Timestamp>) -> Link {
        let terms = |link: &mut Link| (link.terms.max_uses, link.terms.expires_at) = (Some(1), ends);
        self.link(terms).await
    }

    /// A visit opened at a moment.
    pub async fn open_link(&self, link: &Link, at: Timestamp) -> Visit {
        let visit = fresh_visit(link, at);
        let spent = self.cloud.visits().spend_use(link, &visit, None, at).await.unwrap();
        assert_eq!(spent, Spent::Opened);
        visit
    }

    pub async fn has_visit(&self, link: &Link, visit: &Visit) -> bool {
        self.cloud.visits().link_and_visit(&link.id, Some(&visit.id)).await.unwrap().1.is_some()
    }

    /// A finished bundle of a kilobyte, with its objects, that was last requested at a moment.
    pub async fn bundle(&self, link: &LinkId, name: &str, last_used: Timestamp) -> Bundle {
        let bundle = Bundle { bytes: 1_000, updated: last_used, last_used, ..samples::bundle(link, name) };
        for key in [bundle.manifest_key(), bundle.zip_key()] {
            let objects = self.cloud.objects(Bucket::Bundles);
            objects.put(&key, "text/plain", name.to_owned().into(), None).await.unwrap();
        }
        self.cloud.bundles().put(&bundle, None).await.unwrap();
        assert!(self.cloud.bundles().finish(&bundle, last_used).await.unwrap());
        self.cloud.bundles().find(link, &bundle.id).await.unwrap().unwrap()
    }

    /// An active link with a bundle that was not used for 73 hours, and its entry for the sweep.
    pub async fn bundle_past_its_time(&self) -> (Link, Bundle, ToSweep) {
        let link = self.link_of_one_use(None).await;
        let used = now() - hours(73);
        let bundle = self.bundle(&link.id, "zip", used).await;
        let ended = Ended::Bundle(link.id.clone(), bundle.id.clone());
        let seen = self.listed(used + hours(72), now(), &ended).await;
        (link, bundle, seen)
    }

    /// Whether a bundle's manifest and zip exist.
    pub async fn objects(&self, bundle: &Bundle) -> [bool; 2] {
        let mut there = [false; 2];
        for (there, key) in there.iter_mut().zip([bundle.manifest_key(), bundle.zip_key()]) {
            *there = self.cloud.objects(Bucket::Bundles).head(&key).await.unwrap().is_some();
        }
        there
    }

    /// The entries of the sweep's index for the day of `end`.
    pub async fn listed(&self, end: Timestamp, now: Timestamp, what: &Ended) -> ToSweep {
        let day = TimeZone::UTC.to_datetime(end).date();
        let mut place = Place::start_of(day);
        while place.day() == day {
            let page = self.cloud.sweeps().find_ended(&place, now).await.unwrap();
            let found = page.things.into_iter().find(|swept| &swept.what == what);
            if let Some(found) = found {
                return found;
            }
            place = page.next;
        }
        panic!("{what:?} is not listed");
    }

    /// Runs a whole sweep at a moment.
    pub async fn sweep(&self, at: Timestamp) -> Report {
        self.sweep_within(at, LAMBDAS_TIME).await.unwrap()
    }

    /// The same, in a run with so much time until Lambda would stop it.
    pub async fn sweep_within(&self, at: Timestamp, left: SignedDuration) -> Result<Report, Error> {
        sweep_links::handle(stage::with_time(stage::scheduled(at), left), &self.cloud).await
    }

    /// Creates so many links that ended at a moment.
    pub async fn links_ended(&self, count: usize, end: Timestamp) {
        for _ in 0..count {
            self.link(|link| link.terms.expires_at = Some(end)).await;
        }
    }

    /// Writes the markers of so many links that were deleted at a moment, in one shard of the index.
    pub fn links_deleted(&self, count: usize, at: Timestamp) {
        let day = TimeZone::UTC.to_datetime(at).date();
        for n in 0..count {
            let link = LinkId::of(&format!("link {n}"));
            self.put_row(json!({
                "pk": {"S": partition(&link)}, "sk": {"S": "DELETED"}, "id": {"S": link.as_str()},
                "gsi3pk": {"S": format!("END#{day}#0")},
                "gsi3sk": {"S": format!("{:016}#{link}", at.as_millisecond())},
            }));
        }
    }

    /// The sort keys of a link's rows that start with `prefix`.
    pub fn rows_of(&self, link: &LinkId, prefix: &str) -> Vec<String> {
        let mut keys = self.sort_keys(&partition(link));
        keys.retain(|sk| sk.starts_with(prefix));
        keys
    }
}

/// A visit with a new nonce that is not written yet.
pub fn fresh_visit(link: &Link, at: Timestamp) -> Visit {
    let nonce = Nonce::from_random(aws::random::bytes());
    Visit::open(&nonce, None, &link.visit_key, at, link.terms.expires_at)
}

/// The partition key of a link's rows.
pub fn partition(link: &LinkId) -> String {
    format!("LINK#{link}")
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
