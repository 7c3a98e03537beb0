//! A run does a bounded amount of work, however much has ended, and nothing else waits for what it can't clear up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws::clock::now;
use aws::rows::sweeping::Place;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use domain::id::LinkId;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::json;
use sweep_links::{MARGIN, Report};

use crate::scene::{Scene, hours, partition, scene};

#[tokio::test]
async fn more_than_a_page_of_deleted_links_is_read_in_pages_and_cleared_up_in_one_run() {
    let scene = scene().await;
    let end = now() - hours(24);
    scene.links_deleted(250, end);
    let day = TimeZone::UTC.to_datetime(end).date();
    let (mut place, mut pages) = (Place::start_of(day), Vec::new());
    while place.day() == day {
        let page = scene.cloud.sweeps().find_ended(&place, now()).await.unwrap();
        pages.push(page.things.len());
        place = page.next;
    }
    assert_eq!(pages, [200, 50, 0, 0, 0], "three shards are empty");

    assert_eq!(scene.sweep(now()).await, Report { links_cleared: 250, ..Report::default() });
    assert_eq!(scene.sweep(now()).await, Report::default());
}

#[tokio::test]
async fn a_run_ends_before_its_deadline_and_the_next_ones_finish() {
    let scene = scene().await;
    scene.links_deleted(80, now() - hours(24));
    let left = || scene.rows().iter().filter(|row| row["sk"]["S"] == "DELETED").count();
    let mut runs = 0;
    while left() > 0 {
        assert!(runs < 100, "{} are left", left());
        let begun = now();
        let time = SignedDuration::from_millis(200 + 50 * runs);
        scene.sweep_within(now(), MARGIN + time).await.unwrap();
        assert!(now().duration_since(begun) < MARGIN, "it would be killed");
        runs += 1;
    }
    assert!(runs > 1, "all of it in {runs} run");
    assert_eq!(scene.sweep(now()).await, Report::default());
}

#[tokio::test]
async fn a_row_that_can_not_be_read_stops_no_other_and_is_told_until_it_is_removed() {
    let scene = scene().await;
    let end = now() - hours(24);
    // It is before the links in the order of the index.
    let day = TimeZone::UTC.to_datetime(end).date();
    let (pk, sk) = (partition(&LinkId::of("a link")), "OF_TOMORROW");
    scene.put_row(json!({
        "pk": {"S": pk}, "sk": {"S": sk},
        "gsi3pk": {"S": format!("END#{day}#0")}, "gsi3sk": {"S": "0000000000000001#x"},
    }));
    scene.links_ended(20, end).await;
    let five_minutes = SignedDuration::from_mins(5);
    scene.sweep_within(now(), five_minutes).await.unwrap_err();
    scene.sweep_within(now() + hours(48), five_minutes).await.unwrap_err();
    scene.delete_row(&pk, sk);
    assert_eq!(scene.sweep(now() + hours(48)).await.links_ended, 0, "all of them were cleared up before");
}

#[tokio::test]
async fn what_hangs_keeps_nothing_else_waiting() {
    let mut scene = scene().await;
    scene.links_deleted(40, now() - hours(24));
    // They come later in the index.
    scene.links_ended(5, now() - SignedDuration::from_millis(1)).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let hangs = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<()>()
    });
    let hangs = stage::serve(hangs).await;
    let answers = scene.cloud.clone();
    scene.stores.cloud = scene.cloud_with(|settings| settings.s3_url = Some(hangs));

    let briefly = MARGIN + SignedDuration::from_millis(1_500);
    let first = scene.sweep_within(now(), briefly).await.unwrap();
    assert_eq!(first, Report { goes_on: true, unfinished: 32, ..Report::default() });
    assert_eq!(requests.load(Ordering::Relaxed), 32, "so many things are cleared up at once");
    let second = scene.sweep_within(now(), briefly).await.unwrap();
    assert_eq!(second, Report { links_ended: 5, goes_on: true, unfinished: 8, ..Report::default() });

    scene.stores.cloud = answers;
    assert_eq!(scene.sweep(now()).await.links_cleared, 40, "a new round tries them again");
}

#[tokio::test]
async fn rows_of_one_link_are_read_in_pages() {
    let scene = scene().await;
    let (few, many) = (scene.link_of_one_use(None).await, scene.link_of_one_use(None).await);
    let selection = format!("LIST#{}", many.id);
    for n in 0..250 {
        let rows =
            [(partition(&many.id), format!("VISIT#{n}")), (selection.clone(), format!("0000000001#{n:04}"))];
        for (pk, sk) in rows {
            scene.put_row(json!({"pk": {"S": pk}, "sk": {"S": sk}}));
        }
    }
    let queries_so_far =
        |scene: &Scene| scene.cloud.calls().snapshot().get("DynamoDB.Query").copied().unwrap_or(0);
    scene.sweep(now()).await;
    let mut queries = Vec::new();
    for link in [&few, &many] {
        scene.cloud.links().delete(link, now()).await.unwrap();
        let before = queries_so_far(&scene);
        assert_eq!(scene.sweep(now() + SignedDuration::from_secs(2)).await.links_cleared, 1);
        queries.push(queries_so_far(&scene) - before);
    }
    assert_eq!(queries[1] - queries[0], 4, "two more pages of visits, and of the selection");
    assert_eq!(scene.rows_of(&many.id, ""), Vec::<String>::new());
    assert_eq!(scene.sort_keys(&selection), Vec::<String>::new());
}

#[tokio::test]
async fn a_sweep_without_work_reads_the_index_of_two_days_and_writes_nothing() {
    let scene = scene().await;
    scene.put_row(json!({"pk": {"S": "SITE"}, "sk": {"S": "SWEEP"}, "through": {"S": "2026-11-01"}}));
    scene.sweep(now()).await;
    let before = scene.cloud.calls().snapshot();
    scene.sweep(now()).await;
    let after = scene.cloud.calls().snapshot();
    let new = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    assert_eq!([new("DynamoDB.Query"), new("DynamoDB.GetItem"), new("DynamoDB.PutItem")], [8, 1, 0]);
}

#[tokio::test]
async fn an_upload_that_can_not_be_aborted_stops_no_other() {
    const OPEN: &str = "<Upload><Key>bundles/N.zip</Key><UploadId>N</UploadId>\
        <Initiated>2026-01-01T00:00:00Z</Initiated></Upload>";
    let mut scene = scene().await;
    let aborted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&aborted);
    let refuses_one = Router::new().fallback(move |request: Request| async move {
        let uploads = (1..=50).map(|n| OPEN.replace('N', &n.to_string())).collect::<String>();
        match (request.method().as_str(), request.uri().path()) {
            ("GET", _) => (
                StatusCode::OK,
                format!("<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>"),
            ),
            (_, path) if path.ends_with("/1.zip") => (StatusCode::FORBIDDEN, String::new()),
            _ => {
                counted.fetch_add(1, Ordering::Relaxed);
                (StatusCode::NO_CONTENT, String::new())
            }
        }
    });
    let refuses_one = stage::serve(refuses_one).await;
    scene.stores.cloud = scene.cloud_with(|settings| settings.s3_url = Some(refuses_one));
    scene.sweep_within(now(), SignedDuration::from_mins(5)).await.unwrap_err();
    assert_eq!(aborted.load(Ordering::Relaxed), 49);
}
