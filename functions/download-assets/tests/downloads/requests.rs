//! Requests for bundles.

use domain::asset::{Asset, AssetState};
use domain::bundle::{Bundle, Manifest};
use domain::id::{BundleId, LinkId};
use domain::link::{Access, Link};
use domain::object::Bucket;
use serde_json::{Value, json};
use stage::request;
use stage::samples::{self, asset};

use crate::scene::{Scene, order, path_and_id, scene};

async fn manifest(scene: &Scene, link: &LinkId, answer: &Value) -> Manifest {
    let bundle = scene.row(link, answer).await;
    let frozen =
        scene.cloud.objects(Bucket::Bundles).bytes(&bundle.manifest_key(), None, None).await.unwrap();
    assert_eq!(BundleId::of(&frozen), bundle.id);
    serde_json::from_slice(&frozen).unwrap()
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest.entries.iter().map(|entry| entry.name.as_str()).collect()
}

/// A request for those assets whose index is a set bit of `bits`.
fn subset(assets: &[Asset], bits: usize) -> Value {
    let ids = assets.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, asset)| &asset.id);
    json!({"assets": ids.collect::<Vec<_>>()})
}

#[tokio::test]
async fn the_same_content_is_one_bundle_and_one_message() {
    let scene = scene().await;
    let files = [asset("Press", "b.jpg"), asset("Other", "B.jpg"), asset("Press", "a.wav")];
    let (link, id) = scene.offer(&files, |_| ()).await;
    let ids: Vec<&str> = files.iter().map(|asset| asset.id.as_str()).collect();
    let all = scene.order(&link, json!({"assets": "all", "renditions": ["original"], "extras": []})).await;
    assert_eq!(all.status, 202, "{}", all.text());
    let answer = all.json();
    assert_eq!(
        (&answer["status"], &answer["files"], &answer["done_bytes"]),
        (&"preparing".into(), &3.into(), &0.into())
    );
    assert_eq!(names(&manifest(&scene, &id, &answer).await), ["B.jpg", "a.wav", "b (2).jpg"]);
    let row = scene.row(&id, &answer).await;
    assert!(row.bytes > 3_000 && answer["bytes"] == row.bytes);
    let message = format!("{{\"link\":\"{id}\",\"bundle\":\"{}\"}}", row.id);
    assert_eq!(scene.sent(), std::slice::from_ref(&message));

    let mut backwards = ids.clone();
    backwards.extend(ids.iter().rev());
    for same in
        [json!({"assets": "all"}), json!({"assets": backwards, "renditions": ["original", "original"]})]
    {
        assert_eq!(scene.order(&link, same).await.json(), answer);
    }
    assert_eq!(scene.sent().len(), 1);

    // A ready bundle is returned at once; a failed one is started again.
    scene.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap();
    assert_eq!(scene.order(&link, json!({"assets": "all"})).await.json()["status"], "ready");
    let one =
        scene.order(&link, json!({"assets": [ids[0]], "renditions": ["preview", "original"]})).await.json();
    assert_eq!(names(&manifest(&scene, &id, &one).await), ["b.jpg", "b (preview).jpg"]);
    let failed = scene.row(&id, &one).await;
    scene.cloud.bundles().fail(&failed, "It failed.", aws::clock::now()).await.unwrap();
    let anew = scene.order(&link, json!({"assets": [ids[0]], "renditions": ["original", "preview"]})).await;
    assert_eq!(anew.json(), one);
    assert_eq!(scene.sent().len(), 3);
    // A sound has no preview, so it is left out; by itself it gives an empty bundle, which is refused.
    let previews = scene.order(&link, json!({"assets": "all", "renditions": ["preview"]})).await.json();
    assert_eq!(previews["files"], 2);
    let nothing = scene.order(&link, json!({"assets": [ids[2]], "renditions": ["preview"]})).await;
    assert_eq!(nothing.status, 422);
}

#[tokio::test]
async fn a_tree_keeps_its_folders_and_a_new_file_makes_a_new_bundle() {
    let scene = scene().await;
    scene.add(&[asset("Press", "a.jpg"), asset("Press/Autumn", "a.jpg"), asset("Pressed", "no.jpg")]).await;
    let (link, id) = path_and_id(scene.share(|link| link.target = samples::tree("Press")).await);
    let first = scene.order(&link, json!({"assets": "all"})).await.json();
    assert_eq!(names(&manifest(&scene, &id, &first).await), ["a.jpg", "Autumn/a.jpg"]);
    scene.add(&[asset("Press", "b.jpg")]).await;
    let second = scene.order(&link, json!({"assets": "all"})).await.json();
    assert!(second["files"] == 3 && second["id"] != first["id"]);
}

#[tokio::test]
async fn what_can_not_be_bundled_is_refused_and_nothing_is_stored() {
    let scene = scene().await;
    let photo = asset("Press", "a.jpg");
    let unread =
        Asset { crc32: None, state: AssetState::Processing, preview: None, ..asset("Press", "new.jpg") };
    let outside = asset("Secret", "c.jpg");
    scene.add(std::slice::from_ref(&outside)).await;
    let (link, _) = scene.offer(&[photo.clone(), unread], |_| ()).await;
    let view_only = |link: &mut Link| link.terms.access = Access::ViewOnly;
    let (view_only, _) = scene.offer(std::slice::from_ref(&photo), view_only).await;
    let (empty, _) = path_and_id(scene.share(|link| link.target = samples::folder("Nowhere")).await);
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
        let answer = scene.order(link, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["errors"].is_array(), status == 422, "{body}");
    }
    let path = format!("{link}/bundles");
    let good = json!({"assets": [photo.id]}).to_string();
    for (content_type, body, status) in [
        ("text/plain", good.clone(), 415),
        ("application/x-www-form-urlencoded", good.clone(), 415),
        ("application/json", "{".to_owned(), 400),
        ("application/json", format!("{good} x"), 400),
        ("application/json", " ".repeat(600 * 1024), 413),
    ] {
        let answer = scene.answer(request("POST", &path).sending(content_type, body)).await;
        assert_eq!(answer.status, status, "{content_type}");
    }
    let elsewhere =
        request("POST", &path).sending("application/json", good).with("sec-fetch-site", "cross-site");
    assert_eq!(scene.answer(elsewhere).await.status, 403);
    assert_eq!(scene.get(&path).await.status, 405);
    assert!(scene.sent().is_empty());
    scene.cloud.calls().reset();
    assert_eq!(scene.order(&link, json!({"assets": [photo.id]})).await.status, 202);
}

