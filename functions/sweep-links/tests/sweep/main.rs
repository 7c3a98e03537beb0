//! What the sweep deletes, and what it keeps because another request changed it first.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod bounded;
mod scene;

use aws::clock::now;
use aws::rows::bundles::PutBundle;
use aws::rows::spend_use::Spent;
use aws::rows::sweeping::Ended;
use aws::rows::windows::Count;
use domain::bundle::{Bundle, BundleStatus};
use domain::gate::network::ClientNetwork;
use domain::id::{LinkId, ListId};
use domain::link::Link;
use jiff::SignedDuration;
use scene::{fresh_visit, hours, partition, scene};
use serde_json::json;

#[tokio::test]
async fn a_link_whose_end_changes_during_the_sweep_keeps_its_visits() {
    let scene = scene().await;
    let end = now() + SignedDuration::from_secs(1);
    let link = scene.link_of_one_use(Some(end)).await;
    let bundle = scene.bundle(&link.id, "zip", now()).await;
    let later = end + hours(1);
    let seen = scene.listed(end, later, &Ended::Link(link.id.clone())).await;

    let mut extended = Link { revision: 1, ..link.clone() };
    extended.terms.expires_at = None;
    scene.cloud.links().edit(&link, &extended).await.unwrap();
    let visit = scene.open_link(&extended, later).await;
    let network = ClientNetwork::of("192.0.2.1", &link.id);
    scene.cloud.visits().count_try(&link.id, &network, later).await.unwrap();

    assert!(!scene.cloud.sweeps().sweep(&seen, later).await.unwrap(), "nothing of an active link is deleted");
    assert!(scene.has_visit(&link, &visit).await, "a use was spent on it");
    assert_eq!(scene.objects(&bundle).await, [true, true]);
    assert_eq!(scene.rows_of(&link.id, "TRIES").len(), 2);
}

#[tokio::test]
async fn a_visit_is_deleted_after_its_own_end_and_tries_after_their_window() {
    let scene = scene().await;
    let end = now() + SignedDuration::from_secs(2);
    let link = scene.link_of_one_use(Some(end)).await;
    let visit = scene.open_link(&link, now()).await;
    let network = ClientNetwork::of("192.0.2.1", &link.id);
    let bundle = scene.bundle(&link.id, "zip", now()).await;
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (1, 0, 1_000));
    let counted = end - SignedDuration::from_secs(1);
    assert!(matches!(
        scene.cloud.visits().count_try(&link.id, &network, counted).await.unwrap(),
        Count::Counted(_)
    ));

    // The link has ended, but a window of tries has not.
    assert_eq!(scene.sweep(end + SignedDuration::from_mins(5)).await.links_ended, 1);
    assert!(!scene.has_visit(&link, &visit).await);
    assert_eq!(scene.objects(&bundle).await, [false, false]);
    assert!(scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().is_none());
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (0, 0, 0));
    assert_eq!(scene.rows_of(&link.id, "TRIES").len(), 2, "their window has not ended");
    assert!(scene.cloud.visits().link_and_visit(&link.id, None).await.unwrap().0.is_some(), "it answers 410");
    assert_eq!(scene.sweep(end + hours(1)).await.links_ended, 0, "it has left the index");
}

#[tokio::test]
async fn a_bundle_that_is_used_during_the_sweep_is_kept() {
    let scene = scene().await;
    let (link, bundle, seen) = scene.bundle_past_its_time().await;

    assert!(scene.cloud.bundles().note_use(&bundle, now()).await.unwrap());
    assert!(!scene.cloud.sweeps().sweep(&seen, now()).await.unwrap());
    assert_eq!(scene.objects(&bundle).await, [true, true]);
    let kept = scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().unwrap();
    assert_eq!(kept.status, BundleStatus::Ready);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (1, 0, 1_000));
}

#[tokio::test]
async fn a_bundle_whose_deletion_failed_can_not_be_used_until_it_is_deleted() {
    let scene = scene().await;
    let (link, bundle, seen) = scene.bundle_past_its_time().await;

    scene.without_objects.sweeps().sweep(&seen, now()).await.unwrap_err();
    let deleting = scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().unwrap();
    assert_eq!(deleting.status, BundleStatus::Deleting);
    assert!(!scene.cloud.bundles().note_use(&bundle, now()).await.unwrap(), "it can't be used any more");
    let anew = Bundle { status: BundleStatus::Preparing, last_used: now(), updated: now(), ..bundle.clone() };
    assert_eq!(scene.cloud.bundles().put(&anew, None).await.unwrap(), PutBundle::Deleting);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (0, 0, 0));

    assert_eq!(scene.sweep(now()).await.bundles, 1, "the next sweep deletes it");
    assert_eq!(scene.objects(&bundle).await, [false, false]);
    assert_eq!(scene.cloud.bundles().put(&anew, None).await.unwrap(), PutBundle::New);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (1, 1, 1_000));
}

#[tokio::test]
async fn a_late_row_of_the_day_before_the_last_swept_day_is_found() {
    let scene = scene().await;
    let today = now();
    scene.sweep(today).await;
    // Its writer or index was slow, so its day was swept before.
    let yesterday = today - hours(24);
    let link = scene.link_of_one_use(Some(yesterday)).await;
    let bundle = scene.bundle(&link.id, "zip", today).await;
    assert_eq!(scene.sweep(today).await.links_ended, 1);
    assert_eq!(scene.objects(&bundle).await, [false, false]);
}

