//! Writes and removes objects: checks the condition, changes the row and adds the event in one transaction.

use rusqlite::{Transaction, params};

use crate::clock;
use crate::condition::WriteCondition;
use crate::error::Error;
use crate::event::{self, ObjectEventKind};
use crate::rows::{self, Headers, Info};

/// Puts a content under a key if the condition holds, and adds the event.
pub(crate) fn put_object(
    tx: &Transaction<'_>,
    bucket: &str,
    key: &str,
    content: i64,
    headers: &Headers,
    condition: &WriteCondition,
) -> Result<Info, Error> {
    rows::require_bucket(tx, bucket)?;
    let older = rows::find_object(tx, bucket, key)?;
    condition.check(older.as_ref().map(|(info, _)| info.etag.as_str()))?;
    // A DELETE and not a REPLACE, since only a DELETE fires the trigger that frees the old bytes.
    tx.prepare_cached("DELETE FROM objects WHERE bucket = ?1 AND key = ?2")?.execute([bucket, key])?;
    let json = serde_json::to_string(headers).map_err(std::io::Error::other)?;
    tx.prepare_cached(
        "INSERT INTO objects (bucket, key, content, modified, headers) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![bucket, key, content, clock::now_ms(), json])?;
    let (info, _) = rows::find_object(tx, bucket, key)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    event::add(tx, ObjectEventKind::Created, bucket, key, &info)?;
    Ok(info)
}

/// Removes an object if it exists and the condition holds, and adds the event.
pub(crate) fn delete_object(
    tx: &Transaction<'_>,
    bucket: &str,
    key: &str,
    condition: &WriteCondition,
) -> Result<(), Error> {
    rows::require_bucket(tx, bucket)?;
    let found = rows::find_object(tx, bucket, key)?;
    condition.check(found.as_ref().map(|(info, _)| info.etag.as_str()))?;
    let Some((info, _)) = found else { return Ok(()) };
    tx.prepare_cached("DELETE FROM objects WHERE bucket = ?1 AND key = ?2")?.execute([bucket, key])?;
    event::add(tx, ObjectEventKind::Removed, bucket, key, &info)?;
    Ok(())
}
