//! Blobs: files with generated names in one folder, which never change. A file without a committed row was left by a
//! crash, and the next start removes it.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crc32fast::Hasher;

use crate::crc;

/// The running CRC of a blob is kept each time this many bytes are written, so that the CRC of any range is computed by
/// reading at most twice as many.
const CHECKPOINT: u64 = 1 << 20;

/// How many files are synced at once.
const SYNCS: usize = 16;

/// The folder of blobs.
pub(crate) struct BlobFolder {
    path: PathBuf,
    next: AtomicU64,
}

impl BlobFolder {
    /// Opens the folder and removes every file in it whose id is not among `live`.
    pub(crate) fn open(path: PathBuf, live: &HashSet<u64>) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        let mut found = 0;
        let mut removed = 0;
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let id = entry.file_name().to_str().and_then(|name| u64::from_str_radix(name, 16).ok());
            if id.is_some_and(|id| live.contains(&id)) {
                found += 1;
            } else {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        if removed > 0 {
            tracing::info!(removed, "removed files that a crash left");
        }
        if found < live.len() {
            tracing::error!(
                missing = live.len() - found,
                "files of stored objects are missing in {}: these objects can't be read",
                path.display()
            );
        }
        let next = live.iter().max().map_or(1, |id| id + 1);
        Ok(Self { path, next: AtomicU64::new(next) })
    }

    fn path_of(&self, id: u64) -> PathBuf {
        self.path.join(format!("{id:016x}"))
    }

    pub(crate) fn read(&self, id: u64) -> io::Result<File> {
        File::open(self.path_of(id))
    }

    pub(crate) fn create(&self) -> io::Result<BlobWriter> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.path_of(id);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(BlobWriter::new(id, path, file))
    }

    /// Writes the bytes of these blobs and the names of their files through to the disk. A blob that was removed
    /// since is left out.
    pub(crate) fn sync(&self, ids: &[u64]) -> io::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        // The disk writes several files at once in the time of one.
        let share = ids.len().div_ceil(SYNCS);
        std::thread::scope(|scope| {
            let threads: Vec<_> = ids
                .chunks(share)
                .map(|ids| scope.spawn(move || ids.iter().try_for_each(|id| self.sync_one(*id))))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a thread that syncs files has panicked")))
            })
        })?;
        File::open(&self.path)?.sync_all()
    }

    fn sync_one(&self, id: u64) -> io::Result<()> {
        match self.read(id) {
            Ok(file) => file.sync_all(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a blob's file has the bytes that its row describes. Reads all of them.
    pub(crate) fn is_whole(&self, id: u64, size: u64, crcs: &[u8]) -> io::Result<bool> {
        let mut file = match self.read(id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() != size {
            return Ok(false);
        }
        let mut hasher = Hasher::new();
        let mut bytes = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut bytes)?;
            if read == 0 {
                break;
            }
            hasher.update(&bytes[..read]);
        }
        Ok(crcs.ends_with(&hasher.finalize().to_le_bytes()))
    }

    /// Removes a blob that has no row any more. A failure only wastes space, since the next start tries again.
    pub(crate) fn remove(&self, id: u64) {
        if let Err(error) = fs::remove_file(self.path_of(id)) {
            tracing::warn!(%error, blob = id, "could not remove a file that is no longer needed");
        }
    }
}

/// A blob being written. It removes its file if it is dropped before [`BlobWriter::keep`].
pub(crate) struct BlobWriter {
    pub(crate) id: u64,
    pub(crate) size: u64,
    path: PathBuf,
    file: File,
    running: Hasher,
    checkpoints: Vec<u8>,
    /// Whether the disk has the bytes and the file's name.
    pub(crate) synced: bool,
    kept: bool,
}

impl BlobWriter {
    fn new(id: u64, path: PathBuf, file: File) -> Self {
        Self {
            id,
            size: 0,
            path,
            file,
            running: Hasher::new(),
            checkpoints: Vec::new(),
            synced: false,
            kept: false,
        }
    }

    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        while !bytes.is_empty() {
            let room = CHECKPOINT - self.size % CHECKPOINT;
            let now = usize::try_from(room).map_or(bytes.len(), |room| room.min(bytes.len()));
            let (head, tail) = bytes.split_at(now);
            self.running.update(head);
            self.size += head.len() as u64;
            if self.size.is_multiple_of(CHECKPOINT) {
                self.checkpoints.extend(self.crc32().to_le_bytes());
            }
            bytes = tail;
        }
        Ok(())
    }

    pub(crate) fn crc32(&self) -> u32 {
        self.running.clone().finalize()
    }

    /// The running CRC at each checkpoint, then the CRC of the whole blob: four bytes each, little endian.
    pub(crate) fn crcs(&self) -> Vec<u8> {
        let mut crcs = self.checkpoints.clone();
        crcs.extend(self.crc32().to_le_bytes());
        crcs
    }

    /// Writes the bytes and the file's name through to the disk. Call it before the row of an object is committed.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        self.synced = true;
        Ok(())
    }

    /// Keeps the file, because the blob's row is committed.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "could not remove an unfinished file");
        }
    }
}

