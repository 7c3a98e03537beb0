//! Downloads and bundles as recipients request them.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod requests;
mod scene;

use domain::asset::Rendition;
use domain::bundle::BundleStatus;
use domain::link::{Access, Link, Offer};
use jiff::SignedDuration;
use scene::scene;
use stage::samples::{self, asset};

#[tokio::test]
async fn one_file_is_few_requests_and_a_redirect_under_its_name() {
    let scene = scene().await;
    let photo = asset("Press", "Müller 日本.jpg");
    let (of_list, _) = scene.offer(std::slice::from_ref(&photo), |_| ()).await;
    let (link, _) = scene.offer(&[], |link| link.target = samples::folder("Press")).await;
    for (link, requests) in [(&of_list, 3), (&link, 2)] {
        scene.cloud.calls().reset();
        scene.get(&format!("{link}/assets/{}/original", photo.id)).await;
        let of_rows = scene.calls(|name| name.starts_with("DynamoDB."));
        assert_eq!((of_rows, scene.calls(|_| true)), (requests, requests), "{link}");
    }
    let answer = scene.get(&format!("{link}/assets/{}/original", photo.id)).await;
    let url = answer.location();
    assert!(url.contains("/assets/library/Press/M%C3%BCller%20%E6%97%A5%E6%9C%AC.jpg?"), "{url}");
    assert!(url.contains("response-content-disposition=attachment"), "{url}");
    assert!(url.contains("M%25C3%25BCller%2520%25E6%2597%25A5%25E6%259C%25AC.jpg"), "{url}");
    assert!(url.contains("X-Amz-Expires=900"), "{url}");
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    assert_eq!(scene.head(&format!("{link}/assets/{}/original", photo.id)).await.status, 302);
    let preview = scene.get(&format!("{link}/assets/{}/preview", photo.id)).await;
    assert!(preview.location().contains("%20%28preview%29.jpg"), "{}", preview.location());
}

