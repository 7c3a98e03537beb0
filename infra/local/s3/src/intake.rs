//! Receives the body of a PUT: writes it to a blob, computes its checksums, and compares them with the request's headers
//! before the blob gets a row.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::StreamingBlob;
use s3s::header as names;
use s3s::{TrailingHeaders, s3_error};
use tokio::task::JoinHandle;

use crate::blob::BlobWriter;
use crate::crc;
use crate::error::Error;
use crate::store::Store;

/// How many bytes are collected before a blocking thread writes them.
const BATCH: usize = 1 << 20;

/// A body whose length and checksums match its headers. Its blob is not synced yet, and removed when this is dropped.
pub(crate) struct Received {
    /// `None` for an empty body.
    pub(crate) blob: Option<BlobWriter>,
    pub(crate) size: u64,
    pub(crate) crc32: u32,
    /// In hex, and the same for the same bytes, as on S3. It is no MD5: clients must not read anything in an ETag, and an
    /// MD5 was a quarter of the CPU of a zip of small files.
    pub(crate) etag: String,
    /// Whether the request gave or requested a CRC-32, so that S3 would show one.
    pub(crate) wants_crc32: bool,
}

struct Intake {
    store: Arc<Store>,
    blob: Option<BlobWriter>,
    /// Together with the CRC-32 and the size it distinguishes contents.
    crc64: Crc64Nvme,
    /// Only if the request gives an MD5 to compare.
    md5: Option<Md5>,
    others: ChecksumHasher,
}

impl Intake {
    fn write(mut self, batch: Vec<Bytes>) -> Result<Self, Error> {
        for bytes in batch.iter().filter(|bytes| !bytes.is_empty()) {
            if self.blob.is_none() {
                self.blob = Some(self.store.holds.blobs.create()?);
            }
            if let Some(blob) = &mut self.blob {
                blob.write(bytes)?;
            }
            self.crc64.update(bytes);
            if let Some(md5) = &mut self.md5 {
                md5.update(bytes);
            }
            self.others.update(bytes);
        }
        Ok(self)
    }
}

/// Receives a body, and refuses it if its length, checksums (of headers or trailers) or MD5 differ from the request's.
pub(crate) async fn receive(
    store: &Arc<Store>,
    body: Option<StreamingBlob>,
    headers: &HeaderMap,
    trailers: Option<TrailingHeaders>,
) -> Result<Received, Error> {
    let trailer_names = header_text(headers, &HeaderName::from_static("x-amz-trailer")).unwrap_or_default();
    let is_announced =
        |name: &HeaderName| headers.contains_key(name) || trailer_names.contains(name.as_str());
    let others = ChecksumHasher {
        crc32: None,
        crc32c: is_announced(&names::X_AMZ_CHECKSUM_CRC32C).then(Crc32c::new),
        sha1: is_announced(&names::X_AMZ_CHECKSUM_SHA1).then(Sha1::new),
        sha256: is_announced(&names::X_AMZ_CHECKSUM_SHA256).then(Sha256::new),
        crc64nvme: is_announced(&names::X_AMZ_CHECKSUM_CRC64NVME).then(Crc64Nvme::new),
    };
    let algorithm = header_text(headers, &HeaderName::from_static("x-amz-sdk-checksum-algorithm"));
    let wants_crc32 = is_announced(&names::X_AMZ_CHECKSUM_CRC32) || algorithm == Some("CRC32");
    let given_md5 = headers.get("content-md5");
    let md5 = given_md5.map(|_| Md5::new());
    let intake = Intake { store: Arc::clone(store), blob: None, crc64: Crc64Nvme::new(), md5, others };
    let intake = read_all(intake, body).await?;
    let trailers = trailers.and_then(|trailers| trailers.take()).unwrap_or_default();

    let size = intake.blob.as_ref().map_or(0, |blob| blob.size);
    let crc32 = intake.blob.as_ref().map_or(0, BlobWriter::crc32);
    let announced_length = header_text(headers, &names::X_AMZ_DECODED_CONTENT_LENGTH)
        .or_else(|| header_text(headers, &http::header::CONTENT_LENGTH));
    if announced_length.is_some_and(|length| length.parse() != Ok(size)) {
        return Err(s3_error!(IncompleteBody).into());
    }
    if let (Some(given), Some(md5)) = (given_md5, intake.md5) {
        let given = STANDARD.decode(given).map_err(|_| s3_error!(InvalidDigest))?;
        if given != md5.finalize() {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match the bytes.").into());
        }
    }
    let etag = format!("{}{crc32:08x}{:08x}", hex(&intake.crc64.finalize()), size & u64::from(u32::MAX));
    let sums = intake.others.finalize();
    for (name, computed) in [
        (names::X_AMZ_CHECKSUM_CRC32, Some(crc::to_header(crc32))),
        (names::X_AMZ_CHECKSUM_CRC32C, sums.checksum_crc32c),
        (names::X_AMZ_CHECKSUM_CRC64NVME, sums.checksum_crc64nvme),
        (names::X_AMZ_CHECKSUM_SHA1, sums.checksum_sha1),
        (names::X_AMZ_CHECKSUM_SHA256, sums.checksum_sha256),
    ] {
        let given = header_text(headers, &name).or_else(|| header_text(&trailers, &name));
        if let (Some(given), Some(computed)) = (given, computed)
            && given != computed
        {
            return Err(s3_error!(BadDigest, "The {name} you specified did not match the bytes.").into());
        }
    }
    Ok(Received { blob: intake.blob, size, crc32, etag, wants_crc32 })
}

async fn read_all(intake: Intake, body: Option<StreamingBlob>) -> Result<Intake, Error> {
    let Some(mut body) = body else { return Ok(intake) };
    let mut work: JoinHandle<Result<Intake, Error>> = tokio::task::spawn_blocking(move || Ok(intake));
    let (mut batch, mut size) = (Vec::new(), 0);
    loop {
        let chunk = body.next().await.transpose();
        let chunk =
            chunk.map_err(|error| s3_error!(IncompleteBody, "The body could not be read: {error}"))?;
        let is_last = chunk.is_none();
        if let Some(chunk) = chunk {
            size += chunk.len();
            batch.push(chunk);
        }
        if size < BATCH && !is_last {
            continue;
        }
        let intake = match work.await.map_err(io::Error::other)? {
            Ok(intake) => intake,
            Err(error) => {
                drain(Some(body)).await;
                return Err(error);
            }
        };
        let full = std::mem::take(&mut batch);
        size = 0;
        work = tokio::task::spawn_blocking(move || intake.write(full));
        if is_last {
            return work.await.map_err(io::Error::other)?;
        }
    }
}

/// Reads a refused body to its end, since a client that is still sending would not see the answer.
pub(crate) async fn drain(body: Option<StreamingBlob>) {
    let Some(mut body) = body else { return };
    while let Some(Ok(_)) = body.next().await {}
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
