//! A folder of this machine as the library. Its files are compared with those that were last reported, and each difference
//! becomes the event that S3 would send. The folder is never written.

mod listing;
mod scan;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use notify::{
    EventKind, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::mpsc;

use crate::{
    object_event::{ObjectChange, object_event},
    queue::{Outgoing, QueueError, Queues},
};
use listing::{Listing, ListingError};
use scan::{Scan, Scanner};

/// The prefix of the library's files in the bucket.
pub const PREFIX: &str = "library/";

/// The least time between two scans of the folder, so that changes in quick succession are reported together.
const QUIET: Duration = Duration::from_millis(300);

/// The time until the next scan if a file is still being written.
const UNSETTLED: Duration = Duration::from_secs(1);

/// The time until the next scan if no change was reported, since network drives report none.
const PERIOD: Duration = Duration::from_secs(60);

/// The same if the system can't watch the folder.
const PERIOD_UNWATCHED: Duration = Duration::from_secs(5);

/// Why a folder can't be the library.
#[derive(Debug, thiserror::Error)]
pub enum BadFolder {
    /// There is nothing at the path.
    #[error("{0} does not exist. Name a folder of pictures and other files.")]
    Missing(String),
    /// There is something else at the path.
    #[error("{0} is not a folder. Name the folder that holds your files.")]
    NotAFolder(String),
    /// Its content can't be listed.
    #[error("{0} can't be read: {1}. Check its permissions, or name another folder.")]
    Unreadable(String, io::Error),
    /// It has no file that could be shown.
    #[error("{0} is empty. Put files into it, or name another folder.")]
    Empty(String),
}

/// Why a scan failed. The next scan tries again.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("the folder can't be read: {0}")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the list of reported files can't be read or written: {0}")]
    Listing(#[from] ListingError),
    #[error("shutting down")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Checks that a folder is readable and has at least one file, not counting the data folder, and gives its absolute path.
///
/// # Errors
/// If the path is not such a folder.
pub fn check(path: &Path, data: &Path) -> Result<PathBuf, BadFolder> {
    let shown = path.display().to_string();
    let root = match fs::canonicalize(path) {
        Ok(root) => root,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(BadFolder::Missing(shown)),
        Err(e) => return Err(BadFolder::Unreadable(shown, e)),
    };
    if !root.is_dir() {
        return Err(BadFolder::NotAFolder(shown));
    }
    let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let found = Scanner::new(root.clone(), data).scan(Timestamp::MAX);
    match found {
        Ok(scan) if scan.files.is_empty() => Err(BadFolder::Empty(shown)),
        Ok(_) => Ok(root),
        Err(e) => Err(BadFolder::Unreadable(shown, e)),
    }
}

/// A folder that is followed.
pub struct Library {
    root: PathBuf,
    data: PathBuf,
    listing: PathBuf,
    bucket: String,
    queue: &'static str,
}

impl Library {
    /// The folder `root` (from [`check`]), whose files have the keys `library/…` in `bucket`, and whose events go to
    /// `queue`. The data folder keeps the list of reported files.
    pub fn new(root: PathBuf, data: &Path, bucket: &str, queue: &'static str) -> Self {
        let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
        Self { root, listing: data.join("library.sqlite"), data, bucket: bucket.to_owned(), queue }
    }

    /// Follows the folder until `stop` resolves.
    pub async fn follow(self, queues: Queues, stop: impl Future<Output = ()>) {
        let (changed, mut changes) = mpsc::channel(1);
        tokio::pin!(stop);
        let watcher = tokio::select! {
            () = &mut stop => return,
            watcher = self.watch(changed) => watcher,
        };
        let period = if watcher.is_some() { PERIOD } else { PERIOD_UNWATCHED };
        let mut scanner = Some(Scanner::new(self.root.clone(), self.data.clone()));
        loop {
            let start = Instant::now();
            let unsettled = match self.send_changes(&mut scanner, &queues).await {
                Ok(unsettled) => unsettled,
                Err(FollowError::Stopped(_)) => return,
                Err(error) => {
                    tracing::error!(folder = %self.root.display(), %error, "can't read the library's changes; trying again");
                    false
                }
            };
            // A folder whose scan takes long is scanned less often.
            let rest = QUIET.max(start.elapsed() * 5);
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(if unsettled { UNSETTLED.max(rest) } else { period }) => {}
                Some(()) = changes.recv() => {
                    tokio::select! {
                        () = &mut stop => return,
                        () = tokio::time::sleep(rest) => {}
                    }
                    _ = changes.try_recv();
                }
            }
        }
    }

    /// Scans the folder and sends an event for each difference. True if a file is still being written.
    async fn send_changes(
        &self,
        scanner: &mut Option<Scanner>,
        queues: &Queues,
    ) -> Result<bool, FollowError> {
        let now = aws::clock::now();
        let mut own = scanner.take().unwrap_or_else(|| Scanner::new(self.root.clone(), self.data.clone()));
        let path = self.listing.clone();
        let (own, found) = tokio::task::spawn_blocking(move || {
            let found = (|| {
                let scan = own.scan(now)?;
                let listing = Listing::open(&path)?;
                let differences = listing.differences(&scan)?;
                Ok::<_, FollowError>((scan, differences))
            })();
            (own, found)
        })
        .await?;
        *scanner = Some(own);
        let (scan, differences) = found?;
        if !differences.is_empty() {
            self.send(queues, &scan, &differences, now).await?;
            // Sent first and remembered afterwards: a crash in between repeats events, and loses none.
            let path = self.listing.clone();
            let (created, removed) = (differences.created.len(), differences.removed.len());
            let unsettled = scan.unsettled;
            tokio::task::spawn_blocking(move || Listing::open(&path)?.remember(&scan, &differences))
                .await??;
            tracing::info!(created, removed, "files of the library changed");
            return Ok(unsettled);
        }
        Ok(scan.unsettled)
    }

    async fn send(
        &self,
        queues: &Queues,
        scan: &Scan,
        differences: &listing::Differences,
        now: Timestamp,
    ) -> Result<(), QueueError> {
        // All events of a scan have the same number, since two events of one key come from different scans.
        let sequencer = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        let event = |name: &String, change: ObjectChange<'_>| Outgoing {
            body: object_event(&self.bucket, &format!("{PREFIX}{name}"), change, sequencer, now).to_string(),
            ..Outgoing::default()
        };
        let removed = differences.removed.iter().map(|name| event(name, ObjectChange::Removed));
        let created = differences.created.iter().filter_map(|name| {
            let file = scan.files.get(name)?;
            Some(event(name, ObjectChange::Created { size: file.size, etag: &file.etag }))
        });
        queues.send(self.queue, removed.chain(created).collect(), now).await?;
        Ok(())
    }

