//! The rows that requests under way write: where two meet, DynamoDB refuses one
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::call::RowKey;

/// Who holds a row.
#[derive(Debug, Clone, Copy, Default)]
struct Holders {
    transactions: u32,
    plain: u32,
}

/// The rows being written now.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<RowKey, Holders>>>);

/// The tokens of transactions that are done: sent again, one is done still, and meets nobody
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

/// Rows that a request writes, until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    of: InFlight,
    keys: Vec<RowKey>,
    by_transaction: bool,
}

impl InFlight {
    /// A transaction of writes begins, unless at some of its places another one is under way.
    pub(super) fn begin_transaction(&self, keys: Vec<RowKey>) -> Result<Held, Vec<bool>> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meets: Vec<bool> =
            keys.iter().map(|key| rows.get(key).is_some_and(|held| held.transactions > 0)).collect();
        if meets.contains(&true) {
            return Err(meets);
        }
        for key in &keys {
            rows.entry(key.clone()).or_default().transactions += 1;
        }
        Ok(Held { of: self.clone(), keys, by_transaction: true })
    }

    /// A plain write begins, unless a transaction with its row is under way.
    pub(super) fn begin_plain(&self, key: RowKey) -> Option<Held> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = rows.entry(key.clone()).or_default();
        if held.transactions > 0 {
            return None;
        }
        held.plain += 1;
        Some(Held { of: self.clone(), keys: vec![key], by_transaction: false })
    }

    /// At which places a transaction of reads meets a write.
    pub(super) fn met_by_reads(&self, keys: &[RowKey]) -> Vec<bool> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| rows.get(key).is_some_and(|held| held.transactions + held.plain > 0)).collect()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut rows = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            let Some(held) = rows.get_mut(key) else { continue };
            if self.by_transaction {
                held.transactions -= 1;
            } else {
                held.plain -= 1;
            }
            if held.transactions + held.plain == 0 {
                rows.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_meets_whom_is_what_dynamodb_documents() {
        let rows = InFlight::default();
        let key = |name: &str| name.to_owned();
        let first = rows.begin_transaction(vec![key("a"), key("b")]).unwrap();
        assert_eq!(rows.begin_transaction(vec![key("c"), key("b")]).unwrap_err(), [false, true]);
        assert!(rows.begin_plain(key("a")).is_none(), "a plain write that meets a transaction");
        assert_eq!(rows.met_by_reads(&[key("b"), key("c")]), [true, false]);
        drop(first);
        let plain = rows.begin_plain(key("a")).unwrap();
        assert!(rows.begin_plain(key("a")).is_some(), "plain writes wait for each other");
        assert!(rows.begin_transaction(vec![key("a")]).is_ok(), "a transaction that meets a plain write");
        assert_eq!(rows.met_by_reads(&[key("a")]), [true]);
        drop(plain);
        assert!(rows.0.lock().unwrap().is_empty());
    }
}