#[tokio::test]
async fn everything_of_a_deleted_link_is_deleted_and_nothing_of_a_restored_one() {
    let scene = scene().await;
    let (deleted, restored) = (scene.link_of_one_use(None).await, scene.link_of_one_use(None).await);
    let network = ClientNetwork::of("192.0.2.1", &deleted.id);
    let mut visits = Vec::new();
    for link in [&deleted, &restored] {
        visits.push(scene.open_link(link, now()).await);
        scene.bundle(&link.id, "zip", now()).await;
        scene.cloud.visits().count_try(&link.id, &network, now()).await.unwrap();
        scene.cloud.links().delete(link, now()).await.unwrap();
    }
    let token = domain::token::LinkToken::from_random(aws::random::bytes());
    scene.cloud.links().create(&aws::rows::links::OwnedLink { link: restored.clone(), token }).await.unwrap();
    scene.sweep(now() + SignedDuration::from_secs(2)).await;
    assert_eq!(scene.rows_of(&deleted.id, ""), Vec::<String>::new());
    assert!(scene.has_visit(&restored, &visits[1]).await);
    assert_eq!(scene.rows_of(&restored.id, "DELETED"), Vec::<String>::new());
}

#[tokio::test]
async fn a_link_can_not_be_created_on_a_selection_that_is_being_deleted() {
    let scene = scene().await;
    let token = domain::token::LinkToken::from_random(aws::random::bytes());
    let id: LinkId = token.link_id();
    let made = now() - hours(30);
    scene.cloud.lists().put_selection(&ListId::of_link(&id), &[], made).await.unwrap();
    let seen = scene.listed(made + hours(1), now(), &Ended::Selection(id.clone())).await;
    // Its link is created just before the sweep, which then keeps the selection.
    let link = Link { id, target: domain::link::Target::Selection, ..scene.link_of_one_use(None).await };
    scene.cloud.links().create(&aws::rows::links::OwnedLink { link: link.clone(), token }).await.unwrap();
    assert!(!scene.cloud.sweeps().sweep(&seen, now()).await.unwrap());
    assert!(scene.cloud.lists().find(&ListId::of_link(&link.id)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_right_password_without_a_use_left_does_not_count_as_a_try() {
    let scene = scene().await;
    let link = scene.link_of_one_use(None).await;
    scene.open_link(&link, now()).await;
    let network = ClientNetwork::of("192.0.2.1", &link.id);
    for _ in 0..30 {
        let Count::Counted(tried) = scene.cloud.visits().count_try(&link.id, &network, now()).await.unwrap()
        else {
            panic!("it was counted as a guess")
        };
        let visit = fresh_visit(&link, now());
        let spent = scene.cloud.visits().spend_use(&link, &visit, Some(&tried), now()).await.unwrap();
        assert_eq!(spent, Spent::Refused);
    }
}

#[tokio::test]
async fn a_try_is_subtracted_only_from_its_own_window() {
    let scene = scene().await;
    let link = scene.link_of_one_use(None).await;
    let network = ClientNetwork::of("192.0.2.1", &link.id);
    let (then, at) = (now(), now() + SignedDuration::from_mins(16));
    let count = async |at| scene.cloud.visits().count_try(&link.id, &network, at).await.unwrap();
    let Count::Counted(before) = count(then).await else { panic!() };
    let mut last = None;
    for _ in 0..10 {
        let Count::Counted(tried) = count(at).await else { panic!("the new window was not empty") };
        last = Some(tried);
    }
    scene.cloud.windows().give_back(&before).await.unwrap();
    assert!(matches!(count(at).await, Count::TooMany(_)), "the try was in another window");
    scene.cloud.windows().give_back(&last.unwrap()).await.unwrap();
    assert!(matches!(count(at).await, Count::Counted(_)));
}

#[tokio::test]
async fn a_try_given_back_after_its_row_was_deleted_blocks_no_recipient() {
    let scene = scene().await;
    let link = scene.link_of_one_use(None).await;
    let network = ClientNetwork::of("192.0.2.1", &link.id);
    let Count::Counted(tried) = scene.cloud.visits().count_try(&link.id, &network, now()).await.unwrap()
    else {
        panic!()
    };
    for sk in scene.rows_of(&link.id, "TRIES") {
        scene.delete_row(&partition(&link.id), &sk);
    }
    let visit = fresh_visit(&link, now());
    let spent = scene.cloud.visits().spend_use(&link, &visit, Some(&tried), now()).await.unwrap();
    assert_eq!(spent, Spent::Opened, "the password was right, and a use was left");
    scene.cloud.windows().give_back(&tried).await.unwrap();
    assert_eq!(scene.rows_of(&link.id, "TRIES"), Vec::<String>::new(), "no row was created");
    // A row that an older version left.
    scene.put_row(json!({"pk": {"S": partition(&link.id)}, "sk": {"S": "TRIES"}, "tries": {"N": "-1"}}));
    for _ in 0..2 {
        let counted = scene.cloud.visits().count_try(&link.id, &network, now()).await.unwrap();
        assert!(matches!(counted, Count::Counted(_)), "{counted:?}");
    }
}
