//! The part of SQS's protocol (AWS-JSON 1.0) that Vitrine uses:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>. Signatures are not checked, because only this
//! process can send requests; answers have no checksums of messages, because the SDK does not need them.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Message, Outgoing, QueueError, Queues};

/// The account number in queue URLs.
const ACCOUNT: &str = "000000000000";

/// The most entries of a batch, and the most messages that a receive gives.
const BATCH_LIMIT: usize = 10;

/// The endpoint's router.
pub fn router(queues: Queues) -> Router {
    Router::new().route("/", post(handle)).with_state(queues)
}

/// The URL of the queue `name` at `endpoint`.
pub fn queue_url(endpoint: &str, name: &str) -> String {
    format!("{}/{ACCOUNT}/{name}", endpoint.trim_end_matches('/'))
}

/// An error in the SDK's form: the name of its shape, and a message.
struct Fault(&'static str, String);

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        let shape = match error {
            QueueError::NoSuchQueue(_) => "QueueDoesNotExist",
            QueueError::TooLarge(_) => "InvalidParameterValue",
            QueueError::Store(_) | QueueError::Stopped => "InternalFailure",
        };
        Self(shape, error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self(shape, message) = self;
        let internal = shape == "InternalFailure";
        let status = if internal { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        if internal {
            tracing::error!(message, "a request to a queue failed");
        }
        // The SDK distinguishes errors by their names in the older Query protocol, which are in a header.
        let query_code = match shape {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
            "InternalFailure" | "InvalidParameterValue" | "ReceiptHandleIsInvalid" => shape.to_owned(),
            _ => format!("AWS.SimpleQueueService.{shape}"),
        };
        let blame = if internal { "Receiver" } else { "Sender" };
        let headers = [
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("x-amzn-query-error", format!("{query_code};{blame}")),
        ];
        let body = json!({"__type": format!("com.amazonaws.sqs#{shape}"), "message": message});
        (status, AppendHeaders(headers), body.to_string()).into_response()
    }
}

async fn handle(State(queues): State<Queues>, headers: HeaderMap, body: Bytes) -> Result<Response, Fault> {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok()).unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let answer = match target.strip_prefix("AmazonSQS.").unwrap_or_default() {
        "SendMessage" => send(&queues, parse(&body)?).await?,
        "SendMessageBatch" => send_batch(&queues, parse(&body)?).await?,
        "ReceiveMessage" => receive(&queues, parse(&body)?).await?,
        "DeleteMessage" => {
            let MessageRequest { queue_url, receipt_handle, .. } = parse(&body)?;
            queues.delete(queue_name(&queue_url), &receipt_handle).await?;
            json!({})
        }
        "ChangeMessageVisibility" => change_visibility(&queues, parse(&body)?).await?,
        "GetQueueUrl" => {
            let GetQueueUrl { queue_name } = parse(&body)?;
            queues.queue(&queue_name)?;
            json!({"QueueUrl": queue_url(&format!("http://{host}"), &queue_name)})
        }
        "GetQueueAttributes" => {
            let QueueRequest { queue_url } = parse(&body)?;
            let counts = queues.counts(queue_name(&queue_url), aws::clock::now()).await?;
            json!({"Attributes": {
                "ApproximateNumberOfMessages": counts.waiting.to_string(),
                "ApproximateNumberOfMessagesNotVisible": counts.hidden.to_string(),
            }})
        }
        _ => return Err(Fault("UnsupportedOperation", format!("{target:?} is not supported here"))),
    };
    Ok(([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.to_string()).into_response())
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|e| Fault("InvalidParameterValue", e.to_string()))
}

