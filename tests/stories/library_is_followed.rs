//! The folder is the library: files added, changed or removed there change on the site and in its links.

use std::fs;

use aws::{Cloud, Settings};
use domain::asset::{Asset, AssetState, renditions_prefix};
use domain::object::Bucket;
use e2e::files::{picture, put, tree};
use e2e::{Recipient, Site, story, wait_for};
use image::ImageFormat;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[test]
fn an_unreadable_file_fails_with_a_reason_and_is_tried_again_with_its_message() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let id = carl.asset_id("Autumn/leaf.jpg").await;
        let ready = make_unread(cloud, &id).await;
        let without_store = without_store(&site);
        let render = json!({"render": id});
        let state = async || carl.get(&format!("/api/assets/{id}")).await.is(200).json()["state"].clone();
        assert!(!deliver(&render, &without_store, 4).await);
        assert_eq!(state().await, "processing");
        assert!(
            !deliver(&render, &without_store, 5).await,
            "the last try fails too: the message becomes a dead letter"
        );
        assert_eq!(state().await, "failed");
        let given_up = cloud.assets().find(&ready.id).await.unwrap().unwrap();
        let document = carl.get(&format!("/api/assets/{id}")).await.json();
        assert!(document["reason"].as_str().unwrap().contains("could not be read"), "{document}");
        // The store works again, and the dead letter is sent back.
        deliver_until_done(&render, cloud, 1).await;
        assert_eq!(state().await, "ready");

        // An index message tries again too.
        let now = cloud.assets().find(&ready.id).await.unwrap().unwrap();
        let given_up = Asset {
            state: AssetState::Failed,
            reason: given_up.reason,
            gave_up: true,
            revision: now.revision + 1,
            ..now.clone()
        };
        cloud.assets().replace(Some(&now), Some(&given_up)).await.unwrap();
        deliver_until_done(&json!({"index": ready.key}), cloud, 1).await;
        wait_for("the second try", async || (state().await == "ready").then_some(())).await;
    });
}

#[test]
fn an_asset_that_was_given_up_is_tried_again_with_any_reason() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let id = carl.asset_id("Autumn/leaf.jpg").await;
        let ready = make_unread(cloud, &id).await;
        let without_store = without_store(&site);
        assert!(!deliver(&json!({"render": id}), &without_store, 5).await);
        let given_up = cloud.assets().find(&ready.id).await.unwrap().unwrap();
        assert_eq!(given_up.state, AssetState::Failed);

        let reason = Some("A later version words it in another way.".to_owned());
        let reworded = Asset { reason, revision: given_up.revision + 1, ..given_up.clone() };
        cloud.assets().replace(Some(&given_up), Some(&reworded)).await.unwrap();
        deliver_until_done(&json!({"render": id}), cloud, 1).await;
        let read = cloud.assets().find(&ready.id).await.unwrap().unwrap();
        assert_eq!((read.state, read.reason, read.gave_up), (AssetState::Ready, None, false));
    });
}

#[test]
fn pictures_of_a_call_that_was_killed_are_cleared_up_by_its_repeated_message() {
    story(async {
        let site = Site::start().await;
        let (carl, cloud) = (site.user("carl").await, site.cloud());
        let id = carl.asset_id("Autumn/leaf.jpg").await;
        let asset = cloud.assets().find(&id.parse().unwrap()).await.unwrap().unwrap();
        let objects = cloud.objects(Bucket::Assets);
        let key_of =
            |revision: u64| format!("{}{revision}-0a1b2c3d/preview.jpg", renditions_prefix(&asset.id));
        for message in [json!({"render": id}), json!({"index": asset.key})] {
            // What another worker has put for the next revision stays, because it may be written into the row.
            for key in [key_of(asset.revision), key_of(asset.revision + 1)] {
                objects.put(&key, "image/jpeg", "jpeg".into(), None).await.unwrap();
            }
            deliver_until_done(&message, cloud, 2).await;
            assert_eq!(objects.head(&key_of(asset.revision)).await.unwrap(), None, "{message}");
            assert!(objects.head(&key_of(asset.revision + 1)).await.unwrap().is_some());
            for (_, file) in asset.rendered() {
                assert!(objects.head(&file.key).await.unwrap().is_some(), "the asset has it");
            }
        }
    });
}

