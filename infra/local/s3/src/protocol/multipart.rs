//! Multipart uploads. Parts come in any order and may be repeated; completing an upload joins their segments and reads no
//! byte.

use std::sync::Arc;

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::{LARGEST_PIECE, checksum_type, headers_of, is_crc32, to_i64};
use crate::changes;
use crate::condition::WriteCondition;
use crate::crc;
use crate::error::Error;
use crate::intake::{drain, hex, receive};
use crate::rows::{self, NewContent};
use crate::store::Store;
use crate::uploads::{self, Part, Upload};

pub(super) fn check_number(number: i32) -> S3Result<()> {
    match number {
        1..=10_000 => Ok(()),
        _ => Err(s3_error!(InvalidArgument, "A part number is from 1 to 10000.")),
    }
}

/// The checksum that a part shows, if its upload or its request has a CRC-32.
pub(super) fn part_checksum(upload: &Upload, given: bool, crc32: u32) -> Option<String> {
    let shown = given || upload.algorithm.as_deref() == Some(ChecksumAlgorithm::CRC32);
    shown.then(|| crc::to_header(crc32))
}

pub(super) async fn create(
    store: &Arc<Store>,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let algorithm = input.checksum_algorithm.clone();
    // AWS makes a composite CRC-32 unless the request wants that of the whole object.
    let checksum_type = match (&algorithm, &input.checksum_type) {
        (None, Some(_)) => {
            return Err(s3_error!(InvalidRequest, "A checksum type needs a checksum algorithm."));
        }
        (algorithm, _) if !is_crc32(algorithm.as_ref()) => None,
        (_, given) => given.clone().or(Some(ChecksumType::from_static(ChecksumType::COMPOSITE))),
    };
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let headers = headers_of!(input);
    let (named_algorithm, named_type) = (algorithm.clone(), checksum_type.clone());
    let id = store
        .blocking(move |store| {
            store.admit_write(&bucket, &key)?;
            let algorithm = named_algorithm.as_ref().map(ChecksumAlgorithm::as_str);
            let checksum_type = named_type.as_ref().map(ChecksumType::as_str);
            store.write(|tx| uploads::add(tx, &bucket, &key, &headers, algorithm, checksum_type))
        })
        .await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(uploads::upload_id(id)),
        checksum_algorithm: algorithm,
        checksum_type,
        ..Default::default()
    })
}

pub(super) async fn upload_part(
    store: &Arc<Store>,
    req: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let S3Request { mut input, headers, trailing_headers, .. } = req;
    let body = input.body.take();
    if let Err(refusal) = admit_part(store, &input).await {
        drain(body).await;
        return Err(refusal);
    }
    let received = receive(store, body, &headers, trailing_headers).await?;
    let (etag, checksum) = store
        .blocking(move |store| {
            store.write_part(received.blob, |tx, blob| {
                let upload = uploads::find(tx, &input.bucket, &input.key, &input.upload_id)?;
                let checksum = part_checksum(&upload, received.wants_crc32, received.crc32);
                let content = rows::add_content(
                    tx,
                    &NewContent {
                        size: received.size,
                        etag: &received.etag,
                        crc32: received.crc32,
                        checksum: checksum.as_deref(),
                    },
                )?;
                if let Some(blob) = blob {
                    rows::add_blob(tx, content, blob)?;
                }
                uploads::put_part(tx, upload.id, input.part_number, content)?;
                Ok((received.etag.clone(), checksum))
            })
        })
        .await?;
    Ok(UploadPartOutput { e_tag: Some(ETag::Strong(etag)), checksum_crc32: checksum, ..Default::default() })
}

async fn admit_part(store: &Arc<Store>, input: &UploadPartInput) -> S3Result<()> {
    check_number(input.part_number)?;
    if input.content_length.is_some_and(|length| length > to_i64(LARGEST_PIECE)) {
        return Err(s3_error!(EntityTooLarge));
    }
    let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    store.blocking(move |store| store.read(|conn| uploads::find(conn, &bucket, &key, &id))).await?;
    Ok(())
}

pub(super) async fn complete(
    store: &Arc<Store>,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let stored = store
        .blocking(move |store| {
            // Most of the disk's work, before the lock that every write needs.
            let synced = store.read(|conn| {
                let upload = uploads::find(conn, &input.bucket, &input.key, &input.upload_id)?;
                Ok(uploads::unsynced(conn, upload.id)?)
            })?;
            store.holds.blobs.sync(&synced)?;
            store.write(|tx| {
                let upload = uploads::find(tx, &input.bucket, &input.key, &input.upload_id)?;
                let mut since = uploads::unsynced(tx, upload.id)?;
                since.retain(|blob| synced.binary_search(blob).is_err());
                store.holds.blobs.sync(&since)?;
                uploads::mark_synced(tx, upload.id)?;
                let parts = find_parts(tx, &upload, &input, store.smallest_part)?;
                let whole = combine(&parts)?;
                let checksum = check_size_and_checksum(&upload, &input, &parts, &whole)?;
                let content = rows::add_content(
                    tx,
                    &NewContent {
                        size: whole.size,
                        etag: &whole.etag,
                        crc32: whole.crc32,
                        checksum: checksum.as_deref(),
                    },
                )?;
                let mut at = 0;
                for part in &parts {
                    uploads::append_part(tx, content, at, part.content)?;
                    at += part.size;
                }
                let condition =
                    WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
                let info =
                    changes::put_object(tx, &input.bucket, &input.key, content, &upload.headers, &condition)?;
                uploads::remove(tx, upload.id)?;
                Ok(info)
            })
        })
        .await?;
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("/{bucket}/{key}")),
        bucket: Some(bucket),
        key: Some(key),
        e_tag: Some(ETag::Strong(stored.etag)),
        checksum_type: checksum_type(stored.checksum.as_deref()),
        checksum_crc32: stored.checksum,
        ..Default::default()
    })
}

