//! Answers as AWS gives them when something is wrong.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::call::{Call, Service};

/// An answer of JSON.
pub(super) fn json_answer(status: u16, body: &Value) -> HttpResponse {
    answer(status, "application/x-amz-json-1.0", body.to_string())
}

/// An error of DynamoDB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
pub(super) fn refused(status: u16, code: &str, message: &str) -> HttpResponse {
    let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
    json_answer(status, &json!({"__type": code, "message": message}))
}

/// A transaction that conflicted with others at these writes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub(super) fn cancelled(meets: &[bool]) -> HttpResponse {
    let codes: Vec<&str> =
        meets.iter().map(|met| if *met { "TransactionConflict" } else { "None" }).collect();
    let reasons = meets.iter().map(|met| match met {
        true => json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}),
        false => json!({"Code": "None"}),
    });
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": message,
        "CancellationReasons": reasons.collect::<Vec<_>>(),
    });
    json_answer(400, &body)
}

/// The answer of a store that gets too many requests.
pub(super) fn throttled(call: &Call) -> HttpResponse {
    match call.service {
        Service::Rows => refused(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded.",
        ),
        Service::Queues => json_answer(
            400,
            &json!({"__type": "com.amazonaws.sqs#RequestThrottled", "message": "The request was denied."}),
        ),
        Service::Mails => xml(
            400,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
            <Message>Maximum sending rate exceeded.</Message></Error></ErrorResponse>",
        ),
        Service::Objects => objects(503, "SlowDown", "Please reduce your request rate."),
    }
}

/// The answer of a store with an internal error.
pub(super) fn failed(call: &Call) -> HttpResponse {
    match call.service {
        Service::Rows => refused(500, "InternalServerError", "The request could not be processed."),
        Service::Queues => json_answer(
            503,
            &json!({"__type": "com.amazonaws.sqs#ServiceUnavailable", "message": "Try again."}),
        ),
        Service::Mails => xml(
            503,
            "<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code>\
            <Message>Try again.</Message></Error></ErrorResponse>",
        ),
        Service::Objects => {
            objects(500, "InternalError", "We encountered an internal error. Please try again.")
        }
    }
}

/// S3's error in an answer of status 200, which the end of an upload may give
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
pub(super) fn failed_with_200() -> HttpResponse {
    objects(200, "InternalError", "We encountered an internal error. Please try again.")
}

fn objects(status: u16, code: &str, message: &str) -> HttpResponse {
    xml(status, &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

fn xml(status: u16, body: &str) -> HttpResponse {
    answer(status, "application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
}

fn answer(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    let status = status.try_into().expect("a valid status");
    let mut answer = HttpResponse::new(status, SdkBody::from(body));
    answer.headers_mut().insert("content-type", content_type);
    answer
}
