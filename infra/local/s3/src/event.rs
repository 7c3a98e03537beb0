//! Events: a row for each change, written in the change's own transaction and kept until it is acknowledged. So a crash
//! loses no event, but an event may be handled twice.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::clock;
use crate::rows::Info;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectEventKind {
    /// Put, copied or completed, as a new object or in place of an older one.
    Created,
    /// Deleted.
    Removed,
}

/// A change of an object. Events are in the order of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// Its id, by which it is acknowledged; later events have greater ids.
    pub id: i64,
    /// The kind of change.
    pub kind: ObjectEventKind,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, not URL-encoded.
    pub key: String,
    /// The object's size in bytes; for [`ObjectEventKind::Removed`] the size before its removal.
    pub size: u64,
    /// The object's ETag, without quotes.
    pub etag: String,
    /// When it was stored or removed.
    pub at: Timestamp,
}

pub(crate) fn add(
    tx: &Transaction<'_>,
    kind: ObjectEventKind,
    bucket: &str,
    key: &str,
    info: &Info,
) -> rusqlite::Result<()> {
    let kind = match kind {
        ObjectEventKind::Created => "created",
        ObjectEventKind::Removed => "removed",
    };
    tx.prepare_cached(
        "INSERT INTO events (kind, bucket, key, size, etag, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![kind, bucket, key, info.size, info.etag, clock::now_ms()])?;
    Ok(())
}

pub(crate) fn list_pending(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<ObjectEvent>> {
    conn.prepare_cached("SELECT id, kind, bucket, key, size, etag, at FROM events ORDER BY id LIMIT ?1")?
        .query_map([limit], |row| {
            let kind: String = row.get(1)?;
            Ok(ObjectEvent {
                id: row.get(0)?,
                kind: match kind.as_str() {
                    "removed" => ObjectEventKind::Removed,
                    _ => ObjectEventKind::Created,
                },
                bucket: row.get(2)?,
                key: row.get(3)?,
                size: row.get(4)?,
                etag: row.get(5)?,
                at: Timestamp::from_millisecond(row.get(6)?).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(
                        6,
                        rusqlite::types::Type::Integer,
                        Box::new(error),
                    )
                })?,
            })
        })?
        .collect()
}

pub(crate) fn acknowledge(tx: &Transaction<'_>, ids: &[i64]) -> rusqlite::Result<()> {
    let mut delete = tx.prepare_cached("DELETE FROM events WHERE id = ?1")?;
    for id in ids {
        delete.execute([id])?;
    }
    Ok(())
}
