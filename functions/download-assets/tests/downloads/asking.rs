//! Asking for a bundle.

use axum::body::Body;
use domain::asset::{Asset, AssetState};
use domain::bundle::Manifest;
use domain::id::{BundleId, FolderId};
use domain::link::{Access, Link, Target};
use domain::object::Bucket;
use http::Request;
use serde_json::{Value, json};

use crate::stage::{Stage, asset, stage};

async fn manifest(stage: &Stage, link: &domain::id::LinkId, told: &Value) -> Manifest {
    let id: BundleId = told["id"].as_str().unwrap().parse().unwrap();
    let bundle = stage.cloud.bundles().find(link, &id).await.unwrap().unwrap();
    let frozen =
        stage.cloud.objects(Bucket::Bundles).bytes(&bundle.manifest_key(), None, None).await.unwrap();
    assert_eq!(BundleId::of(&frozen), id);
    serde_json::from_slice(&frozen).unwrap()
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest.entries.iter().map(|entry| entry.name.as_str()).collect()
}

#[tokio::test]
async fn the_same_content_is_one_bundle_and_one_message() {
    let stage = stage().await;
    let files = [asset("Press", "b.jpg"), asset("Other", "B.jpg"), asset("Press", "a.wav")];
    let (link, id) = stage.share(&files, |link| link).await;
    let ids: Vec<&str> = files.iter().map(|asset| asset.id.as_str()).collect();
    let all = stage.ask(&link, json!({"assets": "all", "renditions": ["original"], "extras": []})).await;
    assert_eq!(all.status.as_u16(), 202, "{}", all.text);
    let told = all.json();
    assert_eq!(
        (&told["status"], &told["files"], &told["done_bytes"]),
        (&"preparing".into(), &3.into(), &0.into())
    );
    assert_eq!(names(&manifest(&stage, &id, &told).await), ["B.jpg", "a.wav", "b (2).jpg"]);
    let bundle: BundleId = told["id"].as_str().unwrap().parse().unwrap();
    let row = stage.cloud.bundles().find(&id, &bundle).await.unwrap().unwrap();
    assert!(row.bytes > 3_000 && told["bytes"] == row.bytes);
    let message = format!("{{\"link\":\"{id}\",\"bundle\":\"{bundle}\"}}");
    assert_eq!(stage.sent(), std::slice::from_ref(&message));

    let mut backwards = ids.clone();
    backwards.extend(ids.iter().rev());
    for same in
        [json!({"assets": "all"}), json!({"assets": backwards, "renditions": ["original", "original"]})]
    {
        assert_eq!(stage.ask(&link, same).await.json(), told);
    }
    assert_eq!(stage.sent().len(), 1);

    // Ready is answered at once; failed is started anew.
    stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap();
    assert_eq!(stage.ask(&link, json!({"assets": "all"})).await.json()["status"], "ready");
    let one =
        stage.ask(&link, json!({"assets": [ids[0]], "renditions": ["preview", "original"]})).await.json();
    assert_eq!(names(&manifest(&stage, &id, &one).await), ["b.jpg", "b (preview).jpg"]);
    let failed = stage
        .cloud
        .bundles()
        .find(&id, &one["id"].as_str().unwrap().parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    stage.cloud.bundles().fail(&failed, "It failed.", aws::clock::now()).await.unwrap();
    let anew = stage.ask(&link, json!({"assets": [ids[0]], "renditions": ["original", "preview"]})).await;
    assert_eq!(anew.json(), one);
    assert_eq!(stage.sent().len(), 3);
    // A sound has no preview: it is left out, and alone there is nothing.
    let previews = stage.ask(&link, json!({"assets": "all", "renditions": ["preview"]})).await.json();
    assert_eq!(previews["files"], 2);
    let nothing = stage.ask(&link, json!({"assets": [ids[2]], "renditions": ["preview"]})).await;
    assert_eq!(nothing.status.as_u16(), 422);
}

#[tokio::test]
async fn a_tree_keeps_its_folders_and_a_new_file_makes_a_new_bundle() {
    let stage = stage().await;
    for (folder, name) in [("Press", "a.jpg"), ("Press/Autumn", "a.jpg"), ("Pressed", "no.jpg")] {
        stage.cloud.assets().replace(None, Some(&asset(folder, name))).await.unwrap();
    }
    let id = FolderId::of("Press");
    let tree = |link: Link| Link { target: Target::Folder { id, include_subfolders: true }, ..link };
    let (link, id) = stage.share(&[], tree).await;
    let first = stage.ask(&link, json!({"assets": "all"})).await.json();
    assert_eq!(names(&manifest(&stage, &id, &first).await), ["a.jpg", "Autumn/a.jpg"]);
    stage.cloud.assets().replace(None, Some(&asset("Press", "b.jpg"))).await.unwrap();
    let second = stage.ask(&link, json!({"assets": "all"})).await.json();
    assert!(second["files"] == 3 && second["id"] != first["id"]);
}

#[tokio::test]
async fn what_can_not_be_bundled_is_refused_and_nothing_is_stored() {
    let stage = stage().await;
    let photo = asset("Press", "a.jpg");
    let unread =
        Asset { crc32: None, state: AssetState::Processing, preview: None, ..asset("Press", "new.jpg") };
    let outside = asset("Secret", "c.jpg");
    stage.cloud.assets().replace(None, Some(&outside)).await.unwrap();
    let (link, _) = stage.share(&[photo.clone(), unread], |link| link).await;
    let view_only = |link: Link| Link { access: Access::ViewOnly, ..link };
    let (view_only, _) = stage.share(std::slice::from_ref(&photo), view_only).await;
    let empty = Target::Folder { id: FolderId::of("Nowhere"), include_subfolders: false };
    let (empty, _) = stage.share(&[], |link| Link { target: empty, ..link }).await;
    for (link, body, status) in [
        (&link, json!({"assets": "all"}), 409),
        (&link, json!({"assets": "all", "renditions": ["preview"]}), 409),
        (&link, json!({"assets": [outside.id]}), 404),
        (&link, json!({"assets": [photo.id, "../../etc"]}), 404),
        (&link, json!({"assets": []}), 422),
        (&link, json!({"assets": [photo.id], "renditions": []}), 422),
        (&link, json!({"assets": [photo.id], "renditions": ["huge"]}), 422),
        (&link, json!({"assets": [photo.id], "renditions": ["thumbnail"]}), 403),
        (&link, json!({"assets": [photo.id], "renditions": ["view:Back"]}), 403),
        (&link, json!({"assets": [photo.id], "extras": ["pdf"]}), 403),
        (&link, json!({"assets": [photo.id], "rendition": ["original"]}), 422),
        (&link, json!({"assets": "some"}), 422),
        (&link, json!({"assets": 7}), 422),
        (&link, json!({}), 422),
        (&link, json!([]), 422),
        (&view_only, json!({"assets": [photo.id]}), 403),
        (&empty, json!({"assets": "all"}), 422),
    ] {
        let answer = stage.ask(link, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.json()["errors"].is_array(), status == 422, "{body}");
    }
    let path = format!("{link}/bundles");
    let good = json!({"assets": [photo.id]}).to_string();
    for (header, value, body, status) in [
        ("content-type", "text/plain", good.clone(), 415),
        ("content-type", "application/x-www-form-urlencoded", good.clone(), 415),
        ("content-type", "application/json", "{".to_owned(), 400),
        ("content-type", "application/json", format!("{good} x"), 400),
        ("content-type", "application/json", " ".repeat(600 * 1024), 413),
        ("sec-fetch-site", "cross-site", good.clone(), 403),
    ] {
        let request = Request::post(&path).header(header, value).body(Body::from(body)).unwrap();
        assert_eq!(stage.send(request).await.status.as_u16(), status, "{header}: {value}");
    }
    assert_eq!(stage.get(&path).await.status.as_u16(), 405);
    assert!(stage.sent().is_empty());
    stage.cloud.calls().reset();
    assert_eq!(stage.ask(&link, json!({"assets": [photo.id]})).await.status.as_u16(), 202);
}

/// What a link has standing after each of many asks at once for the same content.
#[tokio::test]
async fn the_same_content_is_never_counted_twice() {
    let stage = stage().await;
    let files = [asset("Press", "a.jpg"), asset("Press", "b.jpg")];
    let (link, id) = stage.share(&files, |link| link).await;
    let body = || json!({"assets": [files[0].id]});
    let asks = futures_util::future::join_all((0..12).map(|_| stage.ask(&link, body()))).await;
    assert!(asks.iter().all(|answer| answer.status.as_u16() == 202), "{}", asks[0].text);
    let told = asks[0].json();
    let (bundles, preparing, bytes) = stage.cloud.bundle_counts().read(&id).await.unwrap();
    assert_eq!((bundles, preparing), (1, 1));
    assert_eq!(json!(bytes), told["bytes"]);
    let bundle: BundleId = told["id"].as_str().unwrap().parse().unwrap();
    let row = stage.cloud.bundles().find(&id, &bundle).await.unwrap().unwrap();
    // Finished twice, as by a message that came twice, and asked for again.
    assert!(stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap());
    assert!(!stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap());
    assert!(!stage.cloud.bundles().fail(&row, "late", aws::clock::now()).await.unwrap());
    stage.ask(&link, body()).await;
    assert_eq!(stage.cloud.bundle_counts().read(&id).await.unwrap(), (1, 0, bytes));
}

#[tokio::test]
async fn a_recipient_orders_so_many_zips_at_once_and_no_more() {
    let stage = stage().await;
    let files: Vec<Asset> = (0..6).map(|n| asset("Press", &format!("{n}.jpg"))).collect();
    let (link, id) = stage.share(&files, |link| link).await;
    let subset = |n: usize| {
        let ids =
            files.iter().enumerate().filter(|(at, _)| n & (1 << at) != 0).map(|(_, asset)| asset.id.as_str());
        json!({"assets": ids.collect::<Vec<_>>()})
    };
    for n in 1..=20 {
        assert_eq!(stage.ask(&link, subset(n)).await.status.as_u16(), 202, "{n}");
    }
    let refused = stage.ask(&link, subset(21)).await;
    assert_eq!(refused.status.as_u16(), 429, "{}", refused.text);
    assert_eq!(refused.headers["retry-after"], "30");
    assert!(refused.json()["detail"].as_str().unwrap().contains("Wait 30 seconds"), "{}", refused.text);
    assert_eq!(stage.sent().len(), 20);
    // What stands already, and everything, are had all the same.
    assert_eq!(stage.ask(&link, subset(3)).await.status.as_u16(), 202);
    assert_eq!(stage.ask(&link, json!({"assets": "all"})).await.status.as_u16(), 202);
    let message: Value = serde_json::from_str(&stage.sent()[0]).unwrap();
    let first: BundleId = message["bundle"].as_str().unwrap().parse().unwrap();
    let row = stage.cloud.bundles().find(&id, &first).await.unwrap().unwrap();
    stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap();
    assert_eq!(stage.ask(&link, subset(21)).await.status.as_u16(), 429, "all is one more");
    let all: Value = serde_json::from_str(stage.sent().last().unwrap()).unwrap();
    let all: BundleId = all["bundle"].as_str().unwrap().parse().unwrap();
    let row = stage.cloud.bundles().find(&id, &all).await.unwrap().unwrap();
    stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap();
    assert_eq!(stage.ask(&link, subset(21)).await.status.as_u16(), 202);
}

#[tokio::test]
async fn one_network_orders_so_many_zips_in_a_while_and_others_are_not_held_up() {
    let stage = stage().await;
    let files: Vec<Asset> = (0..6).map(|n| asset("Press", &format!("{n}.jpg"))).collect();
    let (link, id) = stage.share(&files, |link| link).await;
    let subset = |n: usize| {
        let ids =
            files.iter().enumerate().filter(|(at, _)| n & (1 << at) != 0).map(|(_, asset)| asset.id.as_str());
        json!({"assets": ids.collect::<Vec<_>>()})
    };
    let ask = |from: &'static str, n: usize| stage.ask_from(from, &link, subset(n));
    for n in 1..=30 {
        let told = ask("192.0.2.1", n).await;
        assert_eq!(told.status.as_u16(), 202, "{n}: {}", told.text);
        let bundle: BundleId = told.json()["id"].as_str().unwrap().parse().unwrap();
        let row = stage.cloud.bundles().find(&id, &bundle).await.unwrap().unwrap();
        stage.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap();
    }
    let refused = ask("192.0.2.1", 31).await;
    assert_eq!(refused.status.as_u16(), 429);
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(ask("192.0.2.1", 30).await.status.as_u16(), 202, "it stands already");
    assert_eq!(ask("192.0.2.2", 31).await.status.as_u16(), 202);
}

#[tokio::test]
async fn zips_of_a_link_take_no_more_room_than_it_has() {
    use aws::rows::bundles::PutBundle;
    let stage = stage().await;
    let (_, id) = stage.share(&[asset("Press", "a.jpg")], |link| link).await;
    let bundle = |name: &str| stage.unwritten(&id, name);
    let put = async |name: &str| stage.cloud.bundles().put(&bundle(name), Some(5_000)).await.unwrap();
    assert_eq!((put("a").await, put("b").await), (PutBundle::New, PutBundle::New));
    assert!(
        matches!(put("c").await, PutBundle::NoRoom(wait) if wait.as_secs() == 3_600),
        "of 2,000 bytes each"
    );
    assert!(matches!(put("a").await, PutBundle::Standing(_)));
    stage.cloud.bundles().fail(&bundle("a"), "It failed.", aws::clock::now()).await.unwrap();
    assert_eq!(put("c").await, PutBundle::New, "what failed takes no room");
    assert!(matches!(put("a").await, PutBundle::NoRoom(_)));
    assert_eq!(stage.cloud.bundle_counts().read(&id).await.unwrap(), (2, 2, 4_000));
}
