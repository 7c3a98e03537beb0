//! Scans a folder for files.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};

/// The longest key in S3, in bytes.
const KEY_LIMIT: usize = 1024;

/// A file that was changed in the last second may still be incomplete.
const SETTLES_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// A file at the time of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// In bytes.
    pub size: u64,
    /// The same as in the S3 store for a linked file: it changes when the file is written or replaced.
    pub etag: String,
}

/// The result of a scan.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The files, by their path below the folder, with `/` between names.
    pub files: BTreeMap<String, File>,
    /// Paths that this scan could not read (a folder's ends in a slash). Files below them do not count as removed.
    pub unread: Vec<String>,
    /// Whether a file was skipped because it may still be incomplete.
    pub unsettled: bool,
}

/// Scans one folder repeatedly, and logs a warning once for each path that it skips.
pub(super) struct Scanner {
    root: PathBuf,
    data: PathBuf,
    device: Option<u64>,
    warned: HashSet<PathBuf>,
}

impl Scanner {
    /// `root` is canonical; the folder `data` is skipped, unless `root` is inside it.
    pub(super) fn new(root: PathBuf, data: PathBuf) -> Self {
        let device = fs::metadata(&root).ok().map(|m| m.dev());
        Self { root, data, device, warned: HashSet::new() }
    }

    /// Scans the folder.
    ///
    /// # Errors
    /// If the folder itself can't be read; its files then do not count as removed.
    pub(super) fn scan(&mut self, now: Timestamp) -> io::Result<Scan> {
        let root = self.root.clone();
        // If a drive is unmounted, its place is an empty folder of another device.
        if Some(fs::metadata(&root)?.dev()) != self.device {
            return Err(io::Error::other("its drive is not mounted"));
        }
        let mut scan = Scan::default();
        fs::read_dir(&root)?;
        self.scan_folder(&root, "", &mut vec![root.clone()], now, &mut scan);
        Ok(scan)
    }

    /// `above` has the real paths of the folders above, so that symlinks in a circle are found.
    fn scan_folder(
        &mut self,
        path: &Path,
        name: &str,
        above: &mut Vec<PathBuf>,
        now: Timestamp,
        scan: &mut Scan,
    ) {
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.add_unread(path, name.to_owned(), &error, scan),
        };
        for entry in entries {
            let path = entry.path();
            let Ok(own) = entry.file_name().into_string() else {
                self.skip(&path, "its name is not UTF-8");
                continue;
            };
            if own.starts_with('.') || path == self.data {
                continue;
            }
            let name = format!("{name}{own}");
            if super::PREFIX.len() + name.len() > KEY_LIMIT {
                self.skip(&path, "its path is too long for a key");
                continue;
            }
            if let Err(error) = self.scan_entry(&entry, &path, &name, above, now, scan) {
                match error.kind() {
                    // Deleted since the folder was read.
                    io::ErrorKind::NotFound => {}
                    _ => self.add_unread(&path, name, &error, scan),
                }
            }
        }
    }

    fn scan_entry(
        &mut self,
        entry: &fs::DirEntry,
        path: &Path,
        name: &str,
        above: &mut Vec<PathBuf>,
        now: Timestamp,
        scan: &mut Scan,
    ) -> io::Result<()> {
        let mut real = path.to_owned();
        if entry.file_type()?.is_symlink() {
            let Ok(target) = fs::canonicalize(path) else {
                self.skip(path, "it is a link to a file that does not exist");
                return Ok(());
            };
            let shown = target.strip_prefix(&self.root).is_ok_and(|below| {
                below.components().all(|part| match part {
                    Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
                    _ => false,
                })
            });
            if !shown {
                self.skip(path, "it is a link to something outside the folder, or hidden");
                return Ok(());
            }
            real = target;
        }
        let found = fs::metadata(&real)?;
        if found.is_dir() {
            let real = fs::canonicalize(&real)?;
            if above.iter().any(|folder| folder.starts_with(&real)) {
                self.skip(path, "it is a link to a folder that contains it");
                return Ok(());
            }
            above.push(real);
            self.scan_folder(path, &format!("{name}/"), above, now, scan);
            above.pop();
        } else if found.is_file() {
            let age = now.as_nanosecond() - modified(&found);
            if age.abs() < SETTLES_AFTER.as_nanos() {
                scan.unsettled = true;
                // Until it is complete, the library keeps its older version.
                scan.unread.push(name.to_owned());
            } else {
                scan.files.insert(name.to_owned(), File { size: found.len(), etag: etag(&found) });
            }
        }
        Ok(())
    }

    fn add_unread(&mut self, path: &Path, name: String, error: &io::Error, scan: &mut Scan) {
        self.skip(path, &format!("it can't be read: {error}"));
        scan.unread.push(name);
    }

    fn skip(&mut self, path: &Path, why: &str) {
        if self.warned.insert(path.to_owned()) {
            tracing::warn!("{} is not in the library: {why}", path.display());
        }
    }
}

fn modified(found: &fs::Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

/// The same as in crate local-s3, so that an event has the object's ETag.
fn etag(found: &fs::Metadata) -> String {
    format!("{:x}-{:x}-{:x}", found.len(), modified(found), found.ino())
}
