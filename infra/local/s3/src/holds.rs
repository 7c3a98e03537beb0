//! Which blobs are being read: one that loses its last segment while someone reads it keeps its file until they are
//! done.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::blob::BlobFolder;
use crate::rows::Segment;

/// The blobs, and who reads them.
pub(crate) struct Holds {
    pub(crate) blobs: BlobFolder,
    reader: Mutex<Reader>,
}

/// The connection that reads, and the blobs being read. Both are under one lock, so that no blob can be removed between
/// being found and being held.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    held: HashMap<u64, usize>,
    doomed: HashSet<u64>,
}

impl Holds {
    pub(crate) fn new(conn: Connection, blobs: BlobFolder) -> Self {
        let reader = Reader { conn, held: HashMap::new(), doomed: HashSet::new() };
        Self { blobs, reader: Mutex::new(reader) }
    }

    pub(crate) fn reader(&self) -> MutexGuard<'_, Reader> {
        // A panic elsewhere leaves a connection usable: its transaction was rolled back.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the blobs of segments that were just found under this lock.
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

    /// Removes blobs that no row names, those being read once that ends.
    pub(crate) fn remove(&self, unused: Vec<u64>) {
        if unused.is_empty() {
            return;
        }
        let mut reader = self.reader();
        for blob in unused {
            if reader.held.contains_key(&blob) {
                reader.doomed.insert(blob);
            } else {
                self.blobs.remove(blob);
            }
        }
    }
}

/// Segments whose blobs stay until this is dropped.
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
                if reader.doomed.remove(&segment.blob) {
                    self.holds.blobs.remove(segment.blob);
                }
            }
        }
    }
}
