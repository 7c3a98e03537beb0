//! The store: a folder with the blobs and the SQLite file, which one process at a time may open.

use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use s3s::{S3Result, s3_error};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::blob::{self, BlobFolder, BlobWriter};
use crate::error::{Error, is_full};
use crate::event::{self, ObjectEvent};
use crate::holds::Holds;
use crate::linked::{Linked, LinkedFolder};
use crate::reading::Reading;
use crate::rows::{self, Info, Segment};
use crate::{crc, database, uploads};

/// The folder of a store, and what it contains from the start.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The data folder; the store keeps its files in `s3/` inside it.
    pub data: PathBuf,
    /// Buckets to make if they do not exist.
    pub buckets: Vec<String>,
    /// A local folder to show, read-only, under a prefix of a bucket.
    pub linked: Option<Linked>,
    /// The smallest size in bytes of a part that is not the last of its upload: [`SMALLEST_PART`] as on AWS, or less.
    pub smallest_part: u64,
}

/// The smallest size in bytes of a part that is not the last, on AWS.
pub const SMALLEST_PART: u64 = 5 << 20;

/// How many copies of files' bytes run at once; others wait without a thread.
const COPIES_AT_ONCE: usize = 8;

/// The buckets and objects in one data folder.
pub struct Store {
    pub(crate) holds: Arc<Holds>,
    pub(crate) linked: Option<LinkedFolder>,
    pub(crate) smallest_part: u64,
    writer: Mutex<Connection>,
    events: Notify,
    copies: Semaphore,
    /// Locked as long as the store is open.
    _lock: File,
}

impl Store {
    /// Opens the store, makes its buckets, and removes files that a crash left.
    ///
    /// # Errors
    /// If another process uses the folder, a bucket's name is not valid, or a file can't be used.
    pub async fn open(config: StoreConfig) -> Result<Arc<Self>, Error> {
        run_blocking(move || Self::open_blocking(config)).await
    }

    fn open_blocking(config: StoreConfig) -> Result<Arc<Self>, Error> {
        let folder = config.data.join("s3");
        fs::create_dir_all(&folder)?;
        let lock = File::options().create(true).write(true).truncate(false).open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse(folder)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let file = folder.join("store.sqlite");
        let mut writer = database::open(&file)?;
        for bucket in &config.buckets {
            if !s3s::path::check_bucket_name(bucket) {
                return Err(Error::BucketName(bucket.clone()));
            }
            rows::add_bucket(&writer, bucket)?;
        }
        let reader = database::open(&file)?;
        reader.pragma_update(None, "query_only", true)?;
        let blobs = BlobFolder::open(folder.join("blobs"), &database::blobs(&writer)?)?;
        uploads::settle(&mut writer, &blobs)?;
        Ok(Arc::new(Self {
            holds: Arc::new(Holds::new(reader, blobs)),
            linked: config.linked.map(LinkedFolder::open).transpose()?,
            smallest_part: config.smallest_part,
            writer: Mutex::new(writer),
            events: Notify::new(),
            copies: Semaphore::new(COPIES_AT_ONCE),
            _lock: lock,
        }))
    }

    /// Events that are not acknowledged, oldest first. They are kept until [`Store::ack_events`], also over restarts, so
    /// that each is handled at least once.
    ///
    /// # Errors
    /// If the metadata can't be read.
    pub async fn pending_events(self: &Arc<Self>, limit: usize) -> Result<Vec<ObjectEvent>, Error> {
        self.blocking(move |store| store.read(|conn| Ok(event::list_pending(conn, limit)?))).await
    }

    /// Removes handled events, by their ids.
    ///
    /// # Errors
    /// If the metadata can't be written.
    pub async fn ack_events(self: &Arc<Self>, ids: Vec<i64>) -> Result<(), Error> {
        self.blocking(move |store| store.commit(Synchronous::Full, |tx| Ok(event::acknowledge(tx, &ids)?)))
            .await
    }

    /// Waits until there may be events that the last call of [`Store::pending_events`] did not give.
    pub async fn wait_for_events(&self) {
        self.events.notified().await;
    }