#[tokio::test]
async fn the_same_content_is_never_counted_twice() {
    let scene = scene().await;
    let files = [asset("Press", "a.jpg"), asset("Press", "b.jpg")];
    let (link, id) = scene.offer(&files, |_| ()).await;
    let body = || json!({"assets": [files[0].id]});
    let answers = futures_util::future::join_all((0..12).map(|_| scene.order(&link, body()))).await;
    assert!(answers.iter().all(|answer| answer.status == 202), "{}", answers[0].text());
    let answer = answers[0].json();
    let (bundles, preparing, bytes) = scene.cloud.bundle_counts().read(&id).await.unwrap();
    assert_eq!((bundles, preparing), (1, 1));
    assert_eq!(json!(bytes), answer["bytes"]);
    let row = scene.row(&id, &answer).await;
    // Finished twice, as by a message that was delivered twice, and then requested again.
    assert!(scene.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap());
    assert!(!scene.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap());
    assert!(!scene.cloud.bundles().fail(&row, "late", aws::clock::now()).await.unwrap());
    scene.order(&link, body()).await;
    assert_eq!(scene.cloud.bundle_counts().read(&id).await.unwrap(), (1, 0, bytes));
}

#[tokio::test]
async fn a_link_has_at_most_20_zips_in_preparation() {
    let scene = scene().await;
    let files: Vec<Asset> = (0..6).map(|n| asset("Press", &format!("{n}.jpg"))).collect();
    let (link, id) = scene.offer(&files, |_| ()).await;
    let first = scene.order(&link, subset(&files, 1)).await.is(202).json();
    for n in 2..=20 {
        assert_eq!(scene.order(&link, subset(&files, n)).await.status, 202, "{n}");
    }
    let refused = scene.order(&link, subset(&files, 21)).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert_eq!(refused.headers["retry-after"], "30");
    assert!(refused.json()["detail"].as_str().unwrap().contains("Wait 30 seconds"), "{}", refused.text());
    assert_eq!(scene.sent().len(), 20);
    // Existing bundles, and the bundle of all assets, are not limited.
    assert_eq!(scene.order(&link, subset(&files, 3)).await.status, 202);
    let all = scene.order(&link, json!({"assets": "all"})).await.is(202).json();
    assert!(scene.finish(&id, &first).await);
    assert_eq!(
        scene.order(&link, subset(&files, 21)).await.status,
        429,
        "the bundle of all assets counts too"
    );
    assert!(scene.finish(&id, &all).await);
    assert_eq!(scene.order(&link, subset(&files, 21)).await.status, 202);
}

#[tokio::test]
async fn one_network_requests_at_most_30_new_zips_in_a_window_and_others_are_not_limited() {
    let scene = scene().await;
    let files: Vec<Asset> = (0..6).map(|n| asset("Press", &format!("{n}.jpg"))).collect();
    let (link, id) = scene.offer(&files, |_| ()).await;
    let ask = |from: &str, n: usize| scene.answer(order(&link, &subset(&files, n)).from(from));
    for n in 1..=30 {
        let answer = ask("192.0.2.1", n).await;
        assert_eq!(answer.status, 202, "{n}: {}", answer.text());
        assert!(scene.finish(&id, &answer.json()).await);
    }
    let refused = ask("192.0.2.1", 31).await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(ask("192.0.2.1", 30).await.status, 202, "it exists already");
    assert_eq!(ask("192.0.2.2", 31).await.status, 202);
}

#[tokio::test]
async fn the_zips_of_a_link_have_a_limit_of_bytes() {
    use aws::rows::bundles::PutBundle;
    let scene = scene().await;
    let (_, id) = scene.offer(&[asset("Press", "a.jpg")], |_| ()).await;
    let now = aws::clock::now();
    let bundle = |name: &str| Bundle { updated: now, last_used: now, ..samples::bundle(&id, name) };
    let put = async |name: &str| scene.cloud.bundles().put(&bundle(name), Some(5_000)).await.unwrap();
    assert_eq!((put("a").await, put("b").await), (PutBundle::New, PutBundle::New));
    assert!(
        matches!(put("c").await, PutBundle::NoRoom(wait) if wait.as_secs() == 3_600),
        "of 2,000 bytes each"
    );
    assert!(matches!(put("a").await, PutBundle::Existing(_)));
    scene.cloud.bundles().fail(&bundle("a"), "It failed.", aws::clock::now()).await.unwrap();
    assert_eq!(put("c").await, PutBundle::New, "a failed bundle does not count");
    assert!(matches!(put("a").await, PutBundle::NoRoom(_)));
    assert_eq!(scene.cloud.bundle_counts().read(&id).await.unwrap(), (2, 2, 4_000));
}
