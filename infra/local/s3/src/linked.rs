//! A local folder shown under a prefix of a bucket: files are read in place, and never changed, locked or copied. Files
//! that begin with a dot, special files, and targets of symlinks outside the folder are not shown.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::vec;

use crate::error::Error;
use crate::rows::{Headers, Info, Listed};

/// Linux's error number for a symlink that leads to itself; its `ErrorKind` is not stable yet.
const ELOOP: i32 = 40;

/// A folder to show, and where to show it.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The bucket's name.
    pub bucket: String,
    /// The beginning of the keys, which ends in `/`; the rest of a key is the path below `root`.
    pub prefix: String,
    /// The folder's path.
    pub root: PathBuf,
}

pub(crate) struct LinkedFolder {
    bucket: String,
    prefix: String,
    root: PathBuf,
}

impl LinkedFolder {
    pub(crate) fn open(linked: Linked) -> Result<Self, Error> {
        let mut prefix = linked.prefix;
        if !prefix.ends_with('/') {
            prefix.push('/');
        }
        let root = fs::canonicalize(&linked.root)?;
        fs::read_dir(&root)?;
        Ok(Self { bucket: linked.bucket, prefix, root })
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn covers(&self, bucket: &str, key: &str) -> bool {
        bucket == self.bucket && key.starts_with(&self.prefix)
    }

    pub(crate) fn covers_some_of(&self, bucket: &str, prefix: &str) -> bool {
        bucket == self.bucket && (self.prefix.starts_with(prefix) || prefix.starts_with(&self.prefix))
    }

    /// Opens the file of a key.
    pub(crate) fn find(&self, key: &str) -> io::Result<Option<(Info, File)>> {
        let Some(rest) = key.strip_prefix(&self.prefix) else { return Ok(None) };
        if rest.split('/').any(|name| name.is_empty() || name.starts_with('.') || name.contains('\0')) {
            return Ok(None);
        }
        let Some(path) = self.resolve(&self.root.join(rest))? else { return Ok(None) };
        // Checked before it is opened, since opening a named pipe would wait for its other end.
        if !fs::metadata(&path)?.is_file() {
            return Ok(None);
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let info = Info {
            size: metadata.len(),
            etag: etag(&metadata),
            modified: modified(&metadata),
            checksum: None,
            headers: Headers::default(),
        };
        Ok(metadata.is_file().then_some((info, file)))
    }

    /// The path without symlinks; `None` if it is not inside the folder or is hidden.
    fn resolve(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::InvalidFilename => Ok(None),
                    _ if error.raw_os_error() == Some(ELOOP) => Ok(None),
                    _ => Err(error),
                };
            }
        };
        let shown = real.strip_prefix(&self.root).is_ok_and(|below| {
            below.components().all(|part| match part {
                Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
                _ => false,
            })
        });
        Ok(shown.then_some(real))
    }

    /// Walks the files whose keys start with `prefix`, in the order of the keys' bytes. A root that can't be read (such
    /// as a drive that was taken out) is an error, since its files were not deleted.
    pub(crate) fn walk<'a>(&'a self, prefix: &'a str) -> io::Result<Walk<'a>> {
        let entries = read_entries(&self.root, &self.prefix)?;
        let root = Frame { real: self.root.clone(), entries: entries.into_iter() };
        Ok(Walk { folder: self, prefix, stack: vec![root] })
    }
}

/// A walk through the folder. It holds the names of one directory for each level in memory.
pub(crate) struct Walk<'a> {
    folder: &'a LinkedFolder,
    prefix: &'a str,
    stack: Vec<Frame>,
}

struct Frame {
    real: PathBuf,
    entries: vec::IntoIter<Entry>,
}

/// A file or directory. A directory's key ends in `/`, so that sorted keys are in S3's order.
struct Entry {
    key: String,
    path: PathBuf,
}