#[test]
fn a_backfill_hands_itself_on_before_its_function_is_killed() {
    story(async {
        let site = Site::start().await;
        for n in 0..100 {
            e2e::files::put(&site.library(), &format!("Many/{n:03}.txt"), b"many");
        }
        site.user("carl").await.wait_for_ingest(tree(&site.library()).len()).await;
        let door = site.cloud_with(site.cloud().settings().clone());
        let calls = |name| door.calls().snapshot().get(name).copied().unwrap_or_default();
        let backfill = stage::batch([stage::delivered(json!({"backfill": {}}).to_string(), 1)]).payload;
        let little = stage::with_time(backfill.clone(), SignedDuration::from_secs(45));
        assert!(ingest_asset::handle(little, &door).await.unwrap().batch_item_failures.is_empty());
        assert_eq!((calls("S3.HeadObject"), calls("SQS.SendMessage")), (100, 1), "the message for the rest");
        door.calls().reset();
        let enough = stage::with_time(backfill, SignedDuration::from_secs(75));
        assert!(ingest_asset::handle(enough, &door).await.unwrap().batch_item_failures.is_empty());
        let objects = tree(&site.library()).len() as u64;
        assert!(objects > 100);
        assert_eq!((calls("S3.HeadObject"), calls("SQS.SendMessage")), (objects, 1));
    });
}

#[test]
fn a_backfill_continues_past_objects_that_fail() {
    story(async {
        let site = Site::start().await;
        let of_autumn =
            Settings { library_prefix: "library/Autumn/".into(), ..site.cloud().settings().clone() };
        let away = Some(stage::UNREACHABLE.to_owned());
        let without_rows = site.cloud_with(Settings { dynamodb_url: away, ..of_autumn.clone() });
        let sent = || without_rows.calls().snapshot().get("SQS.SendMessage").copied().unwrap_or_default();
        let backfill = json!({"backfill": {}});
        // The stores may be the reason, so the whole page is tried again; after the last try it continues without it.
        assert!(!deliver(&backfill, &without_rows, 4).await);
        assert_eq!(sent(), 0);
        assert!(deliver(&backfill, &without_rows, 5).await);
        let objects = tree(&site.library().join("Autumn")).len() as u64;
        assert!(objects > 1);
        assert_eq!(sent(), objects + 1, "a message for each, and one for the next page");
    });
}

/// Replaces the row of an asset that was read by one that is still to be read; returns the row that it had.
async fn make_unread(cloud: &Cloud, id: &str) -> Asset {
    let ready = cloud.assets().find(&id.parse().unwrap()).await.unwrap().unwrap();
    let waiting = Asset { state: AssetState::Processing, revision: ready.revision + 1, ..ready.clone() };
    cloud.assets().replace(Some(&ready), Some(&waiting)).await.unwrap();
    ready
}

/// The same rows, with an unreachable S3.
fn without_store(site: &Site) -> Cloud {
    let unreachable = Some(stage::UNREACHABLE.to_owned());
    site.cloud_with(Settings { s3_url: unreachable, ..site.cloud().settings().clone() })
}

/// Delivers a message as often as SQS would from this delivery to the one before the last; only faults of the stores
/// make it fail.
async fn deliver_until_done(body: &Value, cloud: &Cloud, first: u32) {
    for receives in first..5 {
        if deliver(body, cloud, receives).await {
            return;
        }
    }
    panic!("it failed each time: {body}");
}

/// Delivers a message to `ingest-asset` as its delivery number `receives`; returns whether it was handled.
async fn deliver(body: &Value, cloud: &Cloud, receives: u32) -> bool {
    let event = stage::batch([stage::delivered(body.to_string(), receives)]);
    ingest_asset::handle(event, cloud).await.unwrap().batch_item_failures.is_empty()
}

