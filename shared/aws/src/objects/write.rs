//! Writing an object in one request: `PutObject`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).
//!
//! The request uses the SDK's signer, retries and connections but not its S3 client, which is a quarter of a function's
//! zip. A function that only writes objects therefore stays small.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use bytes::Bytes;

use crate::Error;
use crate::clock::now;
use crate::cloud::object_path;
use crate::cloud::signer::Signer;
use crate::objects::read::Objects;
use crate::objects::read::crc32_text;

const DOING: &str = "write an object";

/// The timeout of one attempt. No object written in one request is larger than a part of a bundle, and two attempts fit
/// into the 29 s that a function behind the API has.
const ATTEMPT: Duration = Duration::from_secs(12);

impl Objects<'_> {
    /// Writes an object and returns its ETag. S3 checks the checksum, if one is given.
    ///
    /// # Errors
    /// When the store fails or computes another checksum; nothing is written then.
    pub async fn put(
        self,
        key: &str,
        content_type: &str,
        bytes: Bytes,
        crc32: Option<u32>,
    ) -> Result<String, Error> {
        let bucket_url = self.cloud.settings().bucket_url(self.cloud.bucket_name(self.bucket));
        let put = Put {
            signer: self.cloud.signer().clone(),
            sign_bytes: self.cloud.settings().store_rules.sign_bytes,
            path: object_path(key),
            content_type: content_type.to_owned(),
            crc32: crc32.map(crc32_text),
            bytes,
            bucket_url,
        };
        self.write(put, ATTEMPT).await
    }

    async fn write(self, put: Put, within: Duration) -> Result<String, Error> {
        let operation = self
            .cloud
            .operation("S3", "PutObject", &put.bucket_url, within)
            .serializer(|put: Put| put.into_request())
            .deserializer(read_etag)
            .build();
        operation.invoke(put).await.map_err(|error| Error::sdk(DOING, error))
    }
}

/// One object to write.
struct Put {
    signer: Signer,
    sign_bytes: bool,
    bucket_url: String,
    path: String,
    content_type: String,
    crc32: Option<String>,
    bytes: Bytes,
}

