//! Looking through a folder.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};

/// The longest key that S3 takes, in bytes.
const KEY_LIMIT: usize = 1024;

/// A file changed less than this ago may still be being written.
const SETTLES_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// A file as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// In bytes.
    pub size: u64,
    /// As the S3 store gives it for a linked file: it changes when the file is written or replaced.
    pub etag: String,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// By path below the folder, separated by `/`.
    pub files: BTreeMap<String, File>,
    /// Paths that could not be read this time (with a slash at the end for folders): what is below
    /// them is not gone.
    pub unread: Vec<String>,
    /// Files that were left out because they may still be being written.
    pub unsettled: bool,
}

/// Looks through one folder, again and again; tells each thing it skips once.
pub(super) struct Scanner {
    root: PathBuf,
    data: PathBuf,
    device: Option<u64>,
    told: HashSet<PathBuf>,
}

impl Scanner {
    /// `root` is canonical; `data` is left out, unless `root` lies in it.
    pub(super) fn new(root: PathBuf, data: PathBuf) -> Self {
        let device = fs::metadata(&root).ok().map(|m| m.dev());
        Self { root, data, device, told: HashSet::new() }
    }

    /// Err where the folder itself can't be read, so that nothing is taken for gone.
    pub(super) fn scan(&mut self, now: Timestamp) -> io::Result<Scan> {
        let root = self.root.clone();
        // An unmounted drive leaves an empty folder of another device behind.
        if Some(fs::metadata(&root)?.dev()) != self.device {
            return Err(io::Error::other("its drive is not there"));
        }
        let mut scan = Scan::default();
        fs::read_dir(&root)?;
        self.folder(&root, "", &mut vec![root.clone()], now, &mut scan);
        Ok(scan)
    }

    /// `above` are the real paths of the folders on the way, to notice links that lead in circles.
    fn folder(&mut self, path: &Path, name: &str, above: &mut Vec<PathBuf>, now: Timestamp, scan: &mut Scan) {
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.unread(path, name.to_owned(), &error, scan),
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
            if let Err(error) = self.entry(&entry, &path, &name, above, now, scan) {
                match error.kind() {
                    // Gone since the folder was listed.
                    io::ErrorKind::NotFound => {}
                    _ => self.unread(&path, name, &error, scan),
                }
            }
        }
    }

    fn entry(
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
                self.skip(path, "it links to nothing");
                return Ok(());
            };
            let shown = target.strip_prefix(&self.root).is_ok_and(|below| {
                below.components().all(|part| match part {
                    Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
                    _ => false,
                })
            });
            if !shown {
                self.skip(path, "it links out of the folder, or to something hidden");
                return Ok(());
            }
            real = target;
        }
        let found = fs::metadata(&real)?;
        if found.is_dir() {
            let real = fs::canonicalize(&real)?;
            if above.iter().any(|folder| folder.starts_with(&real)) {
                self.skip(path, "it links in a circle");
                return Ok(());
            }
            above.push(real);
            self.folder(path, &format!("{name}/"), above, now, scan);
            above.pop();
        } else if found.is_file() {
            let age = now.as_nanosecond() - modified(&found);
            if age.abs() < SETTLES_AFTER.as_nanos() {
                scan.unsettled = true;
                // As long as it is being written, what was known of it stays.
                scan.unread.push(name.to_owned());
            } else {
                scan.files.insert(name.to_owned(), File { size: found.len(), etag: etag(&found) });
            }
        }
        Ok(())
    }

    fn unread(&mut self, path: &Path, name: String, error: &io::Error, scan: &mut Scan) {
        self.skip(path, &format!("it can't be read: {error}"));
        scan.unread.push(name);
    }

    fn skip(&mut self, path: &Path, why: &str) {
        if self.told.insert(path.to_owned()) {
            tracing::warn!("left out: {}: {why}", path.display());
        }
    }
}

fn modified(found: &fs::Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

/// The same as in crate local-s3, so that an event's tag is the object's.
fn etag(found: &fs::Metadata) -> String {
    format!("{:x}-{:x}-{:x}", found.len(), modified(found), found.ino())
}
