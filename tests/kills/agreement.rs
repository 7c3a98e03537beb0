//! Whether rows, figures and objects agree with a library's files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use aws::Cloud;
use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use domain::asset::{Asset, AssetState, LIBRARY, RENDITIONS};
use domain::library::counts::Counts;
use domain::library::folder::{Folder, trees_with};
use domain::object::Bucket;
use domain::set::Set;

/// How long the site may take to work off what it was killed in.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Waits until everything agrees with the files at these paths.
pub async fn wait(cloud: &Cloud, root: &Path, paths: &BTreeMap<u32, String>) {
    let start = Instant::now();
    loop {
        let differences = differences(cloud, root, paths).await;
        if differences.is_empty() {
            return;
        }
        let first: Vec<&String> = differences.iter().take(10).collect();
        assert!(start.elapsed() < PATIENCE, "{} differences, the first: {first:#?}", differences.len());
        tokio::time::sleep(EVERY).await;
    }
}

async fn differences(cloud: &Cloud, root: &Path, paths: &BTreeMap<u32, String>) -> Vec<String> {
    let mut found = Vec::new();
    let assets = assets(cloud).await;
    let wanted: BTreeSet<String> = paths.values().map(|path| format!("{LIBRARY}{path}")).collect();
    let listed: BTreeSet<String> = assets.iter().map(|asset| asset.key.clone()).collect();
    found.extend(wanted.difference(&listed).map(|key| format!("{key} is not listed")));
    found.extend(listed.difference(&wanted).map(|key| format!("{key} is listed and not there")));
    if listed.len() < assets.len() {
        found.push("an asset is listed twice".to_owned());
    }
    for asset in &assets {
        let size = std::fs::metadata(root.join(&asset.key[LIBRARY.len()..])).map_or(0, |file| file.len());
        if asset.size != size || asset.state == AssetState::Processing || asset.gave_up {
            found.push(format!("{}: {} bytes for {size}, {:?}", asset.key, asset.size, asset.state));
        }
    }
    figures(cloud, &assets, &mut found).await;
    renditions(cloud, &assets, &mut found).await;
    found
}

async fn assets(cloud: &Cloud) -> Vec<Asset> {
    let (mut assets, mut after) = (Vec::new(), None);
    loop {
        let sets = cloud.sets();
        let page = sets
            .list_members(
                &Set::library(),
                &PageOf { order: Order::Natural, after: after.as_ref(), limit: 500, sorted: 0 },
            )
            .await;
        let page = page.unwrap().unwrap();
        assets.extend(page.items);
        after = page.next;
        if after.is_none() {
            return assets;
        }
    }
}

async fn figures(cloud: &Cloud, assets: &[Asset], found: &mut Vec<String>) {
    let mut right = BTreeMap::<&str, Folder>::new();
    for asset in assets {
        let entry = |path: &str| Folder { path: path.to_owned(), ..Folder::empty_library() };
        right.entry(&asset.folder_path).or_insert_with(|| entry(&asset.folder_path)).own += Counts::of(asset);
        for path in trees_with(&asset.folder_path) {
            right.entry(path).or_insert_with(|| entry(path)).tree += Counts::of(asset);
        }
    }
    let (mut folders, mut after) = (Vec::new(), None);
    loop {
        let page = cloud.folders().list(None, after.as_ref(), 100).await.unwrap();
        folders.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for folder in &folders {
        let (own, tree) =
            right.remove(folder.path.as_str()).map(|folder| (folder.own, folder.tree)).unwrap_or_default();
        if (&own, &tree) != (&folder.own, &folder.tree) {
            found.push(format!("figures of {:?}: {:?} for {own:?} and {tree:?}", folder.path, folder));
        }
    }
    found.extend(right.keys().map(|path| format!("the folder {path:?} is not listed")));
}

async fn renditions(cloud: &Cloud, assets: &[Asset], found: &mut Vec<String>) {
    let wanted: BTreeSet<String> =
        assets.iter().flat_map(Asset::rendered).map(|(_, file)| file.key.clone()).collect();
    let (mut there, mut after) = (BTreeSet::new(), None::<String>);
    loop {
        let objects = cloud.objects(Bucket::Assets);
        let page = objects.keys_after(RENDITIONS, after.as_deref(), 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        there.extend(page);
    }
    found.extend(wanted.difference(&there).map(|key| format!("{key} is missing")));
    // A call that was killed may have put the pictures of a file that went before any call wrote its row.
    let rows: BTreeSet<&str> = assets.iter().map(|asset| asset.id.as_str()).collect();
    let has_row = |key: &&String| rows.iter().any(|id| key.contains(id));
    let left = there.difference(&wanted).filter(has_row);
    found.extend(left.map(|key| format!("{key} belongs to no rendition of its asset")));
}
