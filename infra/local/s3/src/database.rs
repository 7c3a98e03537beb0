//! The SQLite file: buckets, objects, uploads and parts, the byte ranges of blobs that make them up, and the events that
//! are not acknowledged yet.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::error::Error;

/// The format's number, kept in the file. Raise it when `SCHEMA` changes so that old code can't read it.
const FORMAT: i64 = 2;

/// A content (the bytes of an object or a part) is a list of segments of blobs, so that completing an upload and copying
/// write rows and move no bytes. A blob is kept as long as a segment refers to it: triggers add each blob that lost a
/// segment to `loosened`, which [`remove_unused_blobs`] empties before each commit.
const SCHEMA: &str = "
CREATE TABLE buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (
  id INTEGER PRIMARY KEY, size INTEGER NOT NULL, crcs BLOB NOT NULL,
  synced INTEGER NOT NULL DEFAULT 1  -- 0 while only parts refer to it and the disk may not have it yet
) STRICT;
CREATE TABLE contents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  size INTEGER NOT NULL, etag TEXT NOT NULL, crc32 INTEGER NOT NULL,
  checksum TEXT  -- x-amz-checksum-crc32 as shown; NULL if the request wanted none
) STRICT;
CREATE TABLE segments (
  content INTEGER NOT NULL, at INTEGER NOT NULL,
  blob INTEGER NOT NULL REFERENCES blobs, offset INTEGER NOT NULL, len INTEGER NOT NULL,
  PRIMARY KEY (content, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_by_blob ON segments (blob);
CREATE TABLE objects (
  bucket TEXT NOT NULL, key TEXT NOT NULL, content INTEGER NOT NULL,
  modified INTEGER NOT NULL, headers TEXT NOT NULL,
  PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE uploads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bucket TEXT NOT NULL, key TEXT NOT NULL, initiated INTEGER NOT NULL, headers TEXT NOT NULL,
  algorithm TEXT, checksum_type TEXT
) STRICT;
CREATE INDEX uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE parts (
  upload INTEGER NOT NULL, number INTEGER NOT NULL, content INTEGER NOT NULL, modified INTEGER NOT NULL,
  PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL,
  size INTEGER NOT NULL, etag TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE loosened (blob INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER object_gone AFTER DELETE ON objects BEGIN DELETE FROM contents WHERE id = old.content; END;
CREATE TRIGGER part_gone AFTER DELETE ON parts BEGIN DELETE FROM contents WHERE id = old.content; END;
CREATE TRIGGER upload_gone AFTER DELETE ON uploads BEGIN DELETE FROM parts WHERE upload = old.id; END;
CREATE TRIGGER content_gone AFTER DELETE ON contents BEGIN DELETE FROM segments WHERE content = old.id; END;
CREATE TRIGGER segment_gone AFTER DELETE ON segments BEGIN INSERT OR IGNORE INTO loosened VALUES (old.blob); END;
";

/// Opens the file, or makes it.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let mut conn = Connection::open(path)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: an acknowledged write is on the disk even if the power fails.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.set_prepared_statement_cache_capacity(64);
    let tx = conn.transaction()?;
    match tx.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => {
            tx.execute_batch(SCHEMA)?;
            tx.pragma_update(None, "user_version", FORMAT)?;
        }
        1 => {
            tx.execute_batch("ALTER TABLE blobs ADD COLUMN synced INTEGER NOT NULL DEFAULT 1")?;
            tx.pragma_update(None, "user_version", FORMAT)?;
        }
        FORMAT => {}
        newer => return Err(Error::Format(newer)),
    }
    tx.commit()?;
    Ok(conn)
}

/// The ids of all blobs that have a row.
pub(crate) fn blobs(conn: &Connection) -> rusqlite::Result<HashSet<u64>> {
    conn.prepare("SELECT id FROM blobs")?.query_map([], |row| row.get(0))?.collect()
}

/// Removes the rows of blobs without a segment and gives their ids, so that their files can be removed after the commit.
pub(crate) fn remove_unused_blobs(tx: &Transaction<'_>) -> rusqlite::Result<Vec<u64>> {
    let unused: Vec<u64> = tx
        .prepare_cached(
            "DELETE FROM blobs WHERE id IN (SELECT blob FROM loosened)
             AND NOT EXISTS (SELECT 1 FROM segments WHERE segments.blob = blobs.id) RETURNING id",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    tx.prepare_cached("DELETE FROM loosened")?.execute([])?;
    Ok(unused)
}