#[test]
fn added_changed_and_removed_files_are_followed() {
    story(async {
        let site = Site::start().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let selection = carl.share_selection(&["Product/front.jpg", "Product/back.jpg"], json!({})).await;
        let recipient = Recipient::new();
        let root = site.library();

        put(&root, "Product/new ü.jpg", &picture(90, 60, ImageFormat::Jpeg));
        put(&root, "New/Folder/only.png", &picture(50, 50, ImageFormat::Png));
        let added = wait_for("the new file", || carl.find_asset("Product/new ü.jpg")).await;
        wait_for("the new file in the link", || async {
            recipient.names(&link).await.contains(&"new ü.jpg".to_owned()).then_some(())
        })
        .await;
        wait_for("the new folder", || carl.find_asset("New/Folder/only.png")).await;
        assert_eq!(recipient.names(&selection).await.len(), 2, "a selection does not grow");

        let id = carl.asset_id("Product/front.jpg").await;
        let changed = picture(400, 100, ImageFormat::Jpeg);
        put(&root, "Product/front.jpg", &changed);
        for link in [&link, &selection] {
            wait_for("its new size", || async {
                let assets = recipient.assets(link).await;
                let front = assets.iter().find(|asset| asset["id"] == id.as_str()).unwrap();
                (front["width"] == 400 && front["state"] == "ready").then_some(())
            })
            .await;
            assert_eq!(recipient.save(link, &id, "original").await.bytes, changed);
        }

        fs::remove_file(root.join("Product/new ü.jpg")).unwrap();
        fs::remove_file(root.join("Product/back.jpg")).unwrap();
        fs::remove_dir_all(root.join("New")).unwrap();
        carl.wait_for_ingest(tree(&root).len()).await;
        assert_eq!(recipient.names(&link).await, ["front.jpg", "side 2.jpg", "side 10.jpg"]);
        assert_eq!(recipient.names(&selection).await, ["front.jpg"]);
        recipient.ask_for(&link, added["id"].as_str().unwrap(), "original").await.is(404);
        assert!(!carl.get("/api/folders").await.text().contains("\"New"), "an empty folder is not listed");
    });
}

#[test]
fn a_changed_file_ends_no_visit_and_makes_a_new_bundle() {
    story(async {
        let site = Site::start().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"max_uses": 1})).await;
        let recipient = Recipient::new();
        recipient.open(&link).await.is(303);
        let before = recipient.bundle_all(&link).await;
        let zip = recipient.save_bundle(&link, &before).await.bytes;
        put(&site.library(), "Product/front.jpg", &picture(64, 64, ImageFormat::Jpeg));
        wait_for("the change", || async {
            let front = carl.asset("Product/front.jpg").await;
            (front["width"] == 64 && front["state"] == "ready").then_some(())
        })
        .await;
        let after = recipient.bundle_all(&link).await;
        assert_ne!(after, before);
        assert_ne!(recipient.save_bundle(&link, &after).await.bytes, zip);
        assert_eq!(
            recipient.save_bundle(&link, &before).await.bytes,
            zip,
            "the bundle that was ready before does not change"
        );
    });
}

#[test]
fn hostile_files_fail_with_a_reason_and_leave_others_alone() {
    story(async {
        let site = Site::start().await;
        let carl = site.user("carl").await;
        let root = site.library();
        let whole = picture(640, 480, ImageFormat::Jpeg);
        let mut huge = picture(8, 8, ImageFormat::Png);
        // A header that claims 100,000 × 100,000 pixels.
        huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        let hostile: [(&str, &[u8]); 6] = [
            ("garbage.jpg", b"this is no picture at all"),
            ("empty.jpg", b""),
            ("huge.png", &huge),
            ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script><unclosed"),
            ("header.jpg", &whole[..200]),
            ("zeros.gif", &[0; 4096]),
        ];
        for (name, content) in hostile {
            put(&root, &format!("Broken/{name}"), content);
        }
        put(&root, "Broken/good.jpg", &whole);
        carl.wait_for_ingest(tree(&root).len()).await;
        for (name, content) in hostile {
            let asset = carl.asset(&format!("Broken/{name}")).await;
            assert_eq!(asset["state"], "failed", "{asset}");
            let reason = asset["reason"].as_str().unwrap();
            assert!(
                reason.len() > 10 && !reason.contains("Error") && !reason.contains('/'),
                "{name}: {reason}"
            );
            assert!(asset["thumbnail_url"].is_null());
            // The file itself can still be shared.
            let link = carl.share_asset(&format!("Broken/{name}"), json!({})).await;
            let saved = Recipient::new().save(&link, asset["id"].as_str().unwrap(), "original").await;
            assert_eq!(saved.bytes, content, "{name}");
        }
        let link = carl.share_folder("Broken", json!({})).await;
        let recipient = Recipient::new();
        let bundle = recipient.bundle_all(&link).await;
        recipient.save_bundle(&link, &bundle).await;
        let good =
            recipient.assets(&link).await.into_iter().find(|asset| asset["name"] == "good.jpg").unwrap();
        assert_eq!((&good["state"], &good["width"]), (&json!("ready"), &json!(640)));
    });
}
