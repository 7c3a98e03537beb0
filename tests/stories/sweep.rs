//! The sweep removes everything of links that have ended or were deleted.

use aws::Cloud;
use aws::clock::now;
use domain::id::{AssetId, LinkId, ListId};
use domain::object::Bucket;
use e2e::{Link, Recipient, Site, story, wait_for};
use jiff::SignedDuration;
use lambda_runtime::Error;
use serde_json::json;
use sweep_links::Report;

/// Runs the sweep with a time this many hours from now.
async fn sweep_in(hours: i64, cloud: &Cloud) {
    try_to_sweep_in(hours, cloud).await.unwrap();
}

/// The same, where stores may fail.
async fn try_to_sweep_in(hours: i64, cloud: &Cloud) -> Result<Report, Error> {
    let event = stage::scheduled(now() + SignedDuration::from_hours(hours));
    sweep_links::handle(stage::with_time(event, SignedDuration::from_mins(5)), cloud).await
}

/// Whether the bundle's zip and its manifest exist.
async fn objects(cloud: &Cloud, link: &Link, bundle: &str) -> Vec<bool> {
    let mut there = Vec::new();
    for end in ["zip", "json"] {
        let key = format!("bundles/{}/{bundle}.{end}", link.id);
        there.push(cloud.objects(Bucket::Bundles).head(&key).await.unwrap().is_some());
    }
    there
}

#[test]
fn ended_and_deleted_links_leave_nothing_behind() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let end = now() + SignedDuration::from_secs(4);
        let ending = json!({"expires": end.to_string(), "max_uses": 5});
        let expired = carl.share_folder("Product", ending).await;
        let selected = ["Product/front.jpg", "Imprint.txt"];
        let deleted = carl.share_selection(&selected, json!({"max_uses": 5})).await;
        let living = carl.share_selection(&selected, json!({"max_uses": 5})).await;
        let mut bundles = Vec::new();
        for link in [&expired, &deleted, &living] {
            let recipient = Recipient::new();
            recipient.open(link).await.is(303);
            let bundle = recipient.bundle_all(link).await;
            assert_eq!(objects(cloud, link, &bundle).await, [true, true]);
            bundles.push((recipient, link, bundle));
        }
        for link in [&deleted, &living] {
            let path = format!("/api/links/{}/emails", link.id);
            carl.post(&path, json!({"to": "anna@swept.example"})).await.is(202);
        }
        let mails = async |link: &Link| {
            let link = link.id.parse::<LinkId>().unwrap();
            cloud.mails().list(&link, None, 10).await.unwrap().items.len()
        };
        carl.delete_link(&deleted).await.is(204);
        wait_for("the end", || async { (now() > end).then_some(()) }).await;
        let list = async |link: &Link| {
            let id = ListId::of_link(&link.id.parse::<LinkId>().unwrap());
            cloud.lists().find(&id).await.unwrap()
        };

        sweep_in(1, cloud).await;
        for (_, link, bundle) in &bundles {
            let stays = link.id == living.id;
            assert_eq!(objects(cloud, link, bundle).await, [stays, stays], "{}", link.body);
        }
        assert_eq!((mails(&deleted).await, mails(&living).await), (0, 1));
        assert_eq!((list(&deleted).await, list(&living).await.unwrap().ids.len()), (None, 2));
        Recipient::new().page(&expired).await.is(410);
        Recipient::new().page(&deleted).await.is(404);
        let (visitor, _, bundle) = &bundles[2];
        assert_eq!(visitor.names(&living).await, ["front.jpg", "Imprint.txt"]);
        visitor.save_bundle(&living, bundle).await;
        assert_eq!(carl.read(&living).await["used"], 1);

        // An ended link with a later end starts without its old visits.
        carl.edit(&expired, json!({"expires": "2031-01-01"})).await.is(200);
        bundles[0].0.get(&expired, "/assets").await.is(401);

        // A bundle that nobody requests is kept 72 hours.
        sweep_in(71, cloud).await;
        assert_eq!(objects(cloud, &living, bundle).await, [true, true]);
        sweep_in(74, cloud).await;
        assert_eq!(objects(cloud, &living, bundle).await, [false, false]);
        visitor.get(&living, &format!("/bundles/{bundle}")).await.is(404);
        assert_eq!(&visitor.bundle_all(&living).await, bundle, "a new request builds it again");
    });
}

#[test]
fn orphaned_selections_and_uploads_are_removed() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let asset = carl.asset_id("Product/front.jpg").await.parse::<AssetId>().unwrap();
        let asset = cloud.assets().find(&asset).await.unwrap().unwrap();
        // A selection whose link was never created, because manage-links was stopped in between.
        let orphan = LinkId::of("a link that never was");
        let orphan = ListId::of_link(&orphan);
        cloud.lists().put_selection(&orphan, std::slice::from_ref(&asset), now()).await.unwrap();
        // An upload that is never completed.
        cloud.uploads().start(Bucket::Bundles, "bundles/x/y.zip", "application/zip").await.unwrap();
        let uploads =
            || async { cloud.uploads().list(Bucket::Bundles, "bundles/", None).await.unwrap().uploads.len() };

        sweep_in(0, cloud).await;
        assert!(cloud.lists().find(&orphan).await.unwrap().is_some(), "its link may still be created");
        assert_eq!(uploads().await, 1, "it may still be completed");
        sweep_in(25, cloud).await;
        assert!(cloud.lists().find(&orphan).await.unwrap().is_none());
        assert_eq!(uploads().await, 0);
    });
}

/// Also under faults of the stores, in which a sweep may fail and the next one continues.
#[test]
fn what_the_sweep_could_not_clear_up_is_cleared_up_later() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let mut deleted = Vec::new();
        for n in 0..6 {
            let link = match n % 2 {
                0 => {
                    carl.share_selection(&["Product/front.jpg", "Imprint.txt"], json!({"max_uses": 5})).await
                }
                _ => carl.share_folder("Product", json!({"max_uses": 5})).await,
            };
            let recipient = Recipient::new();
            recipient.open(&link).await.is(303);
            let bundle = recipient.bundle_all(&link).await;
            deleted.push((link, bundle));
        }
        let kept = deleted.pop().unwrap();
        for (link, _) in &deleted {
            carl.delete_link(link).await.is(204);
        }
        wait_for("all to be cleared up", || async {
            let swept = try_to_sweep_in(1, cloud).await.is_ok();
            let mut left = 0;
            for (link, bundle) in &deleted {
                let list = ListId::of_link(&link.id.parse::<LinkId>().unwrap());
                let is_left = objects(cloud, link, bundle).await != [false, false]
                    || cloud.lists().find(&list).await.unwrap().is_some();
                left += usize::from(is_left);
            }
            (swept && left == 0).then_some(())
        })
        .await;
        assert_eq!(objects(cloud, &kept.0, &kept.1).await, [true, true]);
        Recipient::new().open(&kept.0).await.is(303);
        assert_eq!(carl.read(&kept.0).await["used"], 2);
    });
}
