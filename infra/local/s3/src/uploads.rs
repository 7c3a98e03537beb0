//! The rows of multipart uploads and their parts.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use s3s::s3_error;

use crate::blob::BlobFolder;
use crate::clock;
use crate::database;
use crate::error::Error;
use crate::rows::{self, Headers};

/// A multipart upload that is not completed or aborted yet.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) initiated: i64,
    pub(crate) headers: Headers,
    /// The checksum algorithm that the upload was created with, such as `CRC32`.
    pub(crate) algorithm: Option<String>,
    /// `FULL_OBJECT` or `COMPOSITE`, if the algorithm is CRC32.
    pub(crate) checksum_type: Option<String>,
}

impl Upload {
    pub(crate) fn upload_id(&self) -> String {
        upload_id(self.id)
    }
}

/// A part of an upload, and its content.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) number: i32,
    pub(crate) content: i64,
    pub(crate) modified: i64,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) crc32: u32,
    pub(crate) checksum: Option<String>,
}

const UPLOAD: &str = "SELECT id, key, initiated, headers, algorithm, checksum_type FROM uploads";
const PART: &str = "SELECT number, content, modified, size, etag, crc32, checksum
                    FROM parts JOIN contents ON contents.id = parts.content";

/// The upload id that clients see.
pub(crate) fn upload_id(id: i64) -> String {
    format!("{id:016x}")
}

fn read_upload(row: &rusqlite::Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        key: row.get(1)?,
        initiated: row.get(2)?,
        headers: rows::headers(row, 3)?,
        algorithm: row.get(4)?,
        checksum_type: row.get(5)?,
    })
}

fn read_part(row: &rusqlite::Row<'_>) -> rusqlite::Result<Part> {
    Ok(Part {
        number: row.get(0)?,
        content: row.get(1)?,
        modified: row.get(2)?,
        size: row.get(3)?,
        etag: row.get(4)?,
        crc32: row.get(5)?,
        checksum: row.get(6)?,
    })
}