#[tokio::test]
async fn what_is_not_shared_not_offered_or_not_there_is_refused() {
    let scene = scene().await;
    let (photo, sound) = (asset("Press", "a.jpg"), asset("Press", "b.wav"));
    let outside = asset("Secret", "c.jpg");
    scene.add(std::slice::from_ref(&outside)).await;
    let (link, _) = scene.offer(&[photo.clone(), sound.clone()], |_| ()).await;
    let view_only = |link: &mut Link| link.terms.access = Access::ViewOnly;
    let (closed, id) = scene.offer(std::slice::from_ref(&photo), view_only).await;
    let bundle = scene.bundle(&id, "old", SignedDuration::ZERO).await;
    let upper = photo.id.as_str().to_uppercase();
    for (path, status) in [
        (format!("{link}/assets/{}/original", outside.id), 404),
        (format!("{link}/assets/{upper}/original"), 404),
        (format!("{link}/assets/..%2f..%2fetc/original"), 404),
        (format!("{link}/assets/%ff/original"), 404),
        (format!("{link}/assets/{}/Original", photo.id), 404),
        (format!("{link}/assets/{}/thumbnail", photo.id), 403),
        (format!("{link}/assets/{}/view:Back", photo.id), 403),
        (format!("{link}/assets/{}/preview", sound.id), 404),
        (format!("{link}/extras/pdf"), 403),
        (format!("{link}/extras/attributes.csv"), 403),
        (format!("{link}/extras/passwords.txt"), 404),
        (format!("{link}/bundles/{}", photo.id), 404),
        (format!("{link}/bundles/{}/file", bundle.id), 404),
        (format!("{link}/bundles/x/file"), 404),
        (format!("{closed}/assets/{}/original", photo.id), 403),
        (format!("{closed}/assets/{}/preview", photo.id), 403),
        (format!("{closed}/bundles/{}", bundle.id), 403),
        (format!("{closed}/bundles/{}/file", bundle.id), 403),
    ] {
        let answer = scene.get(&path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.json()["status"], status, "{path}");
        assert!(!answer.text().contains("X-Amz"), "{path}");
        let page = scene.page(&path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        // A malformed address has no link to return to.
        let back = !path.contains("%ff");
        assert_eq!(
            page.text().contains(&format!("href=\"{}\"", path.split_at(link.len()).0)),
            back,
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_is_shown_before_the_gate() {
    let scene = scene().await;
    let photo = asset("Press", "a.jpg");
    let (link, id) = scene.offer(std::slice::from_ref(&photo), |link| link.terms.max_uses = Some(3)).await;
    let ended = |link: &mut Link| link.terms.expires_at = Some(link.created - SignedDuration::from_secs(1));
    let (ended, _) = scene.offer(std::slice::from_ref(&photo), ended).await;
    let bundle = scene.bundle(&id, "built", SignedDuration::from_hours(2)).await;
    scene.cloud.bundles().finish(&bundle, aws::clock::now()).await.unwrap();
    let unknown = format!("/s/{}", "x".repeat(22));
    for rest in [
        format!("assets/{}/original", photo.id),
        "assets/nonsense/nonsense".into(),
        "extras/pdf".into(),
        "extras/nonsense".into(),
        format!("bundles/{}", bundle.id),
        format!("bundles/{}/file", bundle.id),
        "bundles/nonsense".into(),
    ] {
        let closed = scene.get(&format!("{link}/{rest}")).await;
        assert_eq!((closed.status, &closed.json()["needs_password"]), (401, &false.into()));
        assert!(!closed.text().contains("a.jpg") && !closed.text().contains("X-Amz"), "{rest}");
        assert_eq!(scene.page(&format!("{link}/{rest}")).await.status, 401);
        let (gone, missing) =
            (scene.get(&format!("{ended}/{rest}")).await, scene.get(&format!("{unknown}/{rest}")).await);
        assert_eq!((gone.status, missing.status), (410, 404), "{rest}");
        assert_eq!(gone.text().replace("410", "404"), missing.text());
    }
    let body = serde_json::json!({"assets": "all"});
    for (link, status) in [(&link, 401), (&ended, 410), (&unknown, 404)] {
        assert_eq!(scene.order(link, body.clone()).await.status, status);
    }
    assert!(scene.sent().is_empty());
}

#[tokio::test]
async fn a_bundle_shows_its_progress_until_the_zip_is_ready() {
    let scene = scene().await;
    let (link, id) = scene.offer(&[asset("Press", "a.jpg")], |_| ()).await;
    let fresh = scene.bundle(&id, "fresh", SignedDuration::from_secs(5)).await;
    let answer = scene.get(&format!("{link}/bundles/{}", fresh.id)).await;
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "id": fresh.id, "status": "preparing", "files": 2, "bytes": 2_000, "done_bytes": 500, "reason": null,
        })
    );
    assert_eq!(scene.get(&format!("{link}/bundles/{}/file", fresh.id)).await.status, 409);
    assert!(scene.sent().is_empty(), "its row has just changed");

    // A silent bundle is requested again by one of many GETs, but not by a HEAD.
    let silent = scene.bundle(&id, "silent", SignedDuration::from_secs(70)).await;
    let path = format!("{link}/bundles/{}", silent.id);
    scene.head(&path).await;
    assert!(scene.sent().is_empty());
    let looks = tokio::join!(scene.get(&path), scene.get(&path), scene.get(&path), scene.get(&path));
    assert_eq!(looks.0.status, 200);
    let message = format!("{{\"link\":\"{id}\",\"bundle\":\"{}\"}}", silent.id);
    assert_eq!(scene.sent(), [message]);

    // A download notes the use of a ready bundle, but a HEAD does not.
    let ready = scene.bundle(&id, "ready", SignedDuration::from_hours(2)).await;
    assert!(scene.cloud.bundles().finish(&ready, aws::clock::now()).await.unwrap());
    let path = format!("{link}/bundles/{}/file", ready.id);
    let last_used = async || scene.cloud.bundles().find(&id, &ready.id).await.unwrap().unwrap().last_used;
    assert_eq!(scene.head(&path).await.status, 302);
    assert_eq!(last_used().await, ready.last_used);
    let file = scene.get(&path).await;
    assert!(file.location().contains(&format!("/bundles/{}?", ready.zip_key())), "{}", file.location());
    assert!(file.location().contains("Herbst%2520%26%2520M%25C3%25BCller.zip"), "{}", file.location());
    let now_used = last_used().await;
    assert!(now_used > ready.last_used);
    scene.get(&path).await;
    assert_eq!(last_used().await, now_used, "at most hourly");

    // Failed, with its reason.
    assert!(scene.cloud.bundles().fail(&silent, "“a.jpg” was replaced.", aws::clock::now()).await.unwrap());
    let answer = scene.get(&format!("{link}/bundles/{}", silent.id)).await.json();
    assert_eq!((&answer["status"], &answer["reason"]), (&"failed".into(), &"“a.jpg” was replaced.".into()));
    let file = scene.page(&format!("{link}/bundles/{}/file", silent.id)).await;
    assert!(file.status == 409 && file.text().contains("“a.jpg” was replaced."));
    let late = scene.cloud.bundles().note_progress(&silent, 9, aws::clock::now()).await.unwrap();
    assert!(
        !late
            && scene.cloud.bundles().find(&id, &silent.id).await.unwrap().unwrap().status
                == BundleStatus::Failed
    );
}

#[tokio::test]
async fn a_zip_with_options_that_the_link_no_longer_offers_is_refused() {
    let scene = scene().await;
    let preview = |link: &mut Link| link.terms.options = Some(Offer::of([Rendition::Preview]));
    let (link, id) = scene.offer(&[asset("Press", "a.jpg")], preview).await;
    let originals = scene.bundle(&id, "originals", SignedDuration::ZERO).await;
    scene.cloud.bundles().finish(&originals, aws::clock::now()).await.unwrap();
    for rest in ["", "/file"] {
        let answer = scene.get(&format!("{link}/bundles/{}{rest}", originals.id)).await;
        assert_eq!(answer.status, 403);
    }
}
