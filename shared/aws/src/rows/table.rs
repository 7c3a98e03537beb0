//! Reading rows of the table. Every row has a partition key `pk` and a sort key `sk`; its other attributes are those of
//! a serde document.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt, TryStreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backoff::pause;
use crate::rows::indexes::Index;
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

/// A number attribute of a row.
pub(crate) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
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

/// The longest cursor in bytes: a query appends a character, and a sort key has at most 1,024.
const LONGEST_CURSOR: usize = 1_020;

/// A position in an ordered list: the sort key of the last row of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

impl Cursor {
    /// Parses a cursor that a client sent.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        String::from_utf8(bytes).ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_CURSOR).map(Self)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// A query of an index: the partition, a range of it, and the sort key to start after.
pub(crate) struct IndexQuery<'a> {
    pub index: Index,
    pub partition: &'a str,
    /// How the sort keys begin; only in ascending order.
    pub begins: &'a str,
    pub ascending: bool,
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// The last character; a sort key that begins a range is followed by all keys of the range before this.
const LAST_CHARACTER: char = '\u{10ffff}';
/// A key with this appended follows the key, and no other key is between: keys end with an id, so none begins another.
const FIRST_CHARACTER: char = '\u{1}';

impl IndexQuery<'_> {
    /// The condition on the sort key, with its values.
    fn range(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let begins = self.begins.to_owned();
        match self.after {
            None if begins.is_empty() => ("", vec![]),
            None => (" AND begins_with(#sort, :begins)", vec![(":begins", begins)]),
            Some(after) if !begins.is_empty() => {
                let from =
                    if *after < *begins { begins.clone() } else { format!("{after}{FIRST_CHARACTER}") };
                let to = format!("{begins}{LAST_CHARACTER}");
                (" AND #sort BETWEEN :from AND :to", vec![(":from", from.min(to.clone())), (":to", to)])
            }
            Some(after) if self.ascending => (" AND #sort > :after", vec![(":after", after.to_owned())]),
            Some(after) => (" AND #sort < :after", vec![(":after", after.to_owned())]),
        }
    }
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
        let (range, values) = query.range();
        let mut request = self
            .0
            .dynamodb()
            .query()
            .table_name(self.0.table())
            .index_name(query.index.name)
            .key_condition_expression(format!("#partition = :partition{range}"))
            .expression_attribute_names("#partition", query.index.pk)
            .expression_attribute_values(":partition", string(query.partition))
            .scan_index_forward(query.ascending);
        for (name, value) in values {
            request = request
                .expression_attribute_names("#sort", query.index.sk)
                .expression_attribute_values(name, string(value));
        }
        Ok(send_until(doing, request, query.limit).await?.0)
    }

    /// Reads rows of a partition consistently, whose sort keys are from `from` to `to`, both included, and at most
    /// `limit` (which is not 0). The second part says whether others may follow.
    pub(crate) async fn range(
        self,
        doing: &'static str,
        pk: &str,
        (from, to): (&str, &str),
        limit: usize,
    ) -> Result<(Vec<Item>, bool), Error> {
        // DynamoDB refuses a range whose end is before its beginning.
        if from > to {
            return Ok((Vec::new(), false));
        }
        let request = self
            .0
            .dynamodb()
            .query()
            .table_name(self.0.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", string(pk))
            .expression_attribute_values(":from", string(from))
            .expression_attribute_values(":to", string(to))
            .consistent_read(true);
        send_until(doing, request, limit).await
    }

    /// Reads one page of an index: at most the query's limit, each row with its sort key; also whether there are more.
    pub(crate) async fn query_page(
        self,
        doing: &'static str,
        mut query: IndexQuery<'_>,
    ) -> Result<Page<(String, Item)>, Error> {
        let limit = query.limit;
        query.limit += 1;
        let mut items = self.query(doing, &query).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let placed = items.into_iter().map(|item| match text(&item, query.index.sk).map(str::to_owned) {
            Some(place) => Ok((place, item)),
            None => Err(Error::broken(doing, "a row of an index lacks its sort key")),
        });
        let items: Vec<(String, Item)> = placed.collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| more).map(|(place, _)| Cursor(place.clone()));
        Ok(Page { items, next })
    }

    /// Reads every row of a partition consistently. Use it only for partitions of a bounded size.
    pub(crate) async fn partition(self, doing: &'static str, pk: &str) -> Result<Vec<Item>, Error> {
        let request = self
            .0
            .dynamodb()
            .query()
            .table_name(self.0.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(pk))
            .consistent_read(true);
        Ok(send_until(doing, request, usize::MAX).await?.0)
    }
}

/// Sends a query again behind its last row until there are `limit` rows (which is not 0) or none follow, because
/// DynamoDB ends an answer at 1 MB. The second part says whether others may follow.
pub(crate) async fn send_until(
    doing: &'static str,
    request: QueryFluentBuilder,
    limit: usize,
) -> Result<(Vec<Item>, bool), Error> {
    let mut items = Vec::new();
    let mut start = request.get_exclusive_start_key().clone();
    loop {
        let left = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
        let sent = request.clone().limit(left).set_exclusive_start_key(start).send().await;
        let answer = sent.map_err(|e| Error::sdk(doing, e))?;
        items.extend(answer.items.unwrap_or_default());
        start = answer.last_evaluated_key;
        if start.is_none() || items.len() >= limit {
            return Ok((items, start.is_some()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::indexes::GSI1;
    use crate::scripted_store;

    #[test]
    fn a_page_goes_on_after_a_key_and_stays_in_its_range() {
        let range = |begins, after| {
            IndexQuery { index: GSI1, partition: "p", begins, ascending: true, after, limit: 1 }.range()
        };
        let values = |begins, after| {
            range(begins, Some(after)).1.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
        };
        assert_eq!(range("", None), ("", vec![]));
        assert_eq!(values("", "a"), ["a"]);
        assert_eq!(values("b", "bc"), ["bc\u{1}", "b\u{10ffff}"]);
        assert_eq!(
            values("b", "a"),
            ["b", "b\u{10ffff}"],
            "a cursor of another folder begins at this one's start"
        );
        assert_eq!(values("b", "c"), ["b\u{10ffff}", "b\u{10ffff}"], "and one behind it ends");
    }

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
