//! A store on a free port, and the SDK's client for it.

use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Config, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local_s3::{Linked, SMALLEST_PART, Store, StoreConfig, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const BUCKET: &str = "assets";
pub const MIB: usize = 1 << 20;

pub struct Running {
    pub client: Client,
    pub endpoint: String,
    pub store: Arc<Store>,
    pub data: TempDir,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

pub fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("access", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

pub fn credentials() -> local_s3::Credentials {
    local_s3::Credentials { access_key: "access".into(), secret_key: "secret".into() }
}

impl Running {
    pub async fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap(), None).await
    }

    pub async fn on(data: TempDir, linked: Option<Linked>) -> Self {
        let config = StoreConfig {
            data: data.path().into(),
            buckets: vec![BUCKET.into()],
            linked,
            smallest_part: SMALLEST_PART,
        };
        let store = Store::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            stopped.await.ok();
        };
        let served = tokio::spawn(serve(listener, Arc::clone(&store), credentials(), shutdown));
        Self { client: client(&endpoint), endpoint, store, data, stop, served }
    }

    /// Stops serving, closes the store and gives its folder.
    pub async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        drop(self.client);
        self.served.await.unwrap().unwrap();
        assert_eq!(Arc::strong_count(&self.store), 1, "something still holds the store");
        self.data
    }

    pub async fn put(&self, key: &str, bytes: &[u8]) -> String {
        let put = self.client.put_object().bucket(BUCKET).key(key).body(body(bytes)).send().await.unwrap();
        put.e_tag().unwrap().to_owned()
    }

    /// Reads a whole object; the SDK checks its checksum.
    pub async fn get(&self, key: &str) -> Vec<u8> {
        let got = self
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        got.body.collect().await.unwrap().to_vec()
    }

    pub async fn exists(&self, key: &str) -> bool {
        match self.client.head_object().bucket(BUCKET).key(key).send().await {
            Ok(_) => true,
            Err(error) => {
                assert!(error.into_service_error().is_not_found());
                false
            }
        }
    }

    pub async fn keys(&self) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    pub fn blob_folder(&self) -> PathBuf {
        self.data.path().join("s3/blobs")
    }

    pub fn blobs(&self) -> usize {
        std::fs::read_dir(self.blob_folder()).unwrap().count()
    }

    pub async fn upload_part(&self, key: &str, upload: &str, number: i32, bytes: &[u8]) -> CompletedPart {
        let part = self
            .client
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(upload)
            .part_number(number)
            .body(body(bytes))
            .send()
            .await
            .unwrap();
        CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build()
    }
}

pub fn body(bytes: &[u8]) -> ByteStream {
    ByteStream::from(bytes.to_vec())
}

pub fn completed(parts: impl IntoIterator<Item = CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.into_iter().collect())).build()
}

/// Pseudo-random bytes, other ones for each seed.
pub fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// The CRC-32 in S3's form: base64 of four bytes, the most significant first.
pub fn crc32(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(crc32fast::hash(bytes).to_be_bytes())
}

/// The error's code in S3's protocol.
pub fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    let error = result.expect_err("this should be refused");
    error.code().unwrap_or_else(|| panic!("no code in {error:?}")).to_owned()
}

/// The HTTP status of an error.
pub fn status<T: std::fmt::Debug, E: std::fmt::Debug>(
    result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> u16 {
    result.expect_err("this should be refused").raw_response().unwrap().status().as_u16()
}
