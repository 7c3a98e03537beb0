//! The stores that answer nobody but this process: the SDK's requests to them never leave it.
//!
//! A port on loopback is reached by every program of the machine, and by every web page that its browsers show. So
//! rows, queues and mails have none: the SDK's HTTP client hands its requests for their addresses to [`Inside`], and
//! what they hear and say is the wire protocol all the same. Only S3 has a port, since browsers load from it; it
//! checks signatures.

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::dynamodb::DynamoDb;

/// DynamoDB's address inside the process. `.invalid` is nobody's name anywhere (RFC 6761).
pub const ROWS_URL: &str = "http://rows.invalid";

/// SQS's address inside the process.
pub const QUEUES_URL: &str = "http://queues.invalid";

/// SES's address inside the process.
pub const MAILS_URL: &str = "http://mails.invalid";

/// The stores inside the process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Inside {
    /// Rows, by DynamoDB's protocol.
    pub rows: DynamoDb,
    /// Queues, by SQS's protocol.
    pub queues: Router,
    /// Mails, by SES's protocol.
    pub mails: Router,
}

impl Inside {
    /// The client that reaches these stores, and everything else over TCP.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Client { inside: self.clone(), outside: Builder::new().build_http() })
    }

    /// The answer of the store at `url`, one of the addresses above; None where it is none of them.
    pub async fn answer(&self, url: &str, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let router = match url {
            ROWS_URL => return Some(self.rows.answer(&request).await),
            QUEUES_URL => &self.queues,
            MAILS_URL => &self.mails,
            _ => return None,
        };
        let Ok(answer) = router.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = answer.into_parts();
        // A body that is made in memory does not break off.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Some(Response::from_parts(parts, body))
    }
}

#[derive(Debug)]
struct Client {
    inside: Inside,
    outside: SharedHttpClient,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let outside = self.outside.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inside: self.inside.clone(), outside })
    }
}

#[derive(Debug)]
struct Connector {
    inside: Inside,
    outside: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(url) = [ROWS_URL, QUEUES_URL, MAILS_URL].into_iter().find(|url| lies_at(request.uri(), url))
        else {
            return self.outside.call(request);
        };
        let inside = self.inside.clone();
        HttpConnectorFuture::new(async move {
            let refused = |why: &str| ConnectorError::user(why.to_owned().into());
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.bytes().map(Bytes::copy_from_slice);
            let body = body.ok_or_else(|| refused("a store inside the process takes whole bodies only"))?;
            let answer = inside.answer(url, Request::from_parts(parts, body)).await;
            let answer = answer.ok_or_else(|| refused("there is no such store"))?;
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn lies_at(uri: &str, url: &str) -> bool {
    uri.strip_prefix(url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_goes_on_is_another_one() {
        assert!(lies_at("http://rows.invalid/", ROWS_URL) && lies_at("http://rows.invalid", ROWS_URL));
        assert!(!lies_at("http://rows.invalid.example.org/", ROWS_URL));
    }
}
