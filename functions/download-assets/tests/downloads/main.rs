//! Downloads and bundles as recipients ask for them.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod asking;
mod stage;

use domain::bundle::BundleStatus;
use domain::link::{Access, DownloadOptions, Link};
use http::StatusCode;
use jiff::SignedDuration;
use stage::{asset, stage};

#[tokio::test]
async fn one_file_is_two_requests_and_a_redirect_under_its_name() {
    let stage = stage().await;
    let photo = asset("Press", "Müller 日本.jpg");
    let (link, _) = stage.share(std::slice::from_ref(&photo), |link| link).await;
    stage.cloud.calls().reset();
    let answer = stage.get(&format!("{link}/assets/{}/original", photo.id)).await;
    assert_eq!(stage.calls(), (2, 0));
    let url = answer.location();
    assert!(url.contains("/assets/library/Press/M%C3%BCller%20%E6%97%A5%E6%9C%AC.jpg?"), "{url}");
    assert!(url.contains("response-content-disposition=attachment"), "{url}");
    assert!(url.contains("M%25C3%25BCller%2520%25E6%2597%25A5%25E6%259C%25AC.jpg"), "{url}");
    assert!(url.contains("X-Amz-Expires=900"), "{url}");
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    assert_eq!(stage.head(&format!("{link}/assets/{}/original", photo.id)).await.status, StatusCode::FOUND);
    let preview = stage.get(&format!("{link}/assets/{}/preview", photo.id)).await;
    assert!(preview.location().contains("%20%28preview%29.jpg"), "{}", preview.location());
}

