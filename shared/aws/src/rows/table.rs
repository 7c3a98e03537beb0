//! Reading rows of the table. Every row has a partition key `pk` and a sort key `sk`; its other attributes are those of
//! a serde document.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt, TryStreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backoff::pause;
use crate::{Cloud, Error};

/// The most rows that DynamoDB reads in one BatchGetItem.
const READ: usize = 100;
/// The most such requests that are sent at the same time.
const READS_AT_ONCE: usize = 8;

/// A row's attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A row's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The key of a row.
    pub fn of(row: &Item) -> Self {
        Self::new(text(row, "pk").unwrap_or_default(), text(row, "sk").unwrap_or_default())
    }

    pub fn item(&self) -> Item {
        Item::from([("pk".to_owned(), string(&self.pk)), ("sk".to_owned(), string(&self.sk))])
    }
}

pub(crate) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(n: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

/// A document as a row's attributes.
pub(crate) fn to_item(doing: &'static str, document: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(document).map_err(|cause| Error::broken(doing, cause))
}

/// A row's document. Attributes that the document does not have, such as keys, are ignored.
pub(crate) fn from_item<T: DeserializeOwned>(doing: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|cause| Error::broken(doing, cause))
}

/// A text attribute of a row.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// One page of rows in an index's order.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}

/// A position in an ordered list: the sort key of the last row of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

impl Cursor {
    /// Parses a cursor that a client sent.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        String::from_utf8(bytes).ok().filter(|key| !key.is_empty() && key.len() <= 1024).map(Self)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// A query of an index: the partition, the direction, and the sort key to start after.
pub(crate) struct IndexQuery<'a> {
    pub index: &'static str,
    pub partition: (&'static str, &'a str),
    pub sort: &'static str,
    pub ascending: bool,
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// The table.
#[derive(Clone, Copy)]
pub struct Rows<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The table.
    pub fn rows(&self) -> Rows<'_> {
        Rows(self)
    }
}

impl<'a> Rows<'a> {
    /// Reads one row consistently.
    pub(crate) async fn get_item(self, doing: &'static str, key: &Key) -> Result<Option<Item>, Error> {
        self.0
            .dynamodb()
            .get_item()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .consistent_read(true)
            .send()
            .await
            .map(|answer| answer.item)
            .map_err(|e| Error::sdk(doing, e))
    }

    /// Reads rows consistently, and returns them in the order of the keys: one request for each hundred.
    pub(crate) async fn get_items(
        self,
        doing: &'static str,
        keys: &[Key],
    ) -> Result<Vec<Option<Item>>, Error> {
        let batches: Vec<_> = keys.chunks(READ).map(|some| self.get_batch(doing, some)).collect();
        futures_util::stream::iter(batches).buffered(READS_AT_ONCE).try_concat().await
    }

    /// Reads at most [`READ`] rows. Keys that DynamoDB did not process are requested again.
    async fn get_batch(self, doing: &'static str, keys: &[Key]) -> Result<Vec<Option<Item>>, Error> {
        let mut found: HashMap<Key, Item> = HashMap::new();
        let mut wanted: Vec<Item> = Vec::new();
        for key in keys {
            if !wanted.contains(&key.item()) {
                wanted.push(key.item());
            }
        }
        for attempt in 0.. {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(true)
                .build()
                .map_err(|cause| Error::broken(doing, cause))?;
            let answer = self
                .0
                .dynamodb()
                .batch_get_item()
                .request_items(self.0.table(), request)
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                found.insert(Key::of(&item), item);
            }
            let unprocessed = answer.unprocessed_keys.unwrap_or_default().remove(self.0.table());
            wanted = unprocessed.map(|keys| keys.keys).unwrap_or_default();
            if wanted.is_empty() {
                break;
            }
            if attempt == 5 {
                return Err(Error::Busy { doing, cause: "DynamoDB did not process some keys".into() });
            }
            pause(attempt).await;
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    /// Reads rows of an index in its order, at most the query's limit.
    pub(crate) async fn query(self, doing: &'static str, query: &IndexQuery<'_>) -> Result<Vec<Item>, Error> {
        let (partition, value) = query.partition;
        let mut items = Vec::new();
        let mut start = None;
        // DynamoDB ends an answer at 1 MB, which may be before the limit.
        loop {
            let mut condition = "#partition = :partition".to_owned();
            let mut request = self
                .0
                .dynamodb()
                .query()
                .table_name(self.0.table())
                .index_name(query.index)
                .expression_attribute_names("#partition", partition)
                .expression_attribute_values(":partition", string(value))
                .scan_index_forward(query.ascending)
                .limit(i32::try_from(query.limit - items.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            if let Some(after) = query.after {
                condition.push_str(if query.ascending {
                    " AND #sort > :after"
                } else {
                    " AND #sort < :after"
                });
                request = request
                    .expression_attribute_names("#sort", query.sort)
                    .expression_attribute_values(":after", string(after));
            }
            let answer =
                request.key_condition_expression(condition).send().await.map_err(|e| Error::sdk(doing, e))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= query.limit {
                return Ok(items);
            }
        }
    }

    /// The rows of a partition whose sort keys begin with `prefix`, to clear them up: pages of their keys and ends.
    pub(crate) fn keys_below(self, doing: &'static str, pk: &str, prefix: &'static str) -> KeysBelow<'a> {
        KeysBelow { rows: self, doing, pk: pk.to_owned(), prefix, next: Some(None) }
    }
}

/// The most rows in a page of [`KeysBelow`].
const KEYS: i32 = 100;

/// Pages of rows of a partition, read consistently. They have only the attributes `pk`, `sk` and `end_key`.
pub(crate) struct KeysBelow<'a> {
    rows: Rows<'a>,
    doing: &'static str,
    pk: String,
    prefix: &'static str,
    /// The key to start after, which the first page does not have; `None` after the last page.
    next: Option<Option<Item>>,
}

impl KeysBelow<'_> {
    /// Reads the next page, which may be empty; `None` after the last. The rows of earlier pages may be deleted by then.
    pub(crate) async fn next_page(&mut self) -> Result<Option<Vec<Item>>, Error> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let cloud = self.rows.0;
        let answer = cloud
            .dynamodb()
            .query()
            .table_name(cloud.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", string(&self.pk))
            .expression_attribute_values(":prefix", string(self.prefix))
            .projection_expression("pk, sk, end_key")
            .consistent_read(true)
            .limit(KEYS)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|e| Error::sdk(self.doing, e))?;
        self.next = answer.last_evaluated_key.map(Some);
        Ok(Some(answer.items.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted_store;

    #[tokio::test]
    async fn any_number_of_rows_is_read_in_requests_of_a_hundred() {
        const NONE: &str = "200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n\
            {\"Responses\":{\"vitrine\":[]},\"UnprocessedKeys\":{}}";
        let (cloud, requests) = scripted_store::start(vec![NONE, NONE]).await;
        let keys: Vec<Key> = (0..101).map(|n| Key::new(format!("{n}"), "A")).collect();
        assert_eq!(cloud.rows().get_items("read rows", &[]).await.unwrap(), []);
        assert_eq!(cloud.rows().get_items("read rows", &keys).await.unwrap().len(), 101);
        let mut read: Vec<usize> =
            requests.await.unwrap().iter().map(|request| request.matches("\"pk\"").count()).collect();
        read.sort_unstable();
        assert_eq!(read, [1, 100]);
    }
}