/// For the SDK's traces, which must hold neither content nor secrets.
impl fmt::Debug for Put {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Put").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

impl Put {
    fn into_request(self) -> Result<HttpRequest, BoxError> {
        let mut headers = vec![("content-type", self.content_type.as_str())];
        headers.extend(self.crc32.as_deref().map(|crc32| ("x-amz-checksum-crc32", crc32)));
        let url = format!("{}{}", self.bucket_url, self.path);
        let signed_bytes = self.sign_bytes.then_some(&self.bytes[..]);
        // Retries use the same signature, which S3 accepts for 15 minutes.
        let signature = self.signer.sign_put(&url, &headers, signed_bytes, now())?;

        let mut request = HttpRequest::new(SdkBody::from(self.bytes.clone()));
        request.set_method("PUT")?;
        request.set_uri(self.path.as_str())?;
        for (name, value) in headers {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
        }
        for (name, value) in signature {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// The ETag in S3's answer, or the code and message of its error
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
fn read_etag(response: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    if response.status().is_success() {
        let etag = response.headers().get("etag").map(str::to_owned);
        let no_etag = || ErrorMetadata::builder().message("the answer has no ETag").build();
        return etag.ok_or_else(|| OrchestratorError::operation(no_etag()));
    }
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let tag = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let mut error = ErrorMetadata::builder().message(tag("Message").unwrap_or_else(|| body.to_string()));
    if let Some(code) = tag("Code") {
        error = error.code(code);
    }
    Err(OrchestratorError::operation(error.build()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cloud;
    use crate::objects::multipart::Upload;
    use crate::scripted_store;
    use crate::{Settings, StoreRules};
    use domain::object::Bucket;
    use tokio::net::TcpListener;

    const BUSY: &str = "503 Slow Down\r\n\r\n";
    const DONE: &str = "200 OK\r\netag: \"e\"\r\n\r\n";
    const SLOW: &str = "400 Bad Request\r\n\r\n\
        <Error><Code>RequestTimeout</Code></Error>";
    const NO_ETAG: &str = "200 OK\r\n\r\n";
    const OTHER_BYTES: &str = "400 Bad Request\r\n\r\n\
        <Error><Code>BadDigest</Code><Message>The CRC32 you specified is wrong</Message></Error>";

    async fn put(cloud: &Cloud) -> Result<String, Error> {
        let bytes = Bytes::from_static(b"{}");
        cloud.objects(Bucket::Bundles).put("manifests/ä b.json", "application/json", bytes, Some(1)).await
    }

    #[tokio::test]
    async fn a_request_to_a_busy_store_is_retried() {
        let (cloud, requests) = scripted_store::start(vec![SLOW, DONE]).await;
        assert_eq!(put(&cloud).await.unwrap(), "\"e\"");
        let requests = requests.await.unwrap();
        assert_eq!(cloud.calls().snapshot(), [("S3.PutObject".to_owned(), 2)].into());
        for request in requests {
            assert!(request.starts_with("PUT /bundles/manifests/%C3%A4%20b.json HTTP/1.1\r\n"), "{request}");
            for header in [
                "content-type: application/json",
                "content-length: 2",
                "x-amz-checksum-crc32: AAAAAQ==",
                // The digest of `{}`.
                "x-amz-content-sha256: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                "x-amz-security-token: session",
            ] {
                assert!(request.contains(&format!("{header}\r\n")), "{header} in {request}");
            }
            let signed = "SignedHeaders=content-type;host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;\
                          x-amz-security-token";
            assert!(request.contains(signed), "{request}");
        }
    }

    #[tokio::test]
    async fn no_digest_is_computed_for_a_store_that_needs_none() {
        const PART: &str = "200 OK\r\netag: \"1\"\r\n\r\n";
        let (signs, requests) = scripted_store::start(vec![DONE, PART]).await;
        let store_rules = StoreRules { sign_bytes: false, ..StoreRules::default() };
        let cloud = Cloud::new(Settings { store_rules, ..signs.settings().clone() });
        put(&cloud).await.unwrap();
        let upload = Upload { bucket: Bucket::Bundles, key: "x.zip".into(), id: "u".into() };
        cloud.uploads().upload_part(&upload, 1, Bytes::from_static(b"x")).await.unwrap();
        for request in requests.await.unwrap() {
            assert!(request.contains("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"), "{request}");
            assert!(request.contains("x-amz-checksum-crc32: "), "{request}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_etag_is_no_success() {
        let (cloud, _requests) = scripted_store::start(vec![NO_ETAG; 3]).await;
        assert!(matches!(put(&cloud).await, Err(Error::Broken { .. })));
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_ends_in_a_timeout() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bucket_url = format!("http://{}/bundles", listener.local_addr().unwrap());
        let cloud = Cloud::new(Settings { region: "eu-west-1".into(), ..Settings::default() });
        let put = Put {
            signer: cloud.signer().clone(),
            sign_bytes: true,
            bucket_url,
            path: "/silence".into(),
            content_type: "text/plain".into(),
            crc32: None,
            bytes: Bytes::new(),
        };
        assert!(matches!(
            cloud.objects(Bucket::Bundles).write(put, Duration::from_millis(50)).await,
            Err(Error::Busy { .. })
        ));
        assert_eq!(cloud.calls().snapshot(), [("S3.PutObject".to_owned(), 3)].into());
    }

    #[tokio::test]
    async fn a_refusal_keeps_the_stores_message_and_is_not_retried() {
        let (cloud, _requests) = scripted_store::start(vec![OTHER_BYTES]).await;
        let Err(Error::Broken { cause, .. }) = put(&cloud).await else { panic!("it was written") };
        assert!(cause.contains("BadDigest") && cause.contains("The CRC32 you specified is wrong"), "{cause}");
        assert_eq!(cloud.calls().snapshot(), [("S3.PutObject".to_owned(), 1)].into());
    }

    #[tokio::test]
    async fn a_store_that_stays_busy_or_unreachable_is_busy() {
        let (cloud, _requests) = scripted_store::start(vec![BUSY, SLOW, BUSY]).await;
        assert!(matches!(put(&cloud).await, Err(Error::Busy { .. })));
        assert_eq!(cloud.calls().snapshot(), [("S3.PutObject".to_owned(), 3)].into());
        let (slow, _requests) = scripted_store::start(vec![SLOW, SLOW, SLOW]).await;
        assert!(matches!(put(&slow).await, Err(Error::Busy { .. })));
        // The store stopped listening after its last answer.
        assert!(matches!(put(&cloud).await, Err(Error::Busy { .. })));
    }
}
