//! DynamoDB's faults: conflicts, unprocessed parts of batches, indexes that lag, keys too long for an index.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value, json};

use super::call::{Call, RowKey, parts, row_key, target_row};
use super::figures::OLD_ANSWERS;
use super::{Faults, Kind, answers};

/// Rows of one BatchGetItem.
const READ: usize = 100;

/// Sends a request to the table, or answers in its place.
pub(super) async fn send(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    if let Some(message) = faults.of_site.indexes.refusal(call) {
        faults.of_all.figures.add(Kind::KeyTooLong);
        return Ok(answers::refused(400, "ValidationException", message));
    }
    let body = &call.body;
    match call.name.as_str() {
        "CreateTable" => {
            faults.of_site.indexes.learn(body);
            inner.call(request).await
        }
        "DescribeTable" => {
            let (answer, table) = read(inner.call(request).await?);
            faults.of_site.indexes.learn(&table["Table"]);
            Ok(answer)
        }
        "TransactWriteItems" => transact(faults, call, request, inner).await,
        "TransactGetItems" => {
            let keys: Vec<RowKey> = parts(body).into_iter().filter_map(target_row).collect();
            let meets = faults.of_site.in_flight.met_by_reads(&keys);
            if meets.contains(&true) {
                faults.of_all.figures.add(Kind::Conflict);
                return Ok(answers::cancelled(&meets));
            }
            inner.call(request).await
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            let Some(key) = target_row(body) else { return inner.call(request).await };
            let begun = faults.of_site.in_flight.begin_plain(key.clone());
            if begun.is_none() {
                faults.of_all.figures.add(Kind::Conflict);
            }
            let Some(_guard) = begun.filter(|_| !faults.is_planned(Kind::Conflict, call)) else {
                let message = "Transaction is ongoing for the item";
                return Ok(answers::refused(400, "TransactionConflictException", message));
            };
            hide_from_indexes(faults, call, &[key], &request, inner).await?;
            inner.call(request).await
        }
        "BatchWriteItem" => write_batch(faults, call, request, inner).await,
        "BatchGetItem" => get_batch(faults, call, request, inner).await,
        "Query" => query(faults, call, request, inner).await,
        _ => inner.call(request).await,
    }
}

async fn transact(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let token = call.body["ClientRequestToken"].as_str().unwrap_or_default();
    if faults.of_site.done.has(token) {
        return inner.call(request).await;
    }
    let keys: Vec<RowKey> = parts(&call.body).into_iter().filter_map(target_row).collect();
    let begun = faults.of_site.in_flight.begin_transaction(keys.clone());
    let _guard = match begun {
        Ok(guard) => guard,
        Err(meets) => {
            faults.of_all.figures.add(Kind::Conflict);
            return Ok(answers::cancelled(&meets));
        }
    };
    if faults.is_planned(Kind::Conflict, call) {
        return Ok(answers::cancelled(&vec![true; keys.len()]));
    }
    let half = faults.rates().hold / 2;
    tokio::time::sleep(half + faults.random_part(half, "hold")).await;
    hide_from_indexes(faults, call, &keys, &request, inner).await?;
    let answer = inner.call(request).await?;
    if answer.status().is_success() && !token.is_empty() {
        faults.of_site.done.note(token);
    }
    Ok(answer)
}

