//! SQS's faults: messages that are delivered twice or late, or that the queue does not accept.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use jiff::SignedDuration;
use local::queue::{Outgoing, Queues};
use serde_json::{Value, json};

use super::call::Call;
use super::rows::{read, with_body};
use super::{Faults, Kind, answers};

/// Sends a request to the queues.
pub(super) async fn send(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let mut body = call.body.clone();
    let mut refused = Vec::new();
    match call.name.as_str() {
        "SendMessage" => {
            if faults.strikes(Kind::Overtaken, call) {
                body["DelaySeconds"] = json!(1);
            }
        }
        "SendMessageBatch" => {
            for entry in body["Entries"].as_array_mut().into_iter().flatten() {
                if faults.strikes(Kind::Overtaken, call) {
                    entry["DelaySeconds"] = json!(1);
                }
            }
            if let Some(entries) = body["Entries"].as_array_mut() {
                entries.retain(|entry| {
                    let is_refused = faults.strikes(Kind::Unprocessed, call);
                    if is_refused {
                        refused.push(entry["Id"].clone());
                    }
                    !is_refused
                });
                if entries.is_empty() {
                    return Ok(answers::json_answer(
                        200,
                        &json!({"Successful": [], "Failed": failures(&refused)}),
                    ));
                }
            }
        }
        _ => return inner.call(request).await,
    }
    if faults.strikes(Kind::Twice, call) {
        inner.call(with_body(&request, &body)?).await?;
    }
    let sent = inner.call(with_body(&request, &body)?).await?;
    if refused.is_empty() || !sent.status().is_success() {
        return Ok(sent);
    }
    let (_, mut answer) = read(sent);
    answer["Failed"] = failures(&refused);
    Ok(answers::json_answer(200, &answer))
}

/// Entries that the queue did not accept
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html>).
fn failures(ids: &[Value]) -> Value {
    let failed =
        |id: &Value| json!({"Id": id, "SenderFault": false, "Code": "InternalError", "Message": "Again."});
    Value::Array(ids.iter().map(failed).collect())
}

/// Takes messages from a queue like a worker that is killed, so that some are delivered late, and copies some. It is for
/// events of S3, which reach their queue without the SDK. Runs until it is dropped.
pub async fn disturb(faults: Faults, queues: Queues, queue: &'static str) {
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rates = faults.rates();
        if faults.of_all.chance.draw("taken", queue) >= rates.overtaken {
            continue;
        }
        let now = aws::clock::now();
        // The queue may be closed by now.
        let Ok(taken) = queues.receive(queue, 1, None, now).await else { return };
        for message in taken {
            faults.of_all.figures.add(Kind::Overtaken);
            let delay = |what: &str| {
                SignedDuration::try_from(faults.random_part(Duration::from_millis(500), what))
                    .unwrap_or_default()
            };
            let copy = || Outgoing { body: message.body.clone(), delay: delay("copy") };
            if faults.draws(Kind::Twice, queue, 0.5) {
                _ = queues.send(queue, vec![copy()], now).await;
            }
            if message.receives > 2 {
                // The worker needs the last deliveries, because it gives up after them.
                _ = queues.send(queue, vec![copy()], now).await;
                _ = queues.delete(queue, &message.receipt).await;
            } else {
                _ = queues.set_visibility(queue, &message.receipt, delay("message"), now).await;
            }
        }
    }
}
