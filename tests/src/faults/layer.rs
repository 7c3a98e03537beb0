//! The layer itself: an HTTP client for the SDK, around another one.

use std::io;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use local_inside::around;

use super::call::{Call, Service};
use super::figures::{REQUESTS, RETRIES};
use super::{Faults, Kind, answers, messages, rows};

pub(super) fn wrap(faults: Faults, inner: SharedHttpClient) -> SharedHttpClient {
    around(inner, move |request, inner| {
        let faults = faults.clone();
        HttpConnectorFuture::new(async move { pass(&faults, request, &inner).await })
    })
}

async fn pass(
    faults: &Faults,
    request: HttpRequest,
    inner: &SharedHttpConnector,
) -> Result<HttpResponse, ConnectorError> {
    let call = Call::of(&request);
    let figures = &faults.of_all.figures;
    figures.add_named(REQUESTS);
    // The SDK says which try this is: `attempt=2; max=3`.
    let tries = request.headers().get("amz-sdk-request").unwrap_or_default();
    if !tries.is_empty() && !tries.contains("attempt=1;") && tries != "attempt=1" {
        figures.add_named(RETRIES);
    }
    if faults.strikes(Kind::Delayed, &call) {
        tokio::time::sleep(faults.random_part(faults.rates().delay, &call.name)).await;
    }
    if faults.strikes(Kind::Dropped, &call) {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "a fault: no connection");
        return Err(ConnectorError::io(refused.into()).never_connected());
    }
    if faults.strikes(Kind::Throttled, &call) {
        return Ok(answers::throttled(&call));
    }
    // A failed request may have been processed or not; a mail never is.
    let failed = faults.strikes(Kind::Failed, &call);
    if failed
        && (call.service == Service::Mails || faults.of_all.chance.draw("failed and done", &call.name) < 0.5)
    {
        return Ok(answers::failed(&call));
    }
    let answer = match call.service {
        Service::Rows => rows::send(faults, &call, request, inner).await?,
        Service::Queues => messages::send(faults, &call, request, inner).await?,
        Service::Mails | Service::Objects => inner.call(request).await?,
    };
    if failed {
        return Ok(answers::failed(&call));
    }
    if call.name == "COMPLETE" && answer.status().is_success() && faults.strikes(Kind::Completed, &call) {
        let with_200 = faults.of_all.chance.draw("completed with 200", &call.name) < 0.5;
        return Ok(if with_200 { answers::failed_with_200() } else { answers::failed(&call) });
    }
    if call.service == Service::Objects && call.name == "GET" && faults.strikes(Kind::Broken, &call) {
        return broken_off(answer).await;
    }
    if faults.strikes(Kind::Lost, &call) {
        let closed = faults.of_all.chance.draw("closed", &call.name) < 0.5;
        let kind = if closed { io::ErrorKind::ConnectionReset } else { io::ErrorKind::TimedOut };
        let lost = io::Error::new(kind, "a fault: the answer was lost").into();
        return Err(if closed { ConnectorError::io(lost) } else { ConnectorError::timeout(lost) });
    }
    Ok(answer)
}

/// An answer whose body ends after the first half.
async fn broken_off(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(answer.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let half = body.slice(..body.len() / 2);
    let reset = io::Error::new(io::ErrorKind::ConnectionReset, "a fault: the answer broke off");
    let pieces = [Ok(Frame::data(half)), Err(reset)];
    *answer.body_mut() = SdkBody::from_body_1_x(StreamBody::new(futures_util::stream::iter(pieces)));
    Ok(answer)
}