/// The parts that the request lists, each checked against the number, ETag and CRC-32 that the request gives.
fn find_parts(
    tx: &rusqlite::Transaction<'_>,
    upload: &Upload,
    input: &CompleteMultipartUploadInput,
    smallest: u64,
) -> Result<Vec<Part>, Error> {
    let listed =
        input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_deref()).unwrap_or_default();
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "The request lists no part. List at least one.").into());
    }
    let mut parts: Vec<Part> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let number = wanted.part_number.ok_or_else(|| s3_error!(MalformedXML, "A part has no number."))?;
        if let Some(before) = parts.last() {
            if before.number >= number {
                return Err(s3_error!(InvalidPartOrder).into());
            }
            if before.size < smallest {
                return Err(s3_error!(
                    EntityTooSmall,
                    "Part {} has fewer than {smallest} bytes.",
                    before.number
                )
                .into());
            }
        }
        let invalid = |why: &str| s3_error!(InvalidPart, "Part {number} {why}.");
        let part = uploads::find_part(tx, upload.id, number)?.ok_or_else(|| invalid("was not uploaded"))?;
        if wanted.e_tag.as_ref().is_none_or(|etag| etag.value() != part.etag) {
            return Err(invalid("has another ETag").into());
        }
        if wanted.checksum_crc32.as_ref().is_some_and(|given| *given != crc::to_header(part.crc32)) {
            return Err(invalid("has another CRC32").into());
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Size, CRC-32 and ETag of the object that the parts make up.
struct Whole {
    size: u64,
    crc32: u32,
    etag: String,
}

fn combine(parts: &[Part]) -> Result<Whole, Error> {
    let mut md5 = Md5::new();
    let (mut size, mut crc32) = (0, 0);
    for part in parts {
        let digest = u128::from_str_radix(&part.etag, 16).map_err(std::io::Error::other)?;
        md5.update(&digest.to_be_bytes());
        size += part.size;
        crc32 = crc::combine(crc32, part.crc32, part.size);
    }
    Ok(Whole { size, crc32, etag: format!("{}-{}", hex(&md5.finalize()), parts.len()) })
}

/// Checks the size and checksum that the request gives, and gives the checksum to show.
fn check_size_and_checksum(
    upload: &Upload,
    input: &CompleteMultipartUploadInput,
    parts: &[Part],
    whole: &Whole,
) -> S3Result<Option<String>> {
    if input.mpu_object_size.is_some_and(|size| size != to_i64(whole.size)) {
        return Err(s3_error!(
            InvalidRequest,
            "The parts have {} bytes, which is not the size that the request gives.",
            whole.size
        ));
    }
    let given_type = input.checksum_type.as_ref().map(ChecksumType::as_str);
    let checksum_type = upload.checksum_type.as_deref();
    if given_type.is_some() && checksum_type.is_some() && given_type != checksum_type {
        return Err(s3_error!(
            InvalidRequest,
            "The upload was created with the checksum type {}.",
            checksum_type.unwrap_or_default()
        ));
    }
    let computed = match checksum_type.or(given_type) {
        Some(ChecksumType::COMPOSITE) => {
            crc::combine_composite(&parts.iter().map(|part| part.crc32).collect::<Vec<_>>())
        }
        _ => crc::to_header(whole.crc32),
    };
    if let Some(given) = &input.checksum_crc32 {
        // SDKs send a composite checksum without the number of parts.
        let bare = computed.split('-').next();
        if *given != computed && Some(given.as_str()) != bare {
            return Err(s3_error!(BadDigest, "The CRC32 you specified does not match that of the parts."));
        }
    }
    Ok((checksum_type.is_some() || input.checksum_crc32.is_some()).then_some(computed))
}

pub(super) async fn abort(
    store: &Arc<Store>,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    store
        .blocking(move |store| {
            store.write(|tx| {
                let upload = uploads::find(tx, &input.bucket, &input.key, &input.upload_id)?;
                Ok(uploads::remove(tx, upload.id)?)
            })
        })
        .await?;
    Ok(AbortMultipartUploadOutput::default())
}