pub(crate) fn add(
    tx: &Transaction<'_>,
    bucket: &str,
    key: &str,
    headers: &Headers,
    algorithm: Option<&str>,
    checksum_type: Option<&str>,
) -> Result<i64, Error> {
    rows::require_bucket(tx, bucket)?;
    let json = serde_json::to_string(headers).map_err(std::io::Error::other)?;
    let id = tx
        .prepare_cached(
            "INSERT INTO uploads (bucket, key, initiated, headers, algorithm, checksum_type)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert(params![bucket, key, clock::now_ms(), json, algorithm, checksum_type])?;
    Ok(id)
}

/// Finds an upload by the id that clients see; it must be an upload of this bucket and key.
pub(crate) fn find(conn: &Connection, bucket: &str, key: &str, upload_id: &str) -> Result<Upload, Error> {
    let missing = || s3_error!(NoSuchUpload, "The upload does not exist: it was completed or aborted.");
    let id = i64::from_str_radix(upload_id, 16).map_err(|_| missing())?;
    let found = conn
        .prepare_cached(&format!("{UPLOAD} WHERE id = ?1 AND bucket = ?2 AND key = ?3"))?
        .query_row(params![id, bucket, key], read_upload)
        .optional()?;
    Ok(found.ok_or_else(missing)?)
}

/// Removes an upload with its parts. Blobs that only its parts refer to are removed too.
pub(crate) fn remove(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Stores a content as the part of this number, in place of an older one, and gives the time (ms since 1970).
pub(crate) fn put_part(
    tx: &Transaction<'_>,
    upload: i64,
    number: i32,
    content: i64,
) -> rusqlite::Result<i64> {
    let now = clock::now_ms();
    tx.prepare_cached("DELETE FROM parts WHERE upload = ?1 AND number = ?2")?
        .execute(params![upload, number])?;
    tx.prepare_cached("INSERT INTO parts (upload, number, content, modified) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![upload, number, content, now])?;
    Ok(now)
}

pub(crate) fn find_part(conn: &Connection, upload: i64, number: i32) -> rusqlite::Result<Option<Part>> {
    conn.prepare_cached(&format!("{PART} WHERE upload = ?1 AND number = ?2"))?
        .query_row(params![upload, number], read_part)
        .optional()
}

/// Parts with numbers greater than `after`, in the order of their numbers.
pub(crate) fn list_parts(
    conn: &Connection,
    upload: i64,
    after: i32,
    limit: usize,
) -> rusqlite::Result<Vec<Part>> {
    conn.prepare_cached(&format!("{PART} WHERE upload = ?1 AND number > ?2 ORDER BY number LIMIT ?3"))?
        .query_map(params![upload, after, limit], read_part)?
        .collect()
}

/// Adds a part's segments to an object's content at the offset `at`, its end.
pub(crate) fn append_part(tx: &Transaction<'_>, content: i64, at: u64, part: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO segments (content, at, blob, offset, len)
         SELECT ?1, ?2 + at, blob, offset, len FROM segments WHERE content = ?3",
    )?
    .execute(params![content, at, part])?;
    Ok(())
}

/// The blobs of an upload's parts that may not be on the disk yet, sorted.
pub(crate) fn unsynced(conn: &Connection, upload: i64) -> rusqlite::Result<Vec<u64>> {
    conn.prepare_cached(
        "SELECT DISTINCT blobs.id FROM parts JOIN segments ON segments.content = parts.content
         JOIN blobs ON blobs.id = segments.blob WHERE upload = ?1 AND NOT synced ORDER BY blobs.id",
    )?
    .query_map([upload], |row| row.get(0))?
    .collect()
}

/// Notes that the disk has the blobs of an upload's parts.
pub(crate) fn mark_synced(tx: &Transaction<'_>, upload: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE blobs SET synced = 1 WHERE NOT synced AND id IN (
         SELECT blob FROM parts JOIN segments ON segments.content = parts.content WHERE upload = ?1)",
    )?
    .execute([upload])?;
    Ok(())
}

/// Removes the parts whose bytes a power failure took, since nothing waited for the disk before their upload was
/// completed. The others are on the disk afterwards.
pub(crate) fn settle(conn: &mut Connection, blobs: &BlobFolder) -> Result<(), Error> {
    let tx = conn.transaction()?;
    let unsynced: Vec<(u64, u64, Vec<u8>)> = tx
        .prepare("SELECT id, size, crcs FROM blobs WHERE NOT synced")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut whole, mut lost) = (Vec::new(), 0);
    for (id, size, crcs) in unsynced {
        if blobs.is_whole(id, size, &crcs)? {
            whole.push(id);
        } else {
            lost += tx.execute(
                "DELETE FROM parts WHERE content IN (SELECT content FROM segments WHERE blob = ?1)",
                [id],
            )?;
        }
    }
    blobs.sync(&whole)?;
    let unused = database::remove_unused_blobs(&tx)?;
    tx.execute("UPDATE blobs SET synced = 1 WHERE NOT synced", [])?;
    tx.commit()?;
    unused.into_iter().for_each(|blob| blobs.remove(blob));
    if lost > 0 {
        tracing::warn!(lost, "removed parts of unfinished uploads that were not on the disk");
    }
    Ok(())
}

/// Uploads after a key and, for that key, after an id, in the order of keys and ids.
pub(crate) fn list(
    conn: &Connection,
    bucket: &str,
    prefix: &str,
    after_key: &str,
    after_id: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Upload>> {
    conn.prepare_cached(&format!(
        "{UPLOAD} WHERE bucket = ?1 AND (key, id) > (?2, ?3) AND substr(key, 1, length(?4)) = ?4
         ORDER BY key, id LIMIT ?5"
    ))?
    .query_map(params![bucket, after_key, after_id, prefix, limit], read_upload)?
    .collect()
}
