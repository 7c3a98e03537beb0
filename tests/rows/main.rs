//! The rows of the library on an empty table: groups of changes, figures, ranges, lists, and what a file that went
//! leaves.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod groups;
mod lists;
mod ranges;
mod schema;
mod tombstones;

use aws::rows::assets::{Change, Stored};
use domain::asset::Asset;
use stage::Stores;

/// The change that adds an asset.
fn added(asset: &Asset) -> Change {
    Change { was: None, now: Some(asset.clone()) }
}

/// The change of an asset that was read.
fn changed(was: &Asset, now: Option<Asset>) -> Change {
    Change { was: Some(Stored::Here(was.clone())), now }
}

/// The asset as its next revision.
fn next(asset: &Asset, change: impl FnOnce(&mut Asset)) -> Asset {
    let mut next = Asset { revision: asset.revision + 1, ..asset.clone() };
    change(&mut next);
    next
}

/// The paths of all folders that are shown.
async fn folders(stores: &Stores) -> Vec<String> {
    let (mut paths, mut after) = (Vec::new(), None);
    loop {
        let page = stores.cloud.folders().list(None, after.as_ref(), 7).await.unwrap();
        paths.extend(page.items.into_iter().map(|folder| folder.path));
        after = page.next;
        if after.is_none() {
            return paths;
        }
    }
}
