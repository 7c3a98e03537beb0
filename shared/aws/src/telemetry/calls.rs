//! Counts the requests that are sent, by kind, and logs which resources each one uses.
//!
//! With `aws::calls=debug` in the log's filter, every request and every signed URL is one line. Together they show what
//! a function's role must allow. A line holds no key, token or URL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// The number of requests sent of each kind, such as `DynamoDB.Query`. Retries count, because they cost as much.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<String, u64>>>);

impl Calls {
    /// The numbers so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts to count from zero.
    pub fn reset(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        request: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = call_name(config);
        log_call(&call, || describe_request(&call, request.request()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
        Ok(())
    }
}

/// Logs a signed URL as the request that a browser may send with it.
pub(crate) fn log_signed(call: &str, url: &str) {
    log_call(call, || Access::to_objects(url, None));
}

fn call_name(config: &ConfigBag) -> String {
    let call = config.load::<Metadata>();
    call.map_or_else(|| "unknown".to_owned(), |call| format!("{}.{}", call.service(), call.name()))
}

fn describe_request(call: &str, request: &HttpRequest) -> Access {
    let body = request.body().bytes().unwrap_or_default();
    match call.split_once('.') {
        Some(("DynamoDB", operation)) => Access::to_rows(operation, body),
        Some(("S3", _)) => Access::to_objects(request.uri(), request.headers().get("x-amz-copy-source")),
        Some(("SQS", _)) => Access::to_queue(body),
        Some(("Cognito", _)) => Access::to_user_pool(body),
        _ => Access::default(),
    }
}

fn log_call(call: &str, describe: impl FnOnce() -> Access) {
    if tracing::enabled!(target: "aws::calls", tracing::Level::DEBUG) {
        let Access { resource, inner, prefix, source, writes, reads } = describe();
        tracing::debug!(target: "aws::calls", call, resource, inner, prefix, source, writes, reads);
    }
}

/// The resources that a request reads or writes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Access {
    /// The end of an ARN: `table`, `table/index/name`, `bucket`, `bucket/prefix/`, `queue` or `pool`.
    resource: Option<String>,
    /// The kinds of request in a batch or a transaction: `Put,Update`.
    inner: Option<String>,
    /// The prefix of a bucket's listing, up to the first slash.
    prefix: Option<String>,
    /// The source of a copy: `bucket/prefix/`.
    source: Option<String>,
    /// The rows that are written or checked: the kind of request and the start of the partition key, such as
    /// `Put LINK#`.
    writes: Option<String>,
    /// The rows that are read: the start of the partition key in the table or the index, such as `LINK#`.
    reads: Option<String>,
}

impl Access {
    /// The table, index and rows of a DynamoDB request, from its JSON.
    fn to_rows(operation: &str, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (mut tables, mut inner, mut writes) = (Vec::new(), Vec::new(), Vec::new());
        tables.extend(text(&body, "TableName"));
        if let Some(kind) = operation.strip_suffix("Item").filter(|kind| !kind.ends_with("Get")) {
            writes.extend(describe_write(kind, &body));
        }
        for item in body["TransactItems"].as_array().into_iter().flatten() {
            for (kind, item) in item.as_object().into_iter().flatten() {
                inner.push(kind.clone());
                writes.extend(describe_write(kind, item));
                tables.extend(text(item, "TableName"));
            }
        }
        for (table, items) in body["RequestItems"].as_object().into_iter().flatten() {
            tables.push(table.clone());
            let batch = items.as_array().into_iter().flatten().filter_map(Value::as_object);
            for (kind, item) in batch.flatten() {
                inner.push(kind.clone());
                writes.extend(describe_write("BatchWrite", item));
            }
        }
        let mut resource = join_once(tables);
        if let (Some(table), Some(index)) = (&mut resource, text(&body, "IndexName")) {
            table.push_str("/index/");
            table.push_str(&index);
        }
        let (inner, writes, reads) =
            (join_once(inner), join_once(writes), join_once(describe_reads(operation, &body)));
        Self { resource, inner, writes, reads, ..Self::default() }
    }

    /// The bucket and prefix of an S3 request, from its URL and the header that names a copy's source.
    fn to_objects(url: &str, copy_source: Option<&str>) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let bucket_and_key = match host.rsplit_once(".s3.") {
            Some((bucket, _)) => format!("{bucket}/{path}"),
            None => path.to_owned(),
        };
        let listed = query.split('&').find_map(|pair| pair.strip_prefix("prefix="));
        Self {
            resource: Some(cut_key(&bucket_and_key)),
            prefix: listed.map(|prefix| first_folder(&prefix.replace("%2F", "/"))),
            source: copy_source.map(cut_key),
            ..Self::default()
        }
    }

    /// The user pool of a request to Cognito, from its JSON.
    fn to_user_pool(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self { resource: body["UserPoolId"].as_str().map(str::to_owned), ..Self::default() }
    }

    /// The queue of an SQS request, from its JSON.
    fn to_queue(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let name = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
        Self { resource: name.map(str::to_owned), ..Self::default() }
    }
}

/// The kind of a request that writes one row, and the start of the row's partition key without the id that follows it.
fn describe_write(kind: &str, request: &Value) -> Option<String> {
    let key = request.get("Key").or_else(|| request.get("Item"))?;
    let partition = key.get("pk")?.get("S")?.as_str()?;
    let start = partition.find('#').map_or(partition, |end| &partition[..=end]);
    Some(format!("{kind} {start}"))
}

