//! Reads and changes the rows of objects, contents, segments and blobs.

use std::collections::HashMap;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use s3s::s3_error;
use serde::{Deserialize, Serialize};

use crate::blob::BlobWriter;
use crate::clock;
use crate::error::Error;

/// The headers of an object, which GET and HEAD answer as PUT gave them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    #[serde(default)]
    pub(crate) metadata: HashMap<String, String>,
}

/// An object without its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Info {
    pub(crate) size: u64,
    pub(crate) etag: String,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
    /// `x-amz-checksum-crc32` as shown; it ends in `-<parts>` if it is composite.
    pub(crate) checksum: Option<String>,
    pub(crate) headers: Headers,
}

/// A range of bytes of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) blob: u64,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// One row of a listing.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified: i64,
}

/// The row of a content that is to be added for an object or a part.
pub(crate) struct NewContent<'a> {
    pub(crate) size: u64,
    pub(crate) etag: &'a str,
    pub(crate) crc32: u32,
    /// Shown as `x-amz-checksum-crc32`; `None` if the request wanted none.
    pub(crate) checksum: Option<&'a str>,
}

pub(crate) fn require_bucket(conn: &Connection, bucket: &str) -> Result<(), Error> {
    let found = conn.prepare_cached("SELECT 1 FROM buckets WHERE name = ?1")?.exists([bucket])?;
    if found { Ok(()) } else { Err(s3_error!(NoSuchBucket).into()) }
}

/// Adds a bucket; `false` if it exists already.
pub(crate) fn add_bucket(conn: &Connection, bucket: &str) -> rusqlite::Result<bool> {
    let made = conn
        .prepare_cached("INSERT OR IGNORE INTO buckets (name, created) VALUES (?1, ?2)")?
        .execute(params![bucket, clock::now_ms()])?;
    Ok(made == 1)
}

/// The object of a key, and the id of its content.
pub(crate) fn find_object(conn: &Connection, bucket: &str, key: &str) -> Result<Option<(Info, i64)>, Error> {
    let row = conn
        .prepare_cached(
            "SELECT contents.id, size, etag, checksum, modified, headers
             FROM objects JOIN contents ON contents.id = objects.content WHERE bucket = ?1 AND key = ?2",
        )?
        .query_row([bucket, key], |row| {
            let info = Info {
                size: row.get(1)?,
                etag: row.get(2)?,
                checksum: row.get(3)?,
                modified: row.get(4)?,
                headers: headers(row, 5)?,
            };
            Ok((info, row.get(0)?))
        })
        .optional()?;
    Ok(row)
}

/// Reads headers, which a column holds as JSON.
pub(crate) fn headers(row: &Row<'_>, column: usize) -> rusqlite::Result<Headers> {
    let json: String = row.get(column)?;
    serde_json::from_str(&json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// The segments of a content within `range`, cut at its ends, in order.
pub(crate) fn segments(conn: &Connection, content: i64, range: Range<u64>) -> rusqlite::Result<Vec<Segment>> {
    conn.prepare_cached(
        "SELECT at, blob, offset, len FROM segments WHERE content = ?1 AND at < ?3
         AND at >= coalesce((SELECT max(at) FROM segments WHERE content = ?1 AND at <= ?2), 0) ORDER BY at",
    )?
    .query_map(params![content, range.start, range.end], |row| {
        let (at, blob, offset, len): (u64, u64, u64, u64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let skip = range.start.saturating_sub(at);
        let end = len.min(range.end - at);
        Ok(Segment { blob, offset: offset + skip, len: end.saturating_sub(skip) })
    })?
    .filter(|segment| segment.as_ref().map_or(true, |segment| segment.len > 0))
    .collect()
}

/// A blob's size and running CRCs; `None` if the blob was removed.
pub(crate) fn find_blob(conn: &Connection, id: u64) -> rusqlite::Result<Option<(u64, Vec<u8>)>> {
    conn.prepare_cached("SELECT size, crcs FROM blobs WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

pub(crate) fn add_content(tx: &Transaction<'_>, new: &NewContent<'_>) -> rusqlite::Result<i64> {
    tx.prepare_cached("INSERT INTO contents (size, etag, crc32, checksum) VALUES (?1, ?2, ?3, ?4)")?
        .insert(params![new.size, new.etag, new.crc32, new.checksum])
}

/// Adds the row of a blob that was written, as the only segment of a content.
pub(crate) fn add_blob(tx: &Transaction<'_>, content: i64, blob: &BlobWriter) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO blobs (id, size, crcs, synced) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![blob.id, blob.size, blob.crcs(), blob.synced])?;
    add_segments(tx, content, &[Segment { blob: blob.id, offset: 0, len: blob.size }])
}

pub(crate) fn add_segments(tx: &Transaction<'_>, content: i64, segments: &[Segment]) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO segments (content, at, blob, offset, len) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut at = 0;
    for segment in segments {
        insert.execute(params![content, at, segment.blob, segment.offset, segment.len])?;
        at += segment.len;
    }
    Ok(())
}

/// Objects whose keys are `from` or greater, in the order of the keys' bytes.
pub(crate) fn list_objects(
    conn: &Connection,
    bucket: &str,
    from: &str,
    limit: usize,
) -> rusqlite::Result<Vec<Listed>> {
    conn.prepare_cached(
        "SELECT key, size, etag, modified FROM objects JOIN contents ON contents.id = objects.content
         WHERE bucket = ?1 AND key >= ?2 ORDER BY key LIMIT ?3",
    )?
    .query_map(params![bucket, from, limit], |row| {
        Ok(Listed { key: row.get(0)?, size: row.get(1)?, etag: row.get(2)?, modified: row.get(3)? })
    })?
    .collect()
}
