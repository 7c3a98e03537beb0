//! Puts, gets and deletes objects.

use std::ops::Range;
use std::sync::Arc;

use http::StatusCode;
use s3s::dto::{self, *};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::{LARGEST_PIECE, checksum_type, headers_of, to_i64};
use crate::changes;
use crate::condition::{ReadCondition, WriteCondition, to_timestamp};
use crate::crc;
use crate::error::Error;
use crate::intake::{drain, receive};
use crate::rows::{self, Info, NewContent};
use crate::store::Store;

pub(super) async fn put(store: &Arc<Store>, req: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let S3Request { mut input, headers, trailing_headers, .. } = req;
    let body = input.body.take();
    if let Err(refusal) = admit(store, &input).await {
        drain(body).await;
        return Err(refusal);
    }
    let mut received = receive(store, body, &headers, trailing_headers).await?;
    let stored = store
        .blocking(move |store| {
            let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
            let (bucket, key, headers) = (input.bucket, input.key, headers_of!(input));
            let checksum = received.wants_crc32.then(|| crc::to_header(received.crc32));
            if let Some(blob) = &mut received.blob {
                blob.sync()?;
            }
            store.write_with_blob(received.blob, |tx, blob| {
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
                changes::put_object(tx, &bucket, &key, content, &headers, &condition)
            })
        })
        .await?;
    Ok(PutObjectOutput {
        e_tag: Some(ETag::Strong(stored.etag)),
        checksum_type: checksum_type(stored.checksum.as_deref()),
        checksum_crc32: stored.checksum,
        ..Default::default()
    })
}

async fn admit(store: &Arc<Store>, input: &PutObjectInput) -> S3Result<()> {
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(NotImplemented, "Appending is not supported."));
    }
    // As on AWS, a PUT's If-None-Match can only require that there is no object.
    if matches!(input.if_none_match, Some(ETagCondition::ETag(_))) {
        return Err(s3_error!(NotImplemented, "If-None-Match of a PUT must be *."));
    }
    if input.content_length.is_some_and(|length| length > to_i64(LARGEST_PIECE)) {
        return Err(s3_error!(EntityTooLarge));
    }
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    Ok(store.blocking(move |store| store.admit_write(&bucket, &key)).await?)
}

pub(super) async fn get(store: &Arc<Store>, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    refuse_versions_and_parts(input.version_id.as_deref(), input.part_number)?;
    let condition = ReadCondition {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let (bucket, key, requested) = (input.bucket, input.key, input.range);
    let (info, range, reading) = store
        .blocking(move |store| {
            let mut range = 0..0;
            let (info, reading) = store.find(&bucket, &key, |info| {
                condition.check_read(info)?;
                range = resolve_range(info, requested)?;
                Ok(range.clone())
            })?;
            Ok((info, range, reading))
        })
        .await?;
    let checksum = shown_checksum(&info, input.checksum_mode, requested);
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(to_i64(range.end - range.start)),
        content_range: requested.map(|_| content_range(&info, &range)),
        body: Some(StreamingBlob::wrap(reading.into_stream())),
        e_tag: Some(ETag::Strong(info.etag)),
        last_modified: Some(to_timestamp(info.modified)),
        checksum_type: checksum_type(checksum.as_deref()),
        checksum_crc32: checksum,
        content_type: Some(info.headers.content_type.unwrap_or_else(default_content_type)),
        cache_control: info.headers.cache_control,
        content_disposition: info.headers.content_disposition,
        content_encoding: info.headers.content_encoding,
        content_language: info.headers.content_language,
        metadata: Some(info.headers.metadata),
        ..Default::default()
    })
}

