//! Writes changes of assets in groups: one transaction writes up to a hundred rows, those of the assets and of the
//! folders whose figures they change. So a folder's row is written once for all assets of a group.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::asset::Asset;
use domain::library::counts::Counts;
use domain::library::folder::trees_with;
use domain::library::words::{Word, WordChange};

use crate::Error;
use crate::clock::now;
use crate::rows::assets::{Assets, Change, Written};
use crate::rows::folders::FolderChange;

/// The most rows of one transaction
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>).
const MOST_ROWS: usize = 100;
const DOING: &str = "write assets";

impl Assets<'_> {
    /// Writes changes of assets, each asset once, and returns for each what became of it. A change whose asset another
    /// writer has changed since is left out; the others are written without it.
    ///
    /// Before, postings of the assets' words are put into the word index; and if words are lost, a message is sent that
    /// deletes their postings later.
    pub async fn commit(self, changes: Vec<Change>) -> Vec<Result<Written, Error>> {
        match self.index_words(&changes).await {
            Ok(()) => self.write_rows(changes).await,
            Err(error) => changes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// Writes the rows of changes whose words are in the word index already: the second half of [`Assets::commit`].
    pub async fn write_rows(self, changes: Vec<Change>) -> Vec<Result<Written, Error>> {
        let mut outcomes: Vec<Result<Written, Error>> = Vec::with_capacity(changes.len());
        let mut rows = BTreeMap::new();
        for (at, change) in changes.iter().enumerate() {
            let write = self.row_write(change).map(|row| rows.insert(at, row));
            outcomes.push(write.and(Err(Error::broken(DOING, "a change was in no group"))));
        }
        for group in groups(&changes, rows.keys().copied()) {
            self.commit_group(&changes, &rows, group, &mut outcomes).await;
        }
        outcomes
    }

    async fn index_words(self, changes: &[Change]) -> Result<(), Error> {
        let mut put = Vec::new();
        for change in changes {
            let WordChange { put: words, tidy } = WordChange::between(change.here(), change.now.as_ref());
            if let (Some(id), false) = (change.id(), tidy.is_empty()) {
                self.0.queues().send_tidy(id, tidy).await?;
            }
            put.extend(change.now.as_ref().map(|now| (now, words)));
        }
        let put: Vec<(&Asset, &[Word])> =
            put.iter().map(|(asset, words)| (*asset, words.as_slice())).collect();
        self.0.words().put(&put, now()).await
    }

    /// Writes a group of changes, by their places in `changes`. Each round leaves out at least one, so it ends.
    async fn commit_group(
        self,
        changes: &[Change],
        rows: &BTreeMap<usize, TransactWriteItem>,
        mut group: Vec<usize>,
        outcomes: &mut [Result<Written, Error>],
    ) {
        while !group.is_empty() {
            // The rows of the assets come first.
            let mut writes: Vec<_> = group.iter().filter_map(|at| rows.get(at).cloned()).collect();
            let folders = folder_changes(group.iter().filter_map(|at| changes.get(*at)));
            let folders = folders.into_iter().map(|(path, change)| self.0.folders().change(path, &change));
            let written = match folders.collect::<Result<Vec<_>, _>>() {
                Ok(folders) => {
                    writes.extend(folders);
                    self.0.rows().write_together(DOING, writes).await
                }
                Err(error) => Err(error),
            };
            let refused: Vec<bool> = match written {
                Ok(Ok(())) => return set(outcomes, &group, &Ok(Written::Done)),
                Err(error) => return set(outcomes, &group, &Err(error)),
                Ok(Err(refused)) => refused,
            };
            let is_refused = |place: usize| refused.get(place).copied().unwrap_or_default();
            let (outdated, rest): (Vec<_>, Vec<_>) =
                group.iter().copied().enumerate().partition(|(place, _)| is_refused(*place));
            if outdated.is_empty() {
                return set(outcomes, &group, &Err(Error::broken(DOING, "a condition of a folder failed")));
            }
            let places = |some: Vec<(usize, usize)>| some.into_iter().map(|(_, at)| at).collect::<Vec<_>>();
            set(outcomes, &places(outdated), &Ok(Written::Outdated));
            group = places(rest);
        }
    }
}

fn set(outcomes: &mut [Result<Written, Error>], places: &[usize], outcome: &Result<Written, Error>) {
    for place in places {
        if let Some(place) = outcomes.get_mut(*place) {
            place.clone_from(outcome);
        }
    }
}

/// How the figures of each folder change. A folder that is new has a change even if it only holds other folders.
fn folder_changes<'a>(changes: impl Iterator<Item = &'a Change>) -> BTreeMap<&'a str, FolderChange> {
    let mut folders = BTreeMap::<&str, FolderChange>::new();
    for change in changes {
        let (was, now) = (change.here(), change.now.as_ref());
        let is_moved = was.map(|was| &was.folder_path) != now.map(|now| &now.folder_path);
        if !is_moved && was.map(Counts::of) == now.map(Counts::of) {
            continue;
        }
        let less = was.map(|asset| (asset, Counts::default() - Counts::of(asset)));
        for (asset, by) in less.into_iter().chain(now.map(|asset| (asset, Counts::of(asset)))) {
            folders.entry(&asset.folder_path).or_default().own += by.clone();
            for path in trees_with(&asset.folder_path) {
                folders.entry(path).or_default().tree += by.clone();
            }
        }
    }
    folders
}

/// The folders whose rows have figures of an asset: those whose trees it is in, and its own.
fn folders_of(asset: &Asset) -> impl Iterator<Item = &str> {
    let own = asset.folder_path.as_str();
    trees_with(own).filter(move |path| *path != own).chain(std::iter::once(own))
}

/// The changes in groups that one transaction can write, by their places. Changes of one folder come together, so that
/// the groups have few folders.
fn groups(changes: &[Change], places: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let folder = |at: &usize| {
        changes
            .get(*at)
            .and_then(|change| change.now.as_ref().or(change.here()))
            .map(|asset| &asset.folder_path)
    };
    let mut order: Vec<usize> = places.collect();
    order.sort_by_key(folder);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut folders = BTreeSet::<&str>::new();
    let mut ids = BTreeSet::new();
    for at in order {
        let Some(change) = changes.get(at) else { continue };
        let assets = [change.here(), change.now.as_ref()];
        let more: BTreeSet<&str> = assets.into_iter().flatten().flat_map(folders_of).collect();
        let together = folders.union(&more).count() + ids.len() + 1;
        let is_twin = change.id().is_some_and(|id| ids.contains(id));
        match groups.last_mut() {
            Some(group) if together <= MOST_ROWS && !is_twin => group.push(at),
            _ => {
                groups.push(vec![at]);
                folders.clear();
                ids.clear();
            }
        }
        folders.extend(more);
        ids.extend(change.id());
    }
    groups
}