/// Lets the indexes show some of these rows as they are before the write, for a while after it.
async fn hide_from_indexes(
    faults: &Faults,
    call: &Call,
    keys: &[RowKey],
    like: &HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<(), ConnectorError> {
    let late: Vec<&RowKey> = keys.iter().filter(|_| faults.strikes(Kind::Late, call)).collect();
    for keys in late.chunks(READ) {
        let wanted = keys.iter().filter_map(|key| {
            let (pk, sk) = key.split_once('\n')?;
            Some(json!({"pk": {"S": pk}, "sk": {"S": sk}}))
        });
        let wanted: Vec<Value> = wanted.collect();
        let table = table(&call.body).unwrap_or_default();
        let get = json!({"RequestItems": {table: {"ConsistentRead": true, "Keys": wanted}}});
        let mut request = with_body(like, &get)?;
        request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.BatchGetItem");
        let (_, found) = read(inner.call(request).await?);
        let rows = found["Responses"][table].as_array().cloned().unwrap_or_default();
        for key in keys {
            let before = rows.iter().find(|row| row_key(row).as_ref() == Some(*key)).cloned();
            let half = faults.rates().lag / 2;
            let lag = half + faults.random_part(half, "lag");
            faults.of_site.late.hide((*key).clone(), before, lag);
        }
    }
    Ok(())
}

/// The table that a request is about.
fn table(body: &Value) -> Option<&str> {
    let of_batch = || body["RequestItems"].as_object()?.keys().next().map(String::as_str);
    let of_part = || parts(body).first()?["TableName"].as_str();
    body["TableName"].as_str().or_else(of_part).or_else(of_batch)
}

async fn query(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let answer = inner.call(request).await?;
    let index = call.body["IndexName"].as_str().and_then(|name| faults.of_site.indexes.find(name));
    let (Some(index), true) = (index, answer.status().is_success()) else { return Ok(answer) };
    let (answer, now) = read(answer);
    let Some(before) = faults.of_site.late.older_answer(&call.body, &now, &index) else { return Ok(answer) };
    faults.of_all.figures.add_named(OLD_ANSWERS);
    Ok(answers::json_answer(200, &before))
}

/// Does not process some rows of a batch, and those that a transaction is writing.
async fn write_batch(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let (mut done, mut unprocessed_part) = (Map::new(), Map::new());
    let mut guards = Vec::new();
    for (table, rows) in call.body["RequestItems"].as_object().into_iter().flatten() {
        for row in rows.as_array().into_iter().flatten() {
            let write = row.get("PutRequest").or_else(|| row.get("DeleteRequest")).unwrap_or(&Value::Null);
            let guard = target_row(write).and_then(|key| {
                let begun = faults.of_site.in_flight.begin_plain(key);
                if begun.is_none() {
                    faults.of_all.figures.add(Kind::Conflict);
                }
                begun
            });
            let now = match guard {
                // One row is always processed, because DynamoDB would otherwise refuse the whole request.
                Some(guard) if done.is_empty() || !faults.strikes(Kind::Unprocessed, call) => {
                    guards.push(guard);
                    &mut done
                }
                _ => &mut unprocessed_part,
            };
            push(now, table, row);
        }
    }
    let mut answer = json!({"UnprocessedItems": {}});
    if !done.is_empty() {
        let keys = done.values().flat_map(|rows| rows.as_array().into_iter().flatten());
        let keys = keys.filter_map(|row| target_row(row.as_object()?.values().next()?));
        let keys: Vec<RowKey> = keys.collect();
        hide_from_indexes(faults, call, &keys, &request, inner).await?;
        let mut body = call.body.clone();
        body["RequestItems"] = Value::Object(done);
        let sent = inner.call(with_body(&request, &body)?).await?;
        if !sent.status().is_success() {
            return Ok(sent);
        }
        answer = read(sent).1;
    }
    for (table, rows) in unprocessed_part {
        for row in rows.as_array().into_iter().flatten() {
            let Some(unprocessed) = answer["UnprocessedItems"].as_object_mut() else { continue };
            push(unprocessed, &table, row);
        }
    }
    Ok(answers::json_answer(200, &answer))
}

/// Does not process some keys of a batch.
async fn get_batch(
    faults: &Faults,
    call: &Call,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let (mut body, mut unprocessed_part) = (call.body.clone(), Map::new());
    for (table, wanted) in body["RequestItems"].as_object_mut().into_iter().flatten() {
        let Some(keys) = wanted["Keys"].as_array_mut() else { continue };
        // One key stays, because a request without keys is invalid.
        let (mut late, mut stay) = (Vec::new(), Vec::new());
        for key in keys.drain(..) {
            let is_late = !stay.is_empty() && faults.strikes(Kind::Unprocessed, call);
            if is_late { late.push(key) } else { stay.push(key) }
        }
        *keys = stay;
        if !late.is_empty() {
            let mut again = wanted.clone();
            again["Keys"] = Value::Array(late);
            unprocessed_part.insert(table.clone(), again);
        }
    }
    if unprocessed_part.is_empty() {
        return inner.call(request).await;
    }
    let sent = inner.call(with_body(&request, &body)?).await?;
    if !sent.status().is_success() {
        return Ok(sent);
    }
    let (_, mut answer) = read(sent);
    answer["UnprocessedKeys"] = Value::Object(unprocessed_part);
    Ok(answers::json_answer(200, &answer))
}

fn push(tables: &mut Map<String, Value>, table: &str, row: &Value) {
    let rows = tables.entry(table.to_owned()).or_insert_with(|| json!([]));
    if let Some(rows) = rows.as_array_mut() {
        rows.push(row.clone());
    }
}

/// A copy of a request with another body. The embedded stores do not check signatures.
pub(super) fn with_body(like: &HttpRequest, body: &Value) -> Result<HttpRequest, ConnectorError> {
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    request.set_method(like.method()).map_err(|error| wrong(error.into()))?;
    request.set_uri(like.uri()).map_err(|error| wrong(error.into()))?;
    for (name, value) in like.headers() {
        if name != "content-length" {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(request)
}

/// Reads the JSON body of an answer, which the embedded stores send in one piece.
pub(super) fn read(answer: HttpResponse) -> (HttpResponse, Value) {
    let body = serde_json::from_slice(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
    (answer, body)
}