/// The CRC of a range of a stored blob, from its file and the [`BlobWriter::crcs`] in its row.
pub(crate) fn crc_of_range(file: &File, crcs: &[u8], size: u64, offset: u64, len: u64) -> io::Result<u32> {
    let before = crc_up_to(file, crcs, size, offset)?;
    let whole = crc_up_to(file, crcs, size, offset + len)?;
    Ok(crc::remove_start(before, whole, len))
}

fn crc_up_to(file: &File, crcs: &[u8], size: u64, end: u64) -> io::Result<u32> {
    let (kept, _) = crcs.as_chunks::<4>();
    let at = |index: usize| {
        kept.get(index)
            .map(|crc| u32::from_le_bytes(*crc))
            .ok_or_else(|| io::Error::other("a blob's checksums are incomplete"))
    };
    if end == size {
        return at(kept.len().wrapping_sub(1));
    }
    let passed = end / CHECKPOINT;
    let known = match usize::try_from(passed).map_err(io::Error::other)? {
        0 => 0,
        passed => at(passed - 1)?,
    };
    let rest = usize::try_from(end % CHECKPOINT).map_err(io::Error::other)?;
    let mut bytes = vec![0; rest];
    file.read_exact_at(&mut bytes, passed * CHECKPOINT)?;
    let mut hasher = Hasher::new_with_initial(known);
    hasher.update(&bytes);
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, BlobFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = BlobFolder::open(dir.path().join("blobs"), &HashSet::new()).unwrap();
        (dir, folder)
    }

    #[test]
    fn the_crc_of_any_range_is_right() {
        let (_dir, folder) = folder();
        let mib = 1usize << 20;
        for size in [1, mib - 1, mib, mib + 1, 3 * mib, 3 * mib + 4321] {
            let bytes: Vec<u8> = (0..size).map(|n| (n * 31 / 7 % 251) as u8).collect();
            let mut blob = folder.create().unwrap();
            for piece in bytes.chunks(77_777) {
                blob.write(piece).unwrap();
            }
            assert_eq!(blob.crc32(), crc32fast::hash(&bytes));
            let (crcs, file) = (blob.crcs(), folder.read(blob.id).unwrap());
            for (from, to) in [
                (0, size),
                (0, size / 2),
                (size / 3, size),
                (size / 3, size / 2),
                (size - 1, size),
                (mib.min(size), (2 * mib).min(size)),
            ] {
                assert_eq!(
                    crc_of_range(&file, &crcs, size as u64, from as u64, (to - from) as u64).unwrap(),
                    crc32fast::hash(&bytes[from..to]),
                    "{from}..{to} of {size}"
                );
            }
        }
    }

    #[test]
    fn an_unfinished_blob_leaves_no_file_even_when_the_disk_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("blob");
        File::create(&path).unwrap();
        // Every write to this device fails with the kernel's ENOSPC.
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut blob = BlobWriter::new(1, path.clone(), full);
        let refused = blob.write(b"bytes").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        drop(blob);
        assert!(!path.exists());
    }

    #[test]
    fn opening_removes_files_without_a_row() {
        let (dir, folder) = folder();
        let mut kept = folder.create().unwrap();
        kept.write(b"kept").unwrap();
        let id = kept.id;
        kept.keep();
        let mut lost = folder.create().unwrap();
        lost.write(b"lost").unwrap();
        lost.keep();
        let path = dir.path().join("blobs");
        fs::write(path.join("stray"), b"?").unwrap();
        let again = BlobFolder::open(path.clone(), &HashSet::from([id])).unwrap();
        let names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, [format!("{id:016x}")]);
        assert!(again.create().unwrap().id > id);
    }
}
