//! Requests, as far as faults need to know them.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use local_inside::{MAILS_URL, QUEUES_URL, ROWS_URL};
use serde_json::Value;

/// A store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Rows,
    Queues,
    Mails,
    Objects,
}

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    pub service: Service,
    /// DynamoDB's or SQS's operation, or S3's method (`COMPLETE` for the end of an upload).
    pub name: String,
    /// The body of DynamoDB and SQS.
    pub body: Value,
    /// The address of S3.
    pub address: String,
}

impl Call {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let uri = request.uri();
        let service = match uri {
            _ if uri.starts_with(ROWS_URL) => Service::Rows,
            _ if uri.starts_with(QUEUES_URL) => Service::Queues,
            _ if uri.starts_with(MAILS_URL) => Service::Mails,
            _ => Service::Objects,
        };
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let name = match (service, request.method()) {
            (Service::Mails, _) => "SendRawEmail",
            (Service::Objects, "POST") if uri.contains("uploadId=") => "COMPLETE",
            (Service::Objects, method) => method,
            _ => target.unwrap_or("unknown"),
        };
        let body = match service {
            Service::Rows | Service::Queues => request.body().bytes().unwrap_or_default(),
            _ => &[],
        };
        let body = serde_json::from_slice(body).unwrap_or_default();
        Self { service, name: name.to_owned(), body, address: uri.to_owned() }
    }

    /// What the request is about, as text: its address and its body.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.address, self.body)
    }
}

/// A row by its key, as text.
pub(super) type RowKey = String;

/// The key in a row's attributes or in `Key`.
pub(super) fn row_key(attributes: &Value) -> Option<RowKey> {
    let part = |name: &str| attributes[name]["S"].as_str();
    Some(format!("{}\n{}", part("pk")?, part("sk")?))
}

/// The key of the row that a single write, or a part of a transaction, is about.
pub(super) fn target_row(write: &Value) -> Option<RowKey> {
    write.get("Key").or_else(|| write.get("Item")).and_then(row_key)
}

/// The parts of a transaction, in their order: `Put`, `Update` and so on, without their names.
pub(super) fn parts(transaction: &Value) -> Vec<&Value> {
    let items = transaction["TransactItems"].as_array().into_iter().flatten();
    items.filter_map(|item| item.as_object()?.values().next()).collect()
}