pub(super) async fn head(
    store: &Arc<Store>,
    input: HeadObjectInput,
) -> S3Result<S3Response<HeadObjectOutput>> {
    refuse_versions_and_parts(input.version_id.as_deref(), input.part_number)?;
    let condition = ReadCondition {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let (bucket, key, requested) = (input.bucket, input.key, input.range);
    let (info, range) = store
        .blocking(move |store| {
            let mut range = 0..0;
            let (info, _) = store.find(&bucket, &key, |info| {
                condition.check_read(info)?;
                range = resolve_range(info, requested)?;
                Ok(0..0)
            })?;
            Ok((info, range))
        })
        .await?;
    let checksum = shown_checksum(&info, input.checksum_mode, requested);
    let output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(to_i64(range.end - range.start)),
        content_range: requested.map(|_| content_range(&info, &range)),
        e_tag: Some(ETag::Strong(info.etag)),
        last_modified: Some(to_timestamp(info.modified)),
        checksum_type: checksum_type(checksum.as_deref()),
        checksum_crc32: checksum,
        content_type: Some(info.headers.content_type.unwrap_or_else(default_content_type)),
        cache_control: info.headers.cache_control,
        content_disposition: info.headers.content_disposition,
        content_encoding: info.headers.content_encoding,
        content_language: info.headers.content_language,
        metadata: Some(info.headers.metadata),
        ..Default::default()
    };
    let mut answer = S3Response::new(output);
    answer.status = requested.map(|_| StatusCode::PARTIAL_CONTENT);
    Ok(answer)
}

fn refuse_versions_and_parts(version: Option<&str>, part: Option<i32>) -> S3Result<()> {
    if version.is_some_and(|version| version != "null") {
        return Err(s3_error!(NoSuchVersion, "This store keeps no versions."));
    }
    if part.is_some() {
        return Err(s3_error!(NotImplemented, "Reading by part number is not supported."));
    }
    Ok(())
}

fn resolve_range(info: &Info, requested: Option<dto::Range>) -> S3Result<Range<u64>> {
    match requested {
        None => Ok(0..info.size),
        Some(requested) => Ok(requested.check(info.size)?),
    }
}

fn content_range(info: &Info, range: &Range<u64>) -> String {
    format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), info.size)
}

/// The checksum that an answer shows: none for a range, since it is that of the whole object.
fn shown_checksum(info: &Info, mode: Option<ChecksumMode>, range: Option<dto::Range>) -> Option<String> {
    let is_enabled = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    info.checksum.clone().filter(|_| is_enabled && range.is_none())
}

/// S3's content type of an object that was put without one.
fn default_content_type() -> String {
    "binary/octet-stream".to_owned()
}

pub(super) async fn delete(store: &Arc<Store>, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
    refuse_versions_and_parts(input.version_id.as_deref(), None)?;
    store
        .blocking(move |store| {
            store.admit_write(&input.bucket, &input.key)?;
            let condition = WriteCondition { if_match: input.if_match, if_none_match: None };
            store.write(|tx| changes::delete_object(tx, &input.bucket, &input.key, &condition))
        })
        .await?;
    Ok(DeleteObjectOutput::default())
}

pub(super) async fn delete_many(
    store: &Arc<Store>,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    if input.delete.objects.len() > 1000 {
        return Err(s3_error!(MalformedXML, "One request deletes at most 1000 keys."));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let (deleted, errors) = store
        .blocking(move |store| {
            let bucket = &input.bucket;
            store.read(|conn| rows::require_bucket(conn, bucket))?;
            let (mut deleted, mut errors) = (Vec::new(), Vec::new());
            store.write(|tx| {
                for object in input.delete.objects {
                    let condition = WriteCondition {
                        if_match: object.e_tag.map(ETagCondition::ETag),
                        if_none_match: None,
                    };
                    let deletion = refuse_versions_and_parts(object.version_id.as_deref(), None)
                        .map_err(Error::from)
                        .and_then(|()| store.admit_write(bucket, &object.key))
                        .and_then(|()| changes::delete_object(tx, bucket, &object.key, &condition));
                    match deletion {
                        Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..Default::default() }),
                        Err(Error::S3(refusal)) => errors.push(delete_error(object.key, &refusal)),
                        Err(failure) => return Err(failure),
                    }
                }
                Ok(())
            })?;
            Ok((deleted, errors))
        })
        .await?;
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(errors),
        ..Default::default()
    })
}

fn delete_error(key: String, refusal: &S3Error) -> dto::Error {
    dto::Error {
        code: Some(refusal.code().as_str().to_owned()),
        key: Some(key),
        message: refusal.message().map(str::to_owned),
        version_id: None,
    }
}