impl Walk<'_> {
    /// The next file whose key is `from` or greater. Files before it are skipped and never given later.
    pub(crate) fn next_from(&mut self, from: &str) -> Option<Listed> {
        loop {
            let frame = self.stack.last_mut()?;
            let Some(entry) = frame.entries.next() else {
                self.stack.pop();
                continue;
            };
            if entry.key.ends_with('/') {
                if self.may_contain(&entry.key, from) {
                    self.enter(entry);
                }
            } else if *entry.key >= *from
                && entry.key.starts_with(self.prefix)
                && let Some(listed) = self.list_file(entry)
            {
                return Some(listed);
            }
        }
    }

    fn may_contain(&self, directory: &str, from: &str) -> bool {
        (directory >= from || from.starts_with(directory))
            && (directory.starts_with(self.prefix) || self.prefix.starts_with(directory))
    }

    fn enter(&mut self, entry: Entry) {
        let real = match self.folder.resolve(&entry.path) {
            Ok(Some(real)) => real,
            Ok(None) => return,
            Err(error) => return warn(&entry.path, &error),
        };
        // A symlink to one of the folders above it would be walked forever.
        if self.stack.iter().any(|frame| frame.real.starts_with(&real)) {
            return;
        }
        match read_entries(&real, &entry.key) {
            Ok(entries) => self.stack.push(Frame { real, entries: entries.into_iter() }),
            Err(error) => warn(&entry.path, &error),
        }
    }

    fn list_file(&self, entry: Entry) -> Option<Listed> {
        let metadata =
            match self.folder.resolve(&entry.path).and_then(|real| real.map(fs::metadata).transpose()) {
                Ok(metadata) => metadata?,
                Err(error) => {
                    warn(&entry.path, &error);
                    return None;
                }
            };
        metadata.is_file().then(|| Listed {
            key: entry.key,
            size: metadata.len(),
            etag: etag(&metadata),
            modified: modified(&metadata),
        })
    }
}

fn read_entries(directory: &Path, key: &str) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        let Ok(name) = entry.file_name().into_string() else {
            tracing::warn!(path = %path.display(), "not shown: its name is not UTF-8");
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let is_directory = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        let mut key = format!("{key}{name}");
        if key.len() > 1024 {
            tracing::warn!(path = %path.display(), "not shown: S3 keys have at most 1024 bytes");
            continue;
        }
        if is_directory {
            key.push('/');
        }
        entries.push(Entry { key, path });
    }
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(entries)
}

fn warn(path: &Path, error: &io::Error) {
    tracing::warn!(path = %path.display(), %error, "not shown: it can't be read");
}

/// An ETag that changes when the file is written or replaced.
fn etag(metadata: &Metadata) -> String {
    let nanos = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    format!("{:x}-{nanos:x}-{:x}", metadata.len(), metadata.ino())
}

fn modified(metadata: &Metadata) -> i64 {
    metadata.mtime() * 1000 + metadata.mtime_nsec() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    fn keys(folder: &LinkedFolder, prefix: &str, from: &str) -> Vec<String> {
        let mut walk = folder.walk(prefix).unwrap();
        std::iter::from_fn(|| walk.next_from(from).map(|listed| listed.key)).collect()
    }

    #[test]
    fn only_files_inside_the_folder_are_shown() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::create_dir_all(root.join(".hidden")).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        for name in ["a/b", "a.b", "a-b", "ü 日本", ".dot", ".hidden/x"] {
            fs::write(root.join(name), name).unwrap();
        }
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink(".dot", root.join("to-dot")).unwrap();
        symlink("..", root.join("a/loop")).unwrap();
        symlink("a/b", root.join("in")).unwrap();
        symlink("self", root.join("self")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        let linked = Linked { bucket: "b".into(), prefix: "l/".into(), root };
        let folder = LinkedFolder::open(linked).unwrap();

        // `-` and `.` sort before `/`, as in S3.
        assert_eq!(keys(&folder, "", ""), ["l/a-b", "l/a.b", "l/a/b", "l/in", "l/ü 日本"]);
        assert_eq!(keys(&folder, "l/a/", ""), ["l/a/b"]);
        assert_eq!(keys(&folder, "", "l/a.b"), ["l/a.b", "l/a/b", "l/in", "l/ü 日本"]);
        assert_eq!(keys(&folder, "", "l/a/c"), ["l/in", "l/ü 日本"]);
        for hidden in [
            "l/out",
            "l/up/secret",
            "l/../secret",
            "l/a/../a-b",
            "l/a//b",
            "l//a-b",
            "l/a",
            "l/",
            "l/.dot",
            "l/to-dot",
            "l/.hidden/x",
            "l/socket",
            "l/none",
            "l/self",
            "l/a-b/x",
            "l/a\0b",
        ] {
            assert!(folder.find(hidden).unwrap().is_none(), "{hidden}");
        }
        assert_eq!(folder.find("l/in").unwrap().unwrap().0.size, 3);
        drop(socket);
    }
}
