//! Events: a row written in the same transaction as the change it tells of, kept until it is
//! acknowledged. A crash between the change and its handling loses nothing; it may repeat.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::clock;
use crate::rows::Info;

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectEventKind {
    /// Put, copied or completed, be it new or over an older one.
    Created,
    /// Deleted.
    Removed,
}

/// One change of one object, in the order of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// To acknowledge it by; grows with time.
    pub id: i64,
    /// What happened.
    pub kind: ObjectEventKind,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, as it is (not URL-encoded).
    pub key: String,
    /// In bytes; of the object removed, for [`ObjectEventKind::Removed`].
    pub size: u64,
    /// Without quotes.
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

pub(crate) fn pending(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<ObjectEvent>> {
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
