//! Changes that are written in groups.

use aws::rows::assets::Written;
use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use domain::asset::{Asset, AssetState};
use domain::library::counts::Counts;
use domain::set::Set;
use stage::{Stores, samples};

use crate::{added, changed, folders, next};

async fn counts(stores: &Stores, set: Set) -> Counts {
    stores.cloud.sets().counts(&set).await.unwrap()
}

fn transactions(stores: &Stores) -> u64 {
    stores.cloud.calls().snapshot().get("DynamoDB.TransactWriteItems").copied().unwrap_or_default()
}

#[tokio::test]
async fn a_group_writes_each_folder_once_and_the_figures_are_those_of_its_assets() {
    let stores = Stores::open().await;
    let assets: Vec<Asset> = (0..250)
        .map(|n| {
            let folder = ["Press", "Press/Autumn", "Product"][n % 3];
            let state = [AssetState::Ready, AssetState::Processing, AssetState::Failed][n % 5 % 3];
            Asset { state, size: n as u64, ..samples::asset(folder, &format!("{n}.jpg")) }
        })
        .collect();
    let outcomes = stores.cloud.assets().commit(assets.iter().map(added).collect()).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Written::Done))), "{outcomes:?}");
    assert_eq!(transactions(&stores), 3, "250 assets and their folders, a hundred rows each");

    let of = |want: &dyn Fn(&Asset) -> bool| assets.iter().filter(|asset| want(asset)).map(Counts::of).sum();
    let within = |path: &'static str| move |asset: &Asset| asset.folder_path == path;
    let below = |asset: &Asset| asset.folder_path.starts_with("Press");
    assert_eq!(counts(&stores, Set::library()).await, of(&|_| true));
    assert_eq!(counts(&stores, Set::Folder("Press".to_owned())).await, of(&within("Press")));
    assert_eq!(counts(&stores, Set::Tree("Press".to_owned())).await, of(&below));
    assert_eq!(counts(&stores, Set::Tree("Press/Autumn".to_owned())).await, of(&within("Press/Autumn")));
    assert_eq!(counts(&stores, Set::Folder(String::new())).await, Counts::default());
    assert_eq!(folders(&stores).await, ["", "Press", "Press/Autumn", "Product"]);
}

#[tokio::test]
async fn a_change_that_another_writer_was_before_is_left_out_alone() {
    let stores = Stores::open().await;
    let assets = ["a.jpg", "b.jpg", "c.jpg"].map(|name| samples::asset("Press", name));
    stores.add(&assets).await;
    let overtaken = next(&assets[1], |asset| asset.size = 1);
    stores.cloud.assets().replace(Some(&assets[1]), Some(&overtaken)).await.unwrap();

    let changes =
        assets.iter().map(|asset| changed(asset, Some(next(asset, |asset| asset.size = 7)))).collect();
    let outcomes: Vec<_> =
        stores.cloud.assets().commit(changes).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [Written::Done, Written::Outdated, Written::Done]);
    assert_eq!(counts(&stores, Set::library()).await.total_bytes, 7 + 1 + 7);
}

#[tokio::test]
async fn two_changes_of_one_asset_are_never_in_one_transaction() {
    let stores = Stores::open().await;
    let asset = samples::asset("Press", "a.jpg");
    let twice = vec![added(&asset), added(&Asset { size: 5, ..asset.clone() })];
    let outcomes: Vec<_> =
        stores.cloud.assets().commit(twice).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [Written::Done, Written::Outdated]);
    assert_eq!(counts(&stores, Set::library()).await, Counts::of(&asset));
}

#[tokio::test]
async fn a_change_without_figures_writes_no_folder() {
    let stores = Stores::open().await;
    let asset = samples::asset("Press", "a.jpg");
    stores.add(std::slice::from_ref(&asset)).await;
    let before = stores.cloud.folders().find(&asset.folder).await.unwrap();
    let described = next(&asset, |asset| _ = asset.attributes.insert("Credit".into(), "A. Adams".into()));
    stores.cloud.assets().replace(Some(&asset), Some(&described)).await.unwrap();
    assert_eq!(stores.cloud.folders().find(&asset.folder).await.unwrap(), before);
    let read = stores.cloud.assets().find(&asset.id).await.unwrap();
    assert_eq!(read, Some(described), "what people gave is kept");
}

#[tokio::test]
async fn folders_of_any_depth_and_keys_of_any_bytes_are_written_and_found() {
    let stores = Stores::open().await;
    let deep = vec!["x"; 500].join("/");
    let assets = [
        samples::asset(&deep, "deep.jpg"),
        samples::asset(&"9/".repeat(250), "1/1".replace('/', ":").as_str()),
        samples::asset(&"ü".repeat(500), "long.jpg"),
        samples::asset("/", "nameless folder.jpg"),
        samples::asset("a\u{1}\u{2}\u{3}b", "\u{1}\u{2}.jpg"),
    ];
    for asset in &assets {
        let outcome = stores.cloud.assets().replace(None, Some(asset)).await;
        assert!(matches!(outcome, Ok(Written::Done)), "{}: {outcome:?}", asset.key);
        let own = Set::Folder(asset.folder_path.clone());
        assert_eq!(counts(&stores, own.clone()).await, Counts::of(asset), "{}", asset.key);
        let page = stores
            .cloud
            .sets()
            .list_members(&own, &PageOf { order: Order::Name, after: None, limit: 9, sorted: 0 })
            .await;
        assert_eq!(page.unwrap().unwrap().items, std::slice::from_ref(asset));
        // By its parents a folder is reached from the top.
        let mut folder = stores.cloud.folders().find(&asset.folder).await.unwrap().unwrap();
        for _ in 0..40 {
            let Some((parent, _)) = domain::library::folder::parent_and_name(&folder.path) else { break };
            let parent = domain::id::FolderId::of(parent);
            let children = stores.cloud.folders().list(Some(&parent), None, 50).await.unwrap().items;
            assert!(children.contains(&folder), "{}", folder.path);
            folder = stores.cloud.folders().find(&parent).await.unwrap().unwrap();
        }
        assert_eq!(folder.path, "");
    }
    assert_eq!(counts(&stores, Set::library()).await.asset_count, 5);
}

#[tokio::test]
async fn folders_of_one_parent_are_listed_by_name_in_pages_and_emptied_ones_not_at_all() {
    let stores = Stores::open().await;
    let assets =
        ["Press/10", "Press/9", "Press/Autumn/deep", "Product"].map(|path| samples::asset(path, "a.jpg"));
    stores.add(&assets).await;
    let children = async || {
        let (mut paths, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let press = domain::id::FolderId::of("Press");
            let page = stores.cloud.folders().list(Some(&press), after.as_ref(), 2).await.unwrap();
            paths.extend(page.items.into_iter().map(|folder| folder.path));
            (after, pages) = (page.next, pages + 1);
            if after.is_none() {
                return (paths, pages);
            }
        }
    };
    let named = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    assert_eq!(children().await, (named(&["Press/9", "Press/10", "Press/Autumn"]), 2));
    stores.cloud.assets().replace(Some(&assets[2]), None).await.unwrap();
    assert_eq!(children().await, (named(&["Press/9", "Press/10"]), 2));
}