    /// Makes the system report changes. `None`, with a warning, if it can't.
    async fn watch(&self, changed: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
        let (root, data) = (self.root.clone(), self.data.clone());
        let (watched, hidden_root) = (self.root.clone(), self.root.clone());
        let report = move |event: notify::Result<notify::Event>| {
            let matters = match &event {
                // Reading a file, as we do, is no change.
                Ok(event) => {
                    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
                    let read = event.kind.is_access() && event.kind != written;
                    !read
                        && (event.paths.is_empty()
                            || event.paths.iter().any(|p| is_shown(p, &hidden_root, &data)))
                }
                Err(_) => true,
            };
            if matters {
                // If the channel is full, a scan is due anyway.
                _ = changed.try_send(());
            }
        };
        let watching = tokio::task::spawn_blocking(move || {
            let mut watcher = notify::recommended_watcher(report)?;
            watcher.watch(&watched, RecursiveMode::Recursive)?;
            Ok::<_, notify::Error>(watcher)
        });
        match watching.await {
            Ok(Ok(watcher)) => Some(watcher),
            Ok(Err(error)) => {
                tracing::warn!(folder = %root.display(), %error, "the system can't watch this folder; scanning it every few seconds");
                None
            }
            Err(_) => None,
        }
    }
}

/// Whether a path may be shown in the library: it is not hidden and not in the data folder.
fn is_shown(path: &Path, root: &Path, data: &Path) -> bool {
    let Ok(inner) = path.strip_prefix(root) else { return true };
    let hidden = inner.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    !hidden && (root.starts_with(data) || !path.starts_with(data))
}

#[cfg(test)]
mod tests;