#[tokio::test]
async fn what_is_not_shared_not_offered_or_not_there_is_refused() {
    let stage = stage().await;
    let (photo, sound) = (asset("Press", "a.jpg"), asset("Press", "b.wav"));
    let outside = asset("Secret", "c.jpg");
    stage.cloud.assets().replace(None, Some(&outside)).await.unwrap();
    let (link, _) = stage.share(&[photo.clone(), sound.clone()], |link| link).await;
    let view_only = |link: Link| Link { access: Access::ViewOnly, ..link };
    let (closed, id) = stage.share(std::slice::from_ref(&photo), view_only).await;
    let bundle = stage.bundle(&id, "old", SignedDuration::ZERO).await;
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
        let answer = stage.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.json()["status"], status, "{path}");
        assert!(!answer.text.contains("X-Amz"), "{path}");
        let page = stage.page(&path).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        // An address that can't be read names no link to go back to.
        let back = !path.contains("%ff");
        assert_eq!(page.text.contains(&format!("href=\"{}\"", path.split_at(link.len()).0)), back, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_told_before_the_gate() {
    let stage = stage().await;
    let photo = asset("Press", "a.jpg");
    let (link, id) =
        stage.share(std::slice::from_ref(&photo), |link| Link { max_uses: Some(3), ..link }).await;
    let ended = |link: Link| Link { expires_at: Some(link.created - SignedDuration::from_secs(1)), ..link };
    let (ended, _) = stage.share(std::slice::from_ref(&photo), ended).await;
    let bundle = stage.bundle(&id, "built", SignedDuration::from_hours(2)).await;
    stage.cloud.bundles().finish(&bundle, aws::clock::now()).await.unwrap();
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
        let closed = stage.get(&format!("{link}/{rest}")).await;
        assert_eq!(
            (closed.status, &closed.json()["needs_password"]),
            (StatusCode::UNAUTHORIZED, &false.into())
        );
        assert!(!closed.text.contains("a.jpg") && !closed.text.contains("X-Amz"), "{rest}");
        assert_eq!(stage.page(&format!("{link}/{rest}")).await.status, StatusCode::UNAUTHORIZED);
        let (gone, missing) =
            (stage.get(&format!("{ended}/{rest}")).await, stage.get(&format!("{unknown}/{rest}")).await);
        assert_eq!((gone.status, missing.status), (StatusCode::GONE, StatusCode::NOT_FOUND), "{rest}");
        assert_eq!(gone.text.replace("410", "404"), missing.text);
    }
    let body = serde_json::json!({"assets": "all"});
    for (link, status) in [(&link, 401), (&ended, 410), (&unknown, 404)] {
        assert_eq!(stage.ask(link, body.clone()).await.status.as_u16(), status);
    }
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn a_bundle_is_followed_until_its_zip_can_be_had() {
    let stage = stage().await;
    let (link, id) = stage.share(&[asset("Press", "a.jpg")], |link| link).await;
    let fresh = stage.bundle(&id, "fresh", SignedDuration::from_secs(5)).await;
    let told = stage.get(&format!("{link}/bundles/{}", fresh.id)).await;
    assert_eq!(
        told.json(),
        serde_json::json!({
            "id": fresh.id, "status": "preparing", "files": 2, "bytes": 2_000, "done_bytes": 500, "reason": null,
        })
    );
    assert_eq!(stage.get(&format!("{link}/bundles/{}/file", fresh.id)).await.status, StatusCode::CONFLICT);
    assert!(stage.sent().is_empty(), "it was heard of a moment ago");

    // Silent for too long: of many who look, one asks again; a HEAD does not.
    let silent = stage.bundle(&id, "silent", SignedDuration::from_secs(70)).await;
    let path = format!("{link}/bundles/{}", silent.id);
    stage.head(&path).await;
    assert!(stage.sent().is_empty());
    let looks = tokio::join!(stage.get(&path), stage.get(&path), stage.get(&path), stage.get(&path));
    assert_eq!(looks.0.status, StatusCode::OK);
    let message = format!("{{\"link\":\"{id}\",\"bundle\":\"{}\"}}", silent.id);
    assert_eq!(stage.sent(), [message]);

    // Ready, and asked for a while ago: a download keeps it, a HEAD does not.
    let ready = stage.bundle(&id, "ready", SignedDuration::from_hours(2)).await;
    assert!(stage.cloud.bundles().finish(&ready, aws::clock::now()).await.unwrap());
    let path = format!("{link}/bundles/{}/file", ready.id);
    let last_used = async || stage.cloud.bundles().find(&id, &ready.id).await.unwrap().unwrap().last_used;
    assert_eq!(stage.head(&path).await.status, StatusCode::FOUND);
    assert_eq!(last_used().await, ready.last_used);
    let file = stage.get(&path).await;
    assert!(file.location().contains(&format!("/bundles/{}?", ready.zip_key())), "{}", file.location());
    assert!(file.location().contains("Herbst%2520%26%2520M%25C3%25BCller.zip"), "{}", file.location());
    let now_used = last_used().await;
    assert!(now_used > ready.last_used);
    stage.get(&path).await;
    assert_eq!(last_used().await, now_used, "at most hourly");

    // Failed, with its reason.
    assert!(stage.cloud.bundles().fail(&silent, "“a.jpg” was replaced.", aws::clock::now()).await.unwrap());
    let told = stage.get(&format!("{link}/bundles/{}", silent.id)).await.json();
    assert_eq!((&told["status"], &told["reason"]), (&"failed".into(), &"“a.jpg” was replaced.".into()));
    let file = stage.page(&format!("{link}/bundles/{}/file", silent.id)).await;
    assert!(file.status == StatusCode::CONFLICT && file.text.contains("“a.jpg” was replaced."));
    let late = stage.cloud.bundles().note_progress(&silent, 9, aws::clock::now()).await.unwrap();
    assert!(
        !late
            && stage.cloud.bundles().find(&id, &silent.id).await.unwrap().unwrap().status
                == BundleStatus::Failed
    );
}

#[tokio::test]
async fn a_zip_of_what_is_no_longer_offered_is_no_longer_given() {
    let stage = stage().await;
    let preview = DownloadOptions { preview: true, ..Default::default() };
    let (link, id) = stage.share(&[asset("Press", "a.jpg")], |link| Link { options: preview, ..link }).await;
    let originals = stage.bundle(&id, "originals", SignedDuration::ZERO).await;
    stage.cloud.bundles().finish(&originals, aws::clock::now()).await.unwrap();
    for rest in ["", "/file"] {
        let answer = stage.get(&format!("{link}/bundles/{}{rest}", originals.id)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}
