//! The list of the files that were reported, in SQLite.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, params};

use super::scan::Scan;

pub(super) type ListingError = rusqlite::Error;

/// The reported files.
pub(super) struct Listing(Connection);

/// Names of files that differ from the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub created: Vec<String>,
    pub removed: Vec<String>,
}

impl Differences {
    pub(super) fn is_empty(&self) -> bool {
        self.created.is_empty() && self.removed.is_empty()
    }
}

impl Listing {
    pub(super) fn open(path: &Path) -> Result<Self, ListingError> {
        let file = Connection::open(path)?;
        file.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
             CREATE TABLE IF NOT EXISTS file (
                 name TEXT PRIMARY KEY, etag TEXT NOT NULL
             ) WITHOUT ROWID;",
        )?;
        Ok(Self(file))
    }

    pub(super) fn differences(&self, scan: &Scan) -> Result<Differences, ListingError> {
        let mut known = self.0.prepare("SELECT name, etag FROM file")?;
        let known = known.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let known = known.collect::<Result<BTreeMap<String, String>, _>>()?;
        let changed = scan.files.iter().filter(|(name, file)| known.get(*name) != Some(&file.etag));
        let missing = known.keys().filter(|name| !scan.files.contains_key(*name));
        let unread = |name: &&String| {
            scan.unread.iter().any(|u| {
                name.strip_prefix(u.as_str()).is_some_and(|rest| {
                    rest.is_empty() || u.ends_with('/') || rest.starts_with('/') || u.is_empty()
                })
            })
        };
        Ok(Differences {
            created: changed.map(|(name, _)| name.clone()).collect(),
            removed: missing.filter(|name| !unread(name)).cloned().collect(),
        })
    }

    pub(super) fn remember(&mut self, scan: &Scan, differences: &Differences) -> Result<(), ListingError> {
        let transaction = self.0.transaction()?;
        {
            let mut put = transaction.prepare("INSERT OR REPLACE INTO file VALUES (?, ?)")?;
            for name in &differences.created {
                if let Some(file) = scan.files.get(name) {
                    put.execute(params![name, file.etag])?;
                }
            }
            let mut remove = transaction.prepare("DELETE FROM file WHERE name = ?")?;
            for name in &differences.removed {
                remove.execute([name])?;
            }
        }
        transaction.commit()
    }
}
