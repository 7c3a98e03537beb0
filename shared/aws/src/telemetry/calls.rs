//! The requests that go out: how many of each kind, and, where the log asks for it, what each one touches.
//!
//! With `aws::calls=debug` in the log's filter every request, and every URL that is signed, is one line: what a
//! function's role must allow is what its lines say. A line holds no key, token or URL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// How many requests of each kind went out, such as `DynamoDB.Query`. Retries count: they cost.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<String, u64>>>);

impl Calls {
    /// The figures so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the figures, to measure the next piece of work.
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
        let call = name(config);
        log_call(&call, || touched(&call, request.request()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
        Ok(())
    }
}

/// Logs a URL that is signed, which is a request only once a browser sends it.
pub(crate) fn log_signed(call: &str, url: &str) {
    log_call(call, || Touched::objects(url, None));
}

fn name(config: &ConfigBag) -> String {
    let call = config.load::<Metadata>();
    call.map_or_else(|| "unknown".to_owned(), |call| format!("{}.{}", call.service(), call.name()))
}

fn touched(call: &str, request: &HttpRequest) -> Touched {
    match call.split_once('.') {
        Some(("DynamoDB", operation)) => Touched::rows(operation, request.body().bytes().unwrap_or_default()),
        Some(("S3", _)) => Touched::objects(request.uri(), request.headers().get("x-amz-copy-source")),
        Some(("SQS", _)) => Touched::queue(request.body().bytes().unwrap_or_default()),
        Some(("Cognito", _)) => Touched::pool(request.body().bytes().unwrap_or_default()),
        _ => Touched::default(),
    }
}

fn log_call(call: &str, touched: impl FnOnce() -> Touched) {
    if tracing::enabled!(target: "aws::calls", tracing::Level::DEBUG) {
        let Touched { resource, inner, prefix, source, writes } = touched();
        tracing::debug!(target: "aws::calls", call, resource, inner, prefix, source, writes);
    }
}

/// What a request touches, in the form in which ARNs end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Touched {
    /// `table`, `table/index/name`, `bucket`, `bucket/prefix/`, `queue`, `pool`.
    resource: Option<String>,
    /// The kinds of request that a batch or a transaction holds: `Put,Update`.
    inner: Option<String>,
    /// What a listing of a bucket is limited to, up to the first slash.
    prefix: Option<String>,
    /// `bucket/prefix/` that a copy reads.
    source: Option<String>,
    /// The rows that are written or checked, by kind of request and beginning of their partition: `Put LINK#`.
    writes: Option<String>,
}

impl Touched {
    /// The table of a DynamoDB request, from its JSON.
    fn rows(operation: &str, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (mut tables, mut inner, mut writes) = (Vec::new(), Vec::new(), Vec::new());
        tables.extend(text(&body, "TableName"));
        if let Some(kind) = operation.strip_suffix("Item").filter(|kind| !kind.ends_with("Get")) {
            writes.extend(written(kind, &body));
        }
        for item in body["TransactItems"].as_array().into_iter().flatten() {
            for (kind, item) in item.as_object().into_iter().flatten() {
                inner.push(kind.clone());
                writes.extend(written(kind, item));
                tables.extend(text(item, "TableName"));
            }
        }
        for (table, items) in body["RequestItems"].as_object().into_iter().flatten() {
            tables.push(table.clone());
            let batch = items.as_array().into_iter().flatten().filter_map(Value::as_object);
            for (kind, item) in batch.flatten() {
                inner.push(kind.clone());
                writes.extend(written("BatchWrite", item));
            }
        }
        let mut resource = list(tables);
        if let (Some(table), Some(index)) = (&mut resource, text(&body, "IndexName")) {
            table.push_str("/index/");
            table.push_str(&index);
        }
        Self { resource, inner: list(inner), writes: list(writes), ..Self::default() }
    }

    /// The bucket of an S3 request and its keys' prefix, from its URL and the header that names a copy's source.
    fn objects(url: &str, copy_source: Option<&str>) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let place = match host.rsplit_once(".s3.") {
            Some((bucket, _)) => format!("{bucket}/{path}"),
            None => path.to_owned(),
        };
        let listed = query.split('&').find_map(|pair| pair.strip_prefix("prefix="));
        Self {
            resource: Some(place_of(&place)),
            prefix: listed.map(|prefix| first_folder(&prefix.replace("%2F", "/"))),
            source: copy_source.map(place_of),
            ..Self::default()
        }
    }

    /// The user pool of a request to Cognito, from its JSON.
    fn pool(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self { resource: body["UserPoolId"].as_str().map(str::to_owned), ..Self::default() }
    }

    /// The queue of an SQS request, from its JSON.
    fn queue(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let name = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
        Self { resource: name.map(str::to_owned), ..Self::default() }
    }
}

