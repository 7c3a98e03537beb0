//! Indexes that lag: a global index shows a write later than its table, and Vitrine's readers must tolerate that.
//!
//! Before some of the writes the row is read as it is. Until the index has caught up with that write, an answer of an
//! index that would show the row shows it as it was: the old row at its old position, or no row if there was none.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::call::{RowKey, row_key};
use super::condition::is_satisfied;
use super::indexes::Index;

/// A write that indexes do not show yet.
#[derive(Debug, Clone)]
struct Hidden {
    /// The row as it was; `None` if there was none.
    before: Option<Value>,
    until: Instant,
}

/// The writes that indexes do not show yet.
#[derive(Debug, Default)]
pub(super) struct Late(Mutex<HashMap<RowKey, Hidden>>);

impl Late {
    /// Hides a write of a row from all indexes for a while. A row that is hidden already keeps its own end.
    pub(super) fn hide(&self, key: RowKey, before: Option<Value>, lag: Duration) {
        let now = Instant::now();
        let mut hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.retain(|_, write| write.until > now);
        hidden.entry(key).or_insert(Hidden { before, until: now + lag });
    }

    /// Waits until the indexes show everything that was written before.
    pub(super) async fn wait_until_shown(&self) {
        let last = {
            let hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            hidden.values().map(|write| write.until).max()
        };
        if let Some(last) = last {
            tokio::time::sleep_until(last).await;
        }
    }

    /// The older answer that a query gets; `None` if it gets the current one.
    pub(super) fn older_answer(&self, query: &Value, answer: &Value, index: &Index) -> Option<Value> {
        let now = Instant::now();
        let hidden: HashMap<RowKey, Hidden> = {
            let hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let still = hidden.iter().filter(|(_, write)| write.until > now);
            still.map(|(key, write)| (key.clone(), write.clone())).collect()
        };
        // Queries with a filter or a projection are not supported here.
        if hidden.is_empty()
            || query.get("FilterExpression").is_some()
            || query.get("ProjectionExpression").is_some()
        {
            return None;
        }
        let shown = answer["Items"].as_array()?;
        let is_hidden = |row: &Value| row_key(row).is_some_and(|key| hidden.contains_key(&key));
        let mut rows: Vec<Value> = shown.iter().filter(|row| !is_hidden(row)).cloned().collect();
        let olds = hidden.values().filter_map(|write| write.before.as_ref());
        rows.extend(olds.filter(|row| page_has(query, answer, index, row)).map(|row| project(row, index)));
        let ascending = query["ScanIndexForward"].as_bool().unwrap_or(true);
        rows.sort_by(|a, b| {
            let order = sort(a, index).cmp(&sort(b, index)).then_with(|| row_key(a).cmp(&row_key(b)));
            if ascending { order } else { order.reverse() }
        });
        if rows == *shown {
            return None;
        }
        let mut answer = answer.clone();
        if let Some(limit) = query["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok())
            && rows.len() > limit
        {
            rows.truncate(limit);
            answer["LastEvaluatedKey"] = rows.last().map(|row| place(row, index)).unwrap_or_default();
        }
        answer["Count"] = json!(rows.len());
        answer["ScannedCount"] = answer["Count"].clone();
        answer["Items"] = Value::Array(rows);
        Some(answer)
    }
}

/// Whether the older index has this row on the query's page.
fn page_has(query: &Value, answer: &Value, index: &Index, row: &Value) -> bool {
    let has = |name: &str| row[name]["S"].is_string();
    if !has(&index.partition) || !has(&index.sort) || is_satisfied(query, row) != Some(true) {
        return false;
    }
    let ascending = query["ScanIndexForward"].as_bool().unwrap_or(true);
    let (start, end) = (&query["ExclusiveStartKey"], &answer["LastEvaluatedKey"]);
    let comes_before = |one: &Value, other: &Value| {
        let (one, other) = (sort(one, index), sort(other, index));
        if ascending { one < other } else { one > other }
    };
    (start.is_null() || comes_before(start, row)) && (end.is_null() || comes_before(row, end))
}

fn sort<'a>(row: &'a Value, index: &Index) -> Option<&'a str> {
    row[&index.sort]["S"].as_str()
}

/// The attributes of a row that the index has.
fn project(row: &Value, index: &Index) -> Value {
    let Some(shows) = &index.shows else { return row.clone() };
    let mut shown = place(row, index);
    for name in shows {
        if let Some(value) = row.get(name) {
            shown[name] = value.clone();
        }
    }
    shown
}

/// A row's place in an index: its keys, and the table's.
fn place(row: &Value, index: &Index) -> Value {
    let names = ["pk", "sk", &index.partition, &index.sort];
    let keys: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect();
    Value::Object(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, owner: &str, made: &str) -> Value {
        json!({"pk": {"S": id}, "sk": {"S": "LINK"}, "owner": {"S": owner}, "made": {"S": made}})
    }

    fn index() -> Index {
        Index { partition: "owner".into(), sort: "made".into(), shows: None }
    }

    fn query(limit: u64) -> Value {
        json!({"KeyConditionExpression": "owner = :o", "ExpressionAttributeValues": {":o": {"S": "carl"}},
            "Limit": limit})
    }

    fn ids(answer: &Value) -> Vec<&str> {
        answer["Items"].as_array().unwrap().iter().map(|row| row["pk"]["S"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_new_row_is_not_shown_yet_and_a_deleted_or_moved_row_is_shown_as_it_was() {
        let late = Late::default();
        let hide = |id: &str, before: Option<Value>| {
            late.hide(format!("{id}\nLINK"), before, Duration::from_millis(50));
        };
        hide("new", None);
        hide("deleted", Some(row("deleted", "carl", "2")));
        hide("moved", Some(row("moved", "carl", "9")));
        hide("strange", Some(row("strange", "cora", "1")));
        let now =
            json!({"Items": [row("moved", "carl", "0"), row("new", "carl", "1"), row("old", "carl", "3")]});
        let before = late.older_answer(&query(9), &now, &index()).unwrap();
        assert_eq!(ids(&before), ["deleted", "old", "moved"]);
        assert_eq!((&before["Count"], &before["LastEvaluatedKey"]), (&json!(3), &Value::Null));

        let first = late.older_answer(&query(2), &now, &index()).unwrap();
        assert_eq!(ids(&first), ["deleted", "old"]);
        assert_eq!(first["LastEvaluatedKey"]["made"]["S"], "3");

        late.wait_until_shown().await;
        assert_eq!(late.older_answer(&query(9), &now, &index()), None);
    }

    #[tokio::test]
    async fn a_page_shows_no_old_row_that_belongs_to_another_page() {
        let late = Late::default();
        for made in ["1", "3", "5"] {
            late.hide(format!("{made}\nLINK"), Some(row(made, "carl", made)), Duration::from_secs(9));
        }
        let mut query = query(9);
        query["ExclusiveStartKey"] = row("2", "carl", "2");
        let now = json!({"Items": [row("4", "carl", "4")], "LastEvaluatedKey": row("4", "carl", "4")});
        assert_eq!(ids(&late.older_answer(&query, &now, &index()).unwrap()), ["3", "4"]);
    }
}
