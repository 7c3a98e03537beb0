//! What the sweep clears up, and what it leaves to those who came in between.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod scene;

use aws::clock::now;
use aws::rows::bundles::PutBundle;
use aws::rows::sweeping::Ended;
use aws::rows::uses::Spent;
use aws::rows::windows::Count;
use domain::bundle::{Bundle, BundleStatus};
use domain::gate::network::ClientNetwork;
use domain::id::LinkId;
use domain::link::Link;
use jiff::SignedDuration;
use scene::{fresh_visit, hours, partition, scene};
use serde_json::json;

#[tokio::test]
async fn a_link_given_another_end_while_the_sweep_is_on_its_way_keeps_what_was_opened() {
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

    assert!(!scene.cloud.sweeps().sweep(&seen, later).await.unwrap(), "nothing of a living link is cleared");
    assert!(scene.has_visit(&link, &visit).await, "a use was spent on it");
    assert_eq!(scene.objects(&bundle).await, [true, true]);
    assert_eq!(scene.rows_of(&link.id, "TRIES").len(), 2);
}

#[tokio::test]
async fn a_visit_goes_when_its_own_end_has_passed_and_tries_with_their_window() {
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

    // The link has ended, a window of tries is still counting.
    assert_eq!(scene.sweep(end + SignedDuration::from_mins(5)).await.links_ended, 1);
    assert!(!scene.has_visit(&link, &visit).await);
    assert_eq!(scene.objects(&bundle).await, [false, false]);
    assert!(scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().is_none());
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (0, 0, 0));
    assert_eq!(scene.rows_of(&link.id, "TRIES").len(), 2, "still counting");
    assert!(scene.cloud.visits().link_and_visit(&link.id, None).await.unwrap().0.is_some(), "it answers 410");
    assert_eq!(scene.sweep(end + hours(1)).await.links_ended, 0, "it has left the index");
}

#[tokio::test]
async fn a_bundle_asked_for_again_while_the_sweep_is_on_its_way_stays() {
    let scene = scene().await;
    let (link, bundle, seen) = scene.bundle_past_its_time().await;

    assert!(scene.cloud.bundles().touch(&bundle, now()).await.unwrap());
    assert!(!scene.cloud.sweeps().sweep(&seen, now()).await.unwrap());
    assert_eq!(scene.objects(&bundle).await, [true, true]);
    let kept = scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().unwrap();
    assert_eq!(kept.status, BundleStatus::Ready);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (1, 0, 1_000));
}

#[tokio::test]
async fn a_bundle_whose_clearing_broke_off_is_nobodys_until_it_is_gone() {
    let scene = scene().await;
    let (link, bundle, seen) = scene.bundle_past_its_time().await;

    scene.without_objects.sweeps().sweep(&seen, now()).await.unwrap_err();
    let going = scene.cloud.bundles().find(&link.id, &bundle.id).await.unwrap().unwrap();
    assert_eq!(going.status, BundleStatus::Going);
    assert!(!scene.cloud.bundles().touch(&bundle, now()).await.unwrap(), "nobody gets it any more");
    let anew = Bundle { status: BundleStatus::Preparing, last_used: now(), updated: now(), ..bundle.clone() };
    assert_eq!(scene.cloud.bundles().put(&anew, None).await.unwrap(), PutBundle::Going);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (0, 0, 0));

    assert_eq!(scene.sweep(now()).await.bundles, 1, "the next sweep goes on with it");
    assert_eq!(scene.objects(&bundle).await, [false, false]);
    assert_eq!(scene.cloud.bundles().put(&anew, None).await.unwrap(), PutBundle::New);
    assert_eq!(scene.cloud.bundle_counts().read(&link.id).await.unwrap(), (1, 1, 1_000));
}

#[tokio::test]
async fn a_row_in_the_day_before_the_last_one_swept_is_found() {
    let scene = scene().await;
    let today = now();
    scene.sweep(today).await;
    // Its writer was slow, or its index: it ends in a day that had been swept.
    let yesterday = today - hours(24);
    let link = scene.link_of_one_use(Some(yesterday)).await;
    let bundle = scene.bundle(&link.id, "zip", today).await;
    assert_eq!(scene.sweep(today).await.links_ended, 1);
    assert_eq!(scene.objects(&bundle).await, [false, false]);
}

#[tokio::test]
async fn everything_of_a_deleted_link_goes_and_nothing_of_one_that_was_restored() {
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
async fn a_selection_that_is_being_cleared_makes_no_link() {
    let scene = scene().await;
    let token = domain::token::LinkToken::from_random(aws::random::bytes());
    let id: LinkId = token.link_id();
    let made = now() - hours(30);
    scene.cloud.sets().put_selection(&id, "nothing", &[], made).await.unwrap();
    let seen = scene.listed(made + hours(1), now(), &Ended::Selection(id.clone())).await;
    // Its link comes at the last moment, and the sweep lets go of it.
    let link = Link { id, target: domain::link::Target::Selection, ..scene.link_of_one_use(None).await };
    scene.cloud.links().create(&aws::rows::links::OwnedLink { link: link.clone(), token }).await.unwrap();
    assert!(!scene.cloud.sweeps().sweep(&seen, now()).await.unwrap());
    assert!(scene.cloud.sets().head(&link.set()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_right_password_whose_use_was_gone_is_no_guess() {
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
async fn a_try_is_given_back_to_its_own_window_alone() {
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
    assert!(matches!(count(at).await, Count::TooMany(_)), "it was of another window");
    scene.cloud.windows().give_back(&last.unwrap()).await.unwrap();
    assert!(matches!(count(at).await, Count::Counted(_)));
}

#[tokio::test]
async fn a_try_given_back_after_its_row_went_locks_nobody_out() {
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
    assert_eq!(spent, Spent::Opened, "the password was right, and the use was there");
    scene.cloud.windows().give_back(&tried).await.unwrap();
    assert_eq!(scene.rows_of(&link.id, "TRIES"), Vec::<String>::new(), "nothing comes to be by it");
    // Such rows as there are from before.
    scene.put_row(json!({"pk": {"S": partition(&link.id)}, "sk": {"S": "TRIES"}, "tries": {"N": "-1"}}));
    for _ in 0..2 {
        let counted = scene.cloud.visits().count_try(&link.id, &network, now()).await.unwrap();
        assert!(matches!(counted, Count::Counted(_)), "{counted:?}");
    }
}