/// The beginning of the partition that a request for one row writes, with what kind of request that is: never the id
/// that follows it.
fn written(kind: &str, request: &Value) -> Option<String> {
    let key = request.get("Key").or_else(|| request.get("Item"))?;
    let partition = key.get("pk")?.get("S")?.as_str()?;
    let begins = partition.find('#').map_or(partition, |end| &partition[..=end]);
    Some(format!("{kind} {begins}"))
}

/// `bucket` or `bucket/prefix/` of a place in a bucket.
fn place_of(place: &str) -> String {
    match place.trim_start_matches('/').split_once('/') {
        None => place.to_owned(),
        Some((bucket, "")) => bucket.to_owned(),
        Some((bucket, key)) => format!("{bucket}/{}", first_folder(key)),
    }
}

/// The part of a key that ends with its first slash; of a key without one no more is told than that.
fn first_folder(key: &str) -> String {
    key.split_once('/').map_or_else(|| "*".to_owned(), |(folder, _)| format!("{folder}/"))
}

/// Names, each once, in the order of their first appearance.
fn list(names: Vec<String>) -> Option<String> {
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
    fn a_request_for_rows_tells_its_table_index_and_kinds() {
        let query = br#"{"TableName":"vitrine","IndexName":"by_end","KeyConditionExpression":"a = :a"}"#;
        let touched = Touched { resource: text("vitrine/index/by_end"), ..Touched::default() };
        assert_eq!(Touched::rows("Query", query), touched);

        let transaction = br#"{"TransactItems":[
            {"Put":{"TableName":"vitrine","Item":{"pk":{"S":"LINK#secret"}}}},
            {"Update":{"TableName":"vitrine"}},{"Update":{"TableName":"vitrine","Key":{"pk":{"S":"USER#u"}}}}]}"#;
        let writes = text("Put LINK#,Update USER#");
        let (inner, resource) = (text("Put,Update"), text("vitrine"));
        let touched = Touched { resource, inner, writes, ..Touched::default() };
        assert_eq!(Touched::rows("TransactWriteItems", transaction), touched);

        let delete = br#"{"TableName":"vitrine","Key":{"pk":{"S":"SITE"}}}"#;
        let touched =
            Touched { resource: text("vitrine"), writes: text("Delete SITE"), ..Touched::default() };
        assert_eq!(Touched::rows("DeleteItem", delete), touched);
        assert_eq!(Touched::rows("GetItem", delete).writes, None);

        let batch = br#"{"RequestItems":{"vitrine":[{"DeleteRequest":{"Key":{"pk":{"S":"SET#x"}}}}]}}"#;
        let (inner, writes) = (text("DeleteRequest"), text("BatchWrite SET#"));
        let touched = Touched { resource: text("vitrine"), inner, writes, ..Touched::default() };
        assert_eq!(Touched::rows("BatchWriteItem", batch), touched);

        let read = br#"{"RequestItems":{"vitrine":{"Keys":[{"pk":{"S":"x"}}]}}}"#;
        assert_eq!(
            Touched::rows("BatchGetItem", read),
            Touched { resource: text("vitrine"), ..Touched::default() }
        );
    }

    #[test]
    fn a_request_for_an_object_tells_its_bucket_and_first_folder() {
        let aws = "https://vitrine-assets.s3.eu-west-1.amazonaws.com/library/a/b.jpg?X-Amz-Signature=0f";
        let local = "http://127.0.0.1:9000/vitrine-assets/library/a/b.jpg";
        for url in [aws, local] {
            let touched = Touched { resource: text("vitrine-assets/library/"), ..Touched::default() };
            assert_eq!(Touched::objects(url, None), touched);
        }
        let list = "http://127.0.0.1:9000/vitrine-bundles/?list-type=2&prefix=bundles%2F0123%2F";
        let touched =
            Touched { resource: text("vitrine-bundles"), prefix: text("bundles/"), ..Touched::default() };
        assert_eq!(Touched::objects(list, None), touched);

        let part = "https://vitrine-bundles.s3.eu-west-1.amazonaws.com/bundles/0123/4.zip?partNumber=1";
        let touched = Touched {
            resource: text("vitrine-bundles/bundles/"),
            source: text("vitrine-assets/library/"),
            ..Touched::default()
        };
        assert_eq!(Touched::objects(part, Some("vitrine-assets/library/%C3%9C.jpg")), touched);
    }

    #[test]
    fn a_message_tells_its_queue() {
        let body = br#"{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/vitrine-ingest","MessageBody":"{}"}"#;
        assert_eq!(Touched::queue(body), Touched { resource: text("vitrine-ingest"), ..Touched::default() });
    }
}
