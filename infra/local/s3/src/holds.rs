//! Counts who reads each blob, so that the file of a blob that lost its last segment is removed only after the last
//! reader has ended.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::blob::BlobFolder;
use crate::rows::Segment;

/// The blobs and their readers.
pub(crate) struct Holds {
    pub(crate) blobs: BlobFolder,
    reader: Mutex<Reader>,
}

/// The connection that reads, and the number of readers of each blob. One lock guards both, so that no blob can be
/// removed between its look-up and its hold.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    held: HashMap<u64, usize>,
    remove_when_read: HashSet<u64>,
}

impl Holds {
    pub(crate) fn new(conn: Connection, blobs: BlobFolder) -> Self {
        let reader = Reader { conn, held: HashMap::new(), remove_when_read: HashSet::new() };
        Self { blobs, reader: Mutex::new(reader) }
    }

    pub(crate) fn reader(&self) -> MutexGuard<'_, Reader> {
        // The connection is usable even after a panic, because its transaction was rolled back.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the blobs of segments that were looked up under this same lock.
    pub(crate) fn hold(
        holds: &Arc<Self>,
        mut reader: MutexGuard<'_, Reader>,
        segments: Vec<Segment>,
    ) -> Held {
        for segment in &segments {
            *reader.held.entry(segment.blob).or_default() += 1;
        }
        Held { holds: Arc::clone(holds), segments }
    }

    /// Removes the files of blobs without a row: at once, or after the last reader has ended.
    pub(crate) fn remove(&self, unused: Vec<u64>) {
        if unused.is_empty() {
            return;
        }
        let mut reader = self.reader();
        for blob in unused {
            if reader.held.contains_key(&blob) {
                reader.remove_when_read.insert(blob);
            } else {
                self.blobs.remove(blob);
            }
        }
    }
}

/// Segments whose blobs are kept until this is dropped.
pub(crate) struct Held {
    pub(crate) holds: Arc<Holds>,
    pub(crate) segments: Vec<Segment>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut reader = self.holds.reader();
        for segment in &self.segments {
            let left = reader.held.get_mut(&segment.blob).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if left == 0 {
                reader.held.remove(&segment.blob);
                if reader.remove_when_read.remove(&segment.blob) {
                    self.holds.blobs.remove(segment.blob);
                }
            }
        }
    }
}
