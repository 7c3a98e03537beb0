//! The table's indexes, learnt from the request that creates the table. A write with too long an index key fails, which
//! the embedded table does not check for all writes
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::call::Call;

/// The most bytes of a partition key.
const PARTITION: usize = 2048;
/// The most bytes of a sort key.
const SORT: usize = 1024;

const PARTITION_TOO_LONG: &str = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes";
const SORT_TOO_LONG: &str = "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes";

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub partition: String,
    pub sort: String,
    /// The attributes that it has besides keys; `None` for all.
    pub shows: Option<Vec<String>>,
}

/// The table's indexes, by name.
#[derive(Debug, Default)]
pub(super) struct Indexes(Mutex<HashMap<String, Index>>);

impl Indexes {
    /// Learns the indexes of a `CreateTable`, or of the answer to a `DescribeTable`.
    pub(super) fn learn(&self, table: &Value) {
        let mut indexes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for index in table["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let key = |kind: &str| {
                let mut keys = index["KeySchema"].as_array().into_iter().flatten();
                keys.find(|key| key["KeyType"] == kind)
                    .map(|key| text(&key["AttributeName"]))
                    .unwrap_or_default()
            };
            let included = index["Projection"]["NonKeyAttributes"].as_array().cloned().unwrap_or_default();
            let shows =
                (index["Projection"]["ProjectionType"] != "ALL").then(|| included.iter().map(text).collect());
            let index =
                (text(&index["IndexName"]), Index { partition: key("HASH"), sort: key("RANGE"), shows });
            indexes.insert(index.0, index.1);
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// DynamoDB's error for a write with too long an index key.
    pub(super) fn refusal(&self, call: &Call) -> Option<&'static str> {
        let indexes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = |attribute: &str| -> Option<(usize, &'static str)> {
            let sort = indexes.values().any(|index| index.sort == attribute);
            let partition = indexes.values().any(|index| index.partition == attribute);
            match (sort, partition) {
                (true, _) => Some((SORT, SORT_TOO_LONG)),
                (false, true) => Some((PARTITION, PARTITION_TOO_LONG)),
                (false, false) => None,
            }
        };
        let judge = |(attribute, value): (String, &Value)| {
            let (most, message) = longest(&attribute)?;
            (value["S"].as_str()?.len() > most).then_some(message)
        };
        writes(call).into_iter().flat_map(written).find_map(judge)
    }
}

/// The single writes of a request.
fn writes(call: &Call) -> Vec<&Value> {
    match call.name.as_str() {
        "PutItem" | "UpdateItem" => vec![&call.body],
        "TransactWriteItems" => super::call::parts(&call.body),
        "BatchWriteItem" => {
            let tables = call.body["RequestItems"].as_object().into_iter().flatten();
            let rows = tables.flat_map(|(_, rows)| rows.as_array().into_iter().flatten());
            rows.filter_map(|row| row.get("PutRequest")).collect()
        }
        _ => Vec::new(),
    }
}

/// The attributes that a write sets: those of its row, or those that its expression sets to a value.
fn written(write: &Value) -> Vec<(String, &Value)> {
    if let Some(row) = write["Item"].as_object() {
        return row.iter().map(|(name, value)| (name.clone(), value)).collect();
    }
    let expression = write["UpdateExpression"].as_str().unwrap_or_default();
    let padded = expression.replace('=', " = ").replace(',', " , ");
    let words: Vec<&str> = padded.split_whitespace().collect();
    let set = words.windows(3).filter(|words| words[1] == "=");
    set.filter_map(|words| {
        let name = write["ExpressionAttributeNames"][words[0]].as_str().unwrap_or(words[0]);
        Some((name.to_owned(), write["ExpressionAttributeValues"].get(words[2])?))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::call::Service;
    use super::*;

    #[test]
    fn every_kind_of_write_with_too_long_an_index_key_is_refused() {
        let indexes = Indexes::default();
        indexes.learn(&json!({"GlobalSecondaryIndexes": [{"IndexName": "by_x", "KeySchema": [
            {"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"},
        ], "Projection": {"ProjectionType": "ALL"}}]}));
        let refusal = |name: &str, body: Value| {
            indexes.refusal(&Call {
                service: Service::Rows,
                name: name.to_owned(),
                body,
                address: String::new(),
            })
        };
        let text = |length: usize| json!({"S": "x".repeat(length)});
        let put = |a, b| json!({"Item": {"pk": text(9), "a": text(a), "b": text(b), "c": text(9000)}});
        assert_eq!(refusal("PutItem", put(2048, 1024)), None);
        assert_eq!(refusal("PutItem", put(2049, 1024)), Some(PARTITION_TOO_LONG));
        assert_eq!(refusal("PutItem", put(2048, 1025)), Some(SORT_TOO_LONG));
        let update = json!({"UpdateExpression": "SET #b=:b, c = :c", "ExpressionAttributeNames": {"#b": "b"},
            "ExpressionAttributeValues": {":b": text(1025), ":c": text(1)}});
        assert_eq!(refusal("UpdateItem", update.clone()), Some(SORT_TOO_LONG));
        assert_eq!(
            refusal("TransactWriteItems", json!({"TransactItems": [{"Update": update}]})),
            Some(SORT_TOO_LONG)
        );
        let batch = json!({"RequestItems": {"t": [{"PutRequest": put(1, 1025)}]}});
        assert_eq!(refusal("BatchWriteItem", batch), Some(SORT_TOO_LONG));
    }
}