/// The queue's name, which is the end of its URL.
fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueRequest {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MessageRequest {
    queue_url: String,
    receipt_handle: String,
    #[serde(default)]
    visibility_timeout: i64,
}

/// Unknown fields are refused, because message attributes and groups are not kept.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Send {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendBatch {
    queue_url: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    id: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Receive {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<i64>,
}

fn outgoing(body: String, delay_seconds: i64) -> Result<Outgoing, Fault> {
    if !(0..=900).contains(&delay_seconds) {
        return Err(Fault("InvalidParameterValue", "DelaySeconds must be from 0 to 900".to_owned()));
    }
    Ok(Outgoing { body, delay: SignedDuration::from_secs(delay_seconds) })
}

async fn send(queues: &Queues, request: Send) -> Result<Value, Fault> {
    let message = outgoing(request.message_body, request.delay_seconds)?;
    let ids = queues.send(queue_name(&request.queue_url), vec![message], aws::clock::now()).await?;
    Ok(json!({"MessageId": ids[0]}))
}

async fn send_batch(queues: &Queues, request: SendBatch) -> Result<Value, Fault> {
    match request.entries.len() {
        0 => return Err(Fault("EmptyBatchRequest", "the batch is empty".to_owned())),
        1..=BATCH_LIMIT => {}
        _ => return Err(Fault("TooManyEntriesInBatchRequest", "a batch has at most 10 entries".to_owned())),
    }
    let (names, messages): (Vec<_>, Vec<_>) =
        request.entries.into_iter().map(|e| (e.id, outgoing(e.message_body, e.delay_seconds))).unzip();
    let messages = messages.into_iter().collect::<Result<Vec<_>, _>>()?;
    let ids = queues.send(queue_name(&request.queue_url), messages, aws::clock::now()).await?;
    let sent = names.iter().zip(&ids).map(|(name, id)| json!({"Id": name, "MessageId": id}));
    Ok(json!({"Successful": sent.collect::<Vec<_>>(), "Failed": []}))
}

async fn receive(queues: &Queues, request: Receive) -> Result<Value, Fault> {
    let max = request.max_number_of_messages.unwrap_or(1).clamp(1, BATCH_LIMIT);
    let visibility = request.visibility_timeout.map(SignedDuration::from_secs);
    let messages = queues.receive(queue_name(&request.queue_url), max, visibility, aws::clock::now()).await?;
    Ok(json!({"Messages": messages.iter().map(|m| json!({
        "MessageId": m.id,
        "ReceiptHandle": m.receipt,
        "Body": m.body,
        "Attributes": attributes(m),
    })).collect::<Vec<_>>()}))
}

async fn change_visibility(queues: &Queues, request: MessageRequest) -> Result<Value, Fault> {
    if !(0..=43_200).contains(&request.visibility_timeout) {
        return Err(Fault("InvalidParameterValue", "VisibilityTimeout must be from 0 to 43200".to_owned()));
    }
    let hidden = SignedDuration::from_secs(request.visibility_timeout);
    let queue = queue_name(&request.queue_url);
    match queues.set_visibility(queue, &request.receipt_handle, hidden, aws::clock::now()).await? {
        true => Ok(json!({})),
        false => Err(Fault("ReceiptHandleIsInvalid", "the receipt is no longer valid".to_owned())),
    }
}

/// The system attributes of a delivery.
pub(super) fn attributes(message: &Message) -> Value {
    json!({
        "ApproximateReceiveCount": message.receives.to_string(),
        "SentTimestamp": message.sent.as_millisecond().to_string(),
        "ApproximateFirstReceiveTimestamp": message.first_received.as_millisecond().to_string(),
        "SenderId": ACCOUNT,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;
    use aws_sdk_sqs::{
        Client,
        config::{BehaviorVersion, Credentials, Region},
        types::SendMessageBatchRequestEntry,
    };

    async fn client(folder: &tempfile::TempDir) -> (Client, String) {
        let rules = Rules {
            name: "ingest",
            visibility: SignedDuration::from_secs(300),
            max_receives: 3,
            batched: false,
        };
        let queues = Queues::open(&folder.path().join("q"), &[rules]).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router(queues)).await });
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&endpoint);
        (Client::from_conf(config.build()), endpoint)
    }

    #[tokio::test]
    async fn the_sdk_sends_receives_and_deletes() {
        let folder = tempfile::tempdir().unwrap();
        let (sqs, endpoint) = client(&folder).await;
        let url = sqs.get_queue_url().queue_name("ingest").send().await.unwrap().queue_url.unwrap();
        assert_eq!(url, queue_url(&endpoint, "ingest"));
        let sent = sqs.send_message().queue_url(&url).message_body("one").send().await.unwrap();
        let entry =
            |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
        let batch = sqs.send_message_batch().queue_url(&url).entries(entry("two")).entries(entry("three"));
        assert_eq!(batch.send().await.unwrap().successful.len(), 2);
        let received = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
        let messages = received.messages.unwrap();
        assert_eq!(messages.iter().map(|m| m.body().unwrap()).collect::<Vec<_>>(), ["one", "two", "three"]);
        assert_eq!(messages[0].message_id, sent.message_id);
        for message in &messages[1..] {
            sqs.delete_message()
                .queue_url(&url)
                .receipt_handle(message.receipt_handle().unwrap())
                .send()
                .await
                .unwrap();
        }
        let first = messages[0].receipt_handle().unwrap();
        let back =
            sqs.change_message_visibility().queue_url(&url).receipt_handle(first).visibility_timeout(0);
        back.send().await.unwrap();
        let again = sqs.receive_message().queue_url(&url).send().await.unwrap().messages.unwrap();
        assert_eq!((again.len(), again[0].body()), (1, Some("one")));
    }

    #[tokio::test]
    async fn a_message_is_put_off_by_its_last_receipt_for_up_to_twelve_hours() {
        let folder = tempfile::tempdir().unwrap();
        let (sqs, endpoint) = client(&folder).await;
        let url = queue_url(&endpoint, "ingest");
        sqs.send_message().queue_url(&url).message_body("one").send().await.unwrap();
        let receive = async || {
            let received = sqs.receive_message().queue_url(&url).send().await.unwrap();
            received.messages.unwrap().pop().map(|message| message.receipt_handle.unwrap())
        };
        let put_off = async |receipt: &str, seconds: i32| {
            let asked = sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt);
            asked
                .visibility_timeout(seconds)
                .send()
                .await
                .map_err(aws_sdk_sqs::error::SdkError::into_service_error)
        };
        let first = receive().await.unwrap();
        put_off(&first, 0).await.unwrap();
        let second = receive().await.unwrap();
        assert!(put_off(&first, 0).await.unwrap_err().is_receipt_handle_is_invalid());
        for wrong in [-1, 43_201] {
            assert!(put_off(&second, wrong).await.is_err(), "{wrong}");
        }
        put_off(&second, 43_200).await.unwrap();
        assert_eq!(receive().await, None);
    }

    #[tokio::test]
    async fn the_sdk_understands_refusals() {
        let folder = tempfile::tempdir().unwrap();
        let (sqs, endpoint) = client(&folder).await;
        let missing =
            sqs.send_message().queue_url(queue_url(&endpoint, "nope")).message_body("x").send().await;
        assert!(missing.unwrap_err().into_service_error().is_queue_does_not_exist());
        let url = queue_url(&endpoint, "ingest");
        let empty = sqs.send_message_batch().queue_url(&url).set_entries(Some(Vec::new())).send().await;
        assert!(empty.unwrap_err().into_service_error().is_empty_batch_request());
        let grouped = sqs.send_message().queue_url(&url).message_body("x").message_group_id("g").send().await;
        assert!(grouped.is_err(), "groups are not kept");
    }
}