    /// Waits until one more copy may run, which it may until the permit is dropped. The semaphore is never closed.
    pub(crate) async fn turn_to_copy(&self) -> Option<SemaphorePermit<'_>> {
        self.copies.acquire().await.ok()
    }

    /// Runs work that waits for the disk or a lock on a blocking thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Store>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(self);
        run_blocking(move || work(&store)).await
    }

    /// Reads rows in one transaction, so that they are consistent.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut reader = self.holds.reader();
        let tx = reader.conn.transaction()?;
        look(&tx)
    }

    /// Changes rows in one transaction, which is on the disk when this returns.
    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let value = self.commit(Synchronous::Full, change)?;
        self.events.notify_one();
        Ok(value)
    }

    /// Like [`Store::write`], for a change that refers to a new blob, which it keeps.
    pub(crate) fn write_with_blob<T>(
        &self,
        blob: Option<BlobWriter>,
        change: impl FnOnce(&Transaction<'_>, Option<&BlobWriter>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let done = self.write(|tx| change(tx, blob.as_ref()));
        keep_if_committed(blob, &done);
        done
    }

    /// Like [`Store::write_with_blob`], for a part: neither the blob nor the change needs to be on the disk before the
    /// upload is completed.
    pub(crate) fn write_part<T>(
        &self,
        blob: Option<BlobWriter>,
        change: impl FnOnce(&Transaction<'_>, Option<&BlobWriter>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let done = self.commit(Synchronous::Normal, |tx| change(tx, blob.as_ref()));
        keep_if_committed(blob, &done);
        done
    }

    fn commit<T>(
        &self,
        synchronous: Synchronous,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut conn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        conn.pragma_update(None, "synchronous", synchronous as i64)?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&tx)?;
        let unused = database::remove_unused_blobs(&tx)?;
        tx.commit().map_err(|error| match is_full(&error) {
            true => Error::Sqlite(error),
            false => Error::Commit(error),
        })?;
        drop(conn);
        self.holds.remove(unused);
        Ok(value)
    }

    /// Refuses a write before its body is read, if the key is in the linked folder or the bucket does not exist.
    pub(crate) fn admit_write(&self, bucket: &str, key: &str) -> Result<(), Error> {
        if let Some(linked) = &self.linked
            && linked.covers(bucket, key)
        {
            return Err(s3_error!(
                AccessDenied,
                "Keys below {} in {bucket} are files of a local folder, which can't be written.",
                linked.prefix()
            )
            .into());
        }
        self.read(|conn| rows::require_bucket(conn, bucket))
    }

    /// Finds an object, and prepares reading the range that `want` gives for it.
    pub(crate) fn find(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        want: impl FnOnce(&Info) -> S3Result<Range<u64>>,
    ) -> Result<(Info, Reading), Error> {
        if let Some(linked) = &self.linked
            && linked.covers(bucket, key)
        {
            let found = linked.find(key).map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    s3_error!(AccessDenied, "The file may not be read.").into()
                }
                _ => Error::Io(error),
            })?;
            let (info, file) = found.ok_or_else(|| s3_error!(NoSuchKey))?;
            let range = want(&info)?;
            return Ok((info, Reading::from_file(file, range)?));
        }
        let mut reader = self.holds.reader();
        let tx = reader.conn.transaction()?;
        let Some((info, content)) = rows::find_object(&tx, bucket, key)? else {
            rows::require_bucket(&tx, bucket)?;
            return Err(s3_error!(NoSuchKey).into());
        };
        let segments = rows::segments(&tx, content, want(&info)?)?;
        drop(tx);
        let held = Holds::hold(&self.holds, reader, segments);
        Ok((info, Reading::from_blobs(held)))
    }

    /// The CRC-32 of segments, computed from the CRCs of their blobs almost without reading; `None` if a blob was removed.
    pub(crate) fn crc_of(&self, segments: &[Segment]) -> Result<Option<u32>, Error> {
        let mut whole = 0;
        for segment in segments {
            let Some((size, crcs)) = self.read(|conn| Ok(rows::find_blob(conn, segment.blob)?))? else {
                return Ok(None);
            };
            let file = self.holds.blobs.read(segment.blob)?;
            let crc = blob::crc_of_range(&file, &crcs, size, segment.offset, segment.len)?;
            whole = crc::combine(whole, crc, segment.len);
        }
        Ok(Some(whole))
    }
}

/// SQLite's `synchronous`, by its numbers.
#[derive(Clone, Copy)]
enum Synchronous {
    /// After a power failure the last commits may be missing, up to the last full one.
    Normal = 1,
    /// The commit is on the disk.
    Full = 2,
}

fn keep_if_committed<T>(blob: Option<BlobWriter>, done: &Result<T, Error>) {
    if let (Ok(_) | Err(Error::Commit(_)), Some(blob)) = (done, blob) {
        blob.keep();
    }
}

pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
