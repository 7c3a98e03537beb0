//! A link with a date ends at its instant, for everybody and on every route.

use aws::clock::now;
use e2e::{Recipient, Site, story, wait_for};
use jiff::SignedDuration;
use serde_json::json;

#[test]
fn a_link_opens_until_its_end_and_not_after() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let asset = carl.asset_id("Product/front.jpg").await;
        let end = now() + SignedDuration::from_secs(3);
        let link = carl.share_folder("Product", json!({"expires": end.to_string()})).await;
        assert_eq!(link.body["expires_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), end);
        let recipient = Recipient::new();
        recipient.page(&link).await.is(200);
        let url = recipient.ask_for(&link, &asset, "original").await.is(302).header("location").to_owned();
        let thumbnail = recipient.assets(&link).await[0]["thumbnail_url"].as_str().unwrap().to_owned();
        recipient.fetch(&url).await.is(200);

        wait_for("the end", || async { (now() > end).then_some(()) }).await;
        assert_eq!(carl.read(&link).await["status"], "expired");
        recipient.page(&link).await.is(410);
        for rest in ["", "/assets", &format!("/assets/{asset}/original"), "/bundles/x"] {
            recipient.get(&link, rest).await.is(410);
        }
        recipient.post(&link, &"a".repeat(22), "").await.is(410);
        // Signed URLs end with the link, at most a second later.
        wait_for("the end of signed URLs", || async {
            let (file, picture) = (recipient.fetch(&url).await, recipient.fetch(&thumbnail).await);
            (file.status == 403 && picture.status == 403).then_some(())
        })
        .await;
    });
}

#[test]
fn a_date_ends_with_its_day_in_the_creators_time_zone() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let body = json!({"expires": "2031-12-04", "time_zone": "Europe/Paris"});
        let link = carl.share_folder("Product", body).await;
        assert_eq!(link.body["expires"], "2031-12-04");
        assert_eq!(link.body["time_zone"], "Europe/Paris");
        assert_eq!(link.body["expires_at"], "2031-12-04T22:59:59Z");
        let page = Recipient::new().page(&link).await.is(200).text();
        assert!(page.contains("4 December 2031"), "{page}");
        // In another time zone the same date ends at another instant.
        let edited = carl.edit(&link, json!({"time_zone": "America/New_York"})).await.is(200).json();
        assert_eq!(edited["expires_at"], "2031-12-05T04:59:59Z");
        let edited = carl.edit(&link, json!({"expires": null})).await.is(200).json();
        assert!(edited["expires"].is_null() && edited["expires_at"].is_null(), "{edited}");
    });
}

#[test]
fn an_expired_link_opens_again_with_a_later_end() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let end = now() + SignedDuration::from_secs(1);
        let link = carl.share_folder("Product", json!({"expires": end.to_string()})).await;
        wait_for("the end", || async { (Recipient::new().page(&link).await.status == 410).then_some(()) })
            .await;
        carl.edit(&link, json!({"expires": "2031-01-01"})).await.is(200);
        Recipient::new().page(&link).await.is(200);
    });
}