/// The starts of the partition keys that a request reads by, without the ids that follow them.
fn describe_reads(operation: &str, request: &Value) -> Vec<String> {
    let start = |partition: &str| match partition.find('#') {
        Some(end) => partition[..=end].to_owned(),
        None => partition.to_owned(),
    };
    let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
    // The partition is the first name of a condition: `#partition = :partition AND …`.
    let queried = condition.split_whitespace().find(|word| word.starts_with(':'));
    let queried = queried.and_then(|name| request["ExpressionAttributeValues"].get(name));
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    let keys = tables.flat_map(|(_, items)| items["Keys"].as_array().into_iter().flatten());
    let one = (operation == "GetItem").then(|| &request["Key"]);
    let partitions = keys.chain(one).map(|key| &key["pk"]).chain(queried);
    partitions.filter_map(|partition| partition["S"].as_str()).map(start).collect()
}

/// Shortens `bucket/key` to `bucket/first-folder/`.
fn cut_key(bucket_and_key: &str) -> String {
    match bucket_and_key.trim_start_matches('/').split_once('/') {
        None => bucket_and_key.to_owned(),
        Some((bucket, "")) => bucket.to_owned(),
        Some((bucket, key)) => format!("{bucket}/{}", first_folder(key)),
    }
}

/// A key up to its first slash; `*` for a key without a slash, which could be a file's name.
fn first_folder(key: &str) -> String {
    key.split_once('/').map_or_else(|| "*".to_owned(), |(folder, _)| format!("{folder}/"))
}

/// Joins the names by commas, each one only once.
fn join_once(names: Vec<String>) -> Option<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    (!once.is_empty()).then(|| once.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_request_for_rows_is_described_by_table_index_and_kinds() {
        let query = br#"{"TableName":"vitrine","IndexName":"gsi3","KeyConditionExpression":"a = :a"}"#;
        let access = Access { resource: text("vitrine/index/gsi3"), ..Access::default() };
        assert_eq!(Access::to_rows("Query", query), access);

        let list = br##"{"TableName":"vitrine","IndexName":"gsi1",
            "KeyConditionExpression":"#partition = :partition AND #sort > :after",
            "ExpressionAttributeValues":{":after":{"S":"x#y"},":partition":{"S":"OWNER#carl"}}}"##;
        let access =
            Access { resource: text("vitrine/index/gsi1"), reads: text("OWNER#"), ..Access::default() };
        assert_eq!(Access::to_rows("Query", list), access);

        let transaction = br#"{"TransactItems":[
            {"Put":{"TableName":"vitrine","Item":{"pk":{"S":"LINK#secret"}}}},
            {"Update":{"TableName":"vitrine"}},{"Update":{"TableName":"vitrine","Key":{"pk":{"S":"USER#u"}}}}]}"#;
        let writes = text("Put LINK#,Update USER#");
        let (inner, resource) = (text("Put,Update"), text("vitrine"));
        let access = Access { resource, inner, writes, ..Access::default() };
        assert_eq!(Access::to_rows("TransactWriteItems", transaction), access);

        let delete = br#"{"TableName":"vitrine","Key":{"pk":{"S":"SITE"}}}"#;
        let access = Access { resource: text("vitrine"), writes: text("Delete SITE"), ..Access::default() };
        assert_eq!(Access::to_rows("DeleteItem", delete), access);
        assert_eq!(Access::to_rows("GetItem", delete).writes, None);

        let batch = br#"{"RequestItems":{"vitrine":[{"DeleteRequest":{"Key":{"pk":{"S":"LIST#x"}}}}]}}"#;
        let (inner, writes) = (text("DeleteRequest"), text("BatchWrite LIST#"));
        let access = Access { resource: text("vitrine"), inner, writes, ..Access::default() };
        assert_eq!(Access::to_rows("BatchWriteItem", batch), access);

        let read = br#"{"RequestItems":{"vitrine":{"Keys":[{"pk":{"S":"x"}}]}}}"#;
        assert_eq!(
            Access::to_rows("BatchGetItem", read),
            Access { resource: text("vitrine"), reads: text("x"), ..Access::default() }
        );
        let one = br#"{"TableName":"vitrine","Key":{"pk":{"S":"LINK#secret"}}}"#;
        let access = Access { resource: text("vitrine"), reads: text("LINK#"), ..Access::default() };
        assert_eq!(Access::to_rows("GetItem", one), access);
    }

    #[test]
    fn a_request_for_an_object_is_described_by_bucket_and_first_folder() {
        let aws = "https://vitrine-assets.s3.eu-west-1.amazonaws.com/library/a/b.jpg?X-Amz-Signature=0f";
        let local = "http://127.0.0.1:9000/vitrine-assets/library/a/b.jpg";
        for url in [aws, local] {
            let access = Access { resource: text("vitrine-assets/library/"), ..Access::default() };
            assert_eq!(Access::to_objects(url, None), access);
        }
        let list = "http://127.0.0.1:9000/vitrine-bundles/?list-type=2&prefix=bundles%2F0123%2F";
        let access =
            Access { resource: text("vitrine-bundles"), prefix: text("bundles/"), ..Access::default() };
        assert_eq!(Access::to_objects(list, None), access);

        let part = "https://vitrine-bundles.s3.eu-west-1.amazonaws.com/bundles/0123/4.zip?partNumber=1";
        let access = Access {
            resource: text("vitrine-bundles/bundles/"),
            source: text("vitrine-assets/library/"),
            ..Access::default()
        };
        assert_eq!(Access::to_objects(part, Some("vitrine-assets/library/%C3%9C.jpg")), access);
    }

    #[test]
    fn a_message_is_described_by_its_queue() {
        let body = br#"{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/vitrine-ingest","MessageBody":"{}"}"#;
        assert_eq!(Access::to_queue(body), Access { resource: text("vitrine-ingest"), ..Access::default() });
    }
}
