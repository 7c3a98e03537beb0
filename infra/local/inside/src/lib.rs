//! The stores that only this process can reach, because they have no port.
//!
//! Every program of the machine can reach a port on loopback, and so can every web page in its browsers. Therefore rows,
//! queues and mails have no port: the SDK's HTTP client gives requests for their addresses to [`Inside`], which answers
//! them by the same wire protocols. Only S3 has a port, because browsers load files from it; it checks signatures.

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

mod around;
mod dynamodb;

pub use around::around;
pub use dynamodb::{DynamoDb, DynamoDbError};

/// DynamoDB's address inside the process. No host can have a name in `.invalid` (RFC 6761).
pub const ROWS_URL: &str = "http://rows.invalid";

/// SQS's address inside the process.
pub const QUEUES_URL: &str = "http://queues.invalid";

/// SES's address inside the process.
pub const MAILS_URL: &str = "http://mails.invalid";

/// The stores inside the process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Inside {
    /// Answers DynamoDB's protocol.
    pub rows: DynamoDb,
    /// Answers SQS's protocol.
    pub queues: Router,
    /// Answers SES's protocol.
    pub mails: Router,
}

impl Inside {
    /// An HTTP client that sends requests to these stores inside the process, and all others over TCP.
    pub fn client(&self) -> SharedHttpClient {
        let inside = self.clone();
        around(Builder::new().build_http(), move |request, outside| {
            let urls = [ROWS_URL, QUEUES_URL, MAILS_URL];
            match urls.into_iter().find(|url| is_below(request.uri(), url)) {
                Some(url) => HttpConnectorFuture::new(inside.clone().answer_sdk(url, request)),
                None => outside.call(request),
            }
        })
    }

    async fn answer_sdk(self, url: &str, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let refusal = |why: &str| ConnectorError::user(why.to_owned().into());
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(Bytes::copy_from_slice);
        let body = body.ok_or_else(|| refusal("a store inside the process takes no streamed bodies"))?;
        let answer = self.answer(url, Request::from_parts(parts, body)).await;
        let answer = answer.ok_or_else(|| refusal("there is no such store"))?;
        HttpResponse::try_from(answer.map(SdkBody::from))
            .map_err(|error| ConnectorError::other(error.into(), None))
    }

    /// The answer of the store at `url`; `None` if that is not one of the addresses above.
    pub async fn answer(&self, url: &str, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let router = match url {
            ROWS_URL => return Some(self.rows.answer(&request).await),
            QUEUES_URL => &self.queues,
            MAILS_URL => &self.mails,
            _ => return None,
        };
        let Ok(answer) = router.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = answer.into_parts();
        // A body in memory can't fail.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Some(Response::from_parts(parts, body))
    }
}

fn is_below(uri: &str, url: &str) -> bool {
    uri.strip_prefix(url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client as Sdk;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };

    use super::*;

    #[test]
    fn a_longer_host_name_is_another_host() {
        assert!(is_below("http://rows.invalid/", ROWS_URL) && is_below("http://rows.invalid", ROWS_URL));
        assert!(!is_below("http://rows.invalid.example.org/", ROWS_URL));
    }

    #[tokio::test]
    async fn the_sdk_reads_and_writes_rows_without_a_port() {
        let folder = tempfile::tempdir().unwrap();
        let rows = DynamoDb::open(&folder.path().join("rows.sqlite")).unwrap();
        let inside = Inside { rows: rows.clone(), queues: Router::new(), mails: Router::new() };
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(ROWS_URL)
            .http_client(inside.client());
        let sdk = Sdk::from_conf(config.build());
        let attribute = AttributeDefinition::builder().attribute_name("pk");
        let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
        sdk.create_table()
            .table_name("table")
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(key.build().unwrap())
            .send()
            .await
            .unwrap();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = sdk.put_item().table_name("table").item("pk", text("ü")).item("name", text("Müller"));
        let put = put.condition_expression("attribute_not_exists(pk)");
        put.clone().send().await.unwrap();
        let found = sdk.get_item().table_name("table").key("pk", text("ü")).send().await.unwrap();
        assert_eq!(found.item.unwrap()["name"], text("Müller"));
        let refused = put.send().await.unwrap_err();
        assert_eq!(refused.code(), Some("ConditionalCheckFailedException"));
        let unserved = sdk.list_tables().send().await.unwrap_err();
        assert_eq!(unserved.code(), Some("ValidationException"));
        rows.close();
        let closed = sdk.get_item().table_name("table").key("pk", text("ü")).send().await.unwrap_err();
        assert_eq!(closed.code(), Some("InternalServerError"));
    }
}
