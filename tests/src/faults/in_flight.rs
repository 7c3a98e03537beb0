//! The rows that are being written by requests: if two requests conflict, DynamoDB refuses one
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::call::RowKey;

/// How many requests are writing a row.
#[derive(Debug, Clone, Copy, Default)]
struct Writers {
    transactions: u32,
    plain: u32,
}

/// The rows being written now.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<RowKey, Writers>>>);

/// The tokens of finished transactions: one that is sent again succeeds without a conflict
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
#[derive(Debug, Default)]
pub(super) struct Done(Mutex<HashSet<String>>);

impl Done {
    pub(super) fn has(&self, token: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(token)
    }

    pub(super) fn note(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned());
    }
}

/// Keeps rows marked as being written until it is dropped.
#[derive(Debug)]
pub(super) struct WriteGuard {
    of: InFlight,
    keys: Vec<RowKey>,
    by_transaction: bool,
}

impl InFlight {
    /// Begins a transaction of writes. The error says which of its rows another transaction is writing.
    pub(super) fn begin_transaction(&self, keys: Vec<RowKey>) -> Result<WriteGuard, Vec<bool>> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meets: Vec<bool> =
            keys.iter().map(|key| rows.get(key).is_some_and(|row| row.transactions > 0)).collect();
        if meets.contains(&true) {
            return Err(meets);
        }
        for key in &keys {
            rows.entry(key.clone()).or_default().transactions += 1;
        }
        Ok(WriteGuard { of: self.clone(), keys, by_transaction: true })
    }

    /// Begins a plain write; `None` if a transaction is writing its row.
    pub(super) fn begin_plain(&self, key: RowKey) -> Option<WriteGuard> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = rows.entry(key.clone()).or_default();
        if row.transactions > 0 {
            return None;
        }
        row.plain += 1;
        Some(WriteGuard { of: self.clone(), keys: vec![key], by_transaction: false })
    }

    /// Which rows of a transaction of reads are being written.
    pub(super) fn met_by_reads(&self, keys: &[RowKey]) -> Vec<bool> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| rows.get(key).is_some_and(|row| row.transactions + row.plain > 0)).collect()
    }
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        let mut rows = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            let Some(row) = rows.get_mut(key) else { continue };
            if self.by_transaction {
                row.transactions -= 1;
            } else {
                row.plain -= 1;
            }
            if row.transactions + row.plain == 0 {
                rows.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_those_that_dynamodb_documents() {
        let rows = InFlight::default();
        let key = |name: &str| name.to_owned();
        let first = rows.begin_transaction(vec![key("a"), key("b")]).unwrap();
        assert_eq!(rows.begin_transaction(vec![key("c"), key("b")]).unwrap_err(), [false, true]);
        assert!(rows.begin_plain(key("a")).is_none(), "a plain write during a transaction");
        assert_eq!(rows.met_by_reads(&[key("b"), key("c")]), [true, false]);
        drop(first);
        let plain = rows.begin_plain(key("a")).unwrap();
        assert!(rows.begin_plain(key("a")).is_some(), "plain writes wait for each other");
        assert!(rows.begin_transaction(vec![key("a")]).is_ok(), "a transaction during a plain write");
        assert_eq!(rows.met_by_reads(&[key("a")]), [true]);
        drop(plain);
        assert!(rows.0.lock().unwrap().is_empty());
    }
}
