//! Measures how fast the store is: `cargo run -p local-s3 --example throughput -- [FOLDER]`
//!
//! Puts 1 GiB, gets it, copies it in ranges as parts (from a stored object and from a linked file), completes the upload,
//! and puts small objects. FOLDER keeps the data; without it a temporary folder is used.
#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Config, Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use local_s3::{Linked, SMALLEST_PART, Store, StoreConfig, serve};
use tokio::net::TcpListener;

type Outcome<T> = Result<T, Box<dyn Error>>;

const GIB: usize = 1 << 30;
const PART: usize = 64 << 20;

#[tokio::main]
async fn main() -> Outcome<()> {
    let temporary = tempfile::tempdir()?;
    let data = std::env::args().nth(1).map_or(temporary.path().to_owned(), PathBuf::from);
    let root = data.join("linked");
    std::fs::create_dir_all(&root)?;
    let chunk: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut file = std::fs::File::create(root.join("big"))?;
    for _ in 0..GIB / chunk.len() {
        file.write_all(&chunk)?;
    }
    file.sync_all()?;

    let linked = Linked { bucket: "bench".into(), prefix: "library/".into(), root: root.clone() };
    let config = StoreConfig {
        data,
        buckets: vec!["bench".into()],
        linked: Some(linked),
        smallest_part: SMALLEST_PART,
    };
    let store = Store::open(config).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let keys = local_s3::Credentials { access_key: "access".into(), secret_key: "secret".into() };
    tokio::spawn(serve(listener, Arc::clone(&store), keys, std::future::pending()));
    let client = Client::from_conf(
        Config::builder()
            .endpoint_url(endpoint)
            .force_path_style(true)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("access", "secret", None, None, "bench"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    );

    let started = Instant::now();
    let put = client.put_object().bucket("bench").key("big");
    let presigned = put.presigned(PresigningConfig::expires_in(std::time::Duration::from_secs(600))?).await?;
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(
        (0..GIB / chunk.len()).map(move |_| Ok::<_, std::io::Error>(bytes::Bytes::from(chunk.clone()))),
    ));
    let put =
        reqwest::Client::new().put(presigned.uri()).header("content-length", GIB).body(body).send().await?;
    put.error_for_status()?;
    report("PUT 1 GiB (MD5, CRC, fsync)", started, GIB);

    for key in ["big", "library/big"] {
        let get = client.get_object().bucket("bench").key(key);
        let url = get.presigned(PresigningConfig::expires_in(std::time::Duration::from_secs(600))?).await?;
        let started = Instant::now();
        let mut got = reqwest::get(url.uri()).await?;
        let mut read = 0;
        while let Some(bytes) = got.chunk().await? {
            read += bytes.len();
        }
        report(&format!("GET 1 GiB of {key}"), started, read);
    }
    for key in ["big", "library/big"] {
        multipart_copy(&client, key).await?;
    }

    let started = Instant::now();
    let small = 200;
    for n in 0..small {
        let put = client.put_object().bucket("bench").key(format!("small/{n}"));
        put.body(ByteStream::from(vec![1; 10_000])).send().await?;
    }
    let each = started.elapsed() / small;
    println!("PUT of 10 kB, one after the other: {each:?} each");
    let started = Instant::now();
    for n in 0..small {
        client.get_object().bucket("bench").key(format!("small/{n}")).send().await?.body.collect().await?;
    }
    println!("GET of 10 kB, one after the other: {:?} each", started.elapsed() / small);
    Ok(())
}

async fn multipart_copy(client: &Client, source: &str) -> Outcome<()> {
    let upload = client.create_multipart_upload().bucket("bench").key("copy");
    let upload = upload.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(ChecksumType::FullObject);
    let upload = upload.send().await?.upload_id.unwrap_or_default();
    let started = Instant::now();
    let copies: Vec<_> = (0..GIB / PART)
        .map(|n| {
            // Not at the blobs' checkpoints, just as the parts of a zip.
            let first = (n * PART + 123_457).min(GIB - 1);
            let last = ((n + 1) * PART + 123_456).min(GIB - 1);
            let part = client.upload_part_copy().bucket("bench").key("copy").upload_id(&upload);
            let part = part.part_number(n as i32 + 1).copy_source(format!("bench/{source}"));
            tokio::spawn(part.copy_source_range(format!("bytes={first}-{last}")).send())
        })
        .collect();
    let mut parts = Vec::new();
    for (n, copy) in copies.into_iter().enumerate() {
        let etag = copy.await??.copy_part_result.and_then(|part| part.e_tag);
        parts.push(CompletedPart::builder().part_number(n as i32 + 1).set_e_tag(etag).build());
    }
    report(&format!("UploadPartCopy, 16 ranges of {source}"), started, GIB);
    let started = Instant::now();
    let complete = client.complete_multipart_upload().bucket("bench").key("copy").upload_id(upload);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    complete.multipart_upload(parts).send().await?;
    println!("CompleteMultipartUpload of these parts: {:?}", started.elapsed());
    Ok(())
}

fn report(what: &str, started: Instant, bytes: usize) {
    let took = started.elapsed();
    println!("{what}: {took:?}, {:.0} MB/s", bytes as f64 / 1e6 / took.as_secs_f64());
}
