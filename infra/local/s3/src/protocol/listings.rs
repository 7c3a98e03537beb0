//! Lists objects, parts and uploads by pages.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::to_i64;
use crate::condition::to_timestamp;
use crate::listing::{self, Query};
use crate::rows;
use crate::store::Store;
use crate::uploads;

/// The most entries of a page, and their number if the request gives none.
const PAGE: i32 = 1000;

/// Characters that are not encoded in the keys of a listing with `encoding-type=url`.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

fn page_size(requested: Option<i32>) -> S3Result<(usize, i32)> {
    let size = requested.unwrap_or(PAGE).min(PAGE);
    let limit = usize::try_from(size)
        .map_err(|_| s3_error!(InvalidArgument, "The size of a page can't be negative."))?;
    Ok((limit, size))
}

pub(super) async fn list_objects(
    store: &Arc<Store>,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let (limit, max_keys) = page_size(input.max_keys)?;
    let from = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token is not from this store."))?,
        (None, Some(after)) => listing::next_key(after),
        (None, None) => String::new(),
    };
    let query = Query {
        bucket: input.bucket.clone(),
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        from,
        limit,
    };
    let page = store.blocking(move |store| listing::list(store, &query)).await?;

    let encodes = input.encoding_type.as_ref().is_some_and(|kind| kind.as_str() == EncodingType::URL);
    let shown = |text: String| match encodes {
        true => utf8_percent_encode(&text, PLAIN).to_string(),
        false => text,
    };
    let count = page.objects.len() + page.prefixes.len();
    let contents = page
        .objects
        .into_iter()
        .map(|object| Object {
            key: Some(shown(object.key)),
            size: Some(to_i64(object.size)),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(to_timestamp(object.modified)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Default::default()
        })
        .collect();
    let prefixes = page.prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(shown(prefix)) });
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(shown(input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(shown),
        start_after: input.start_after.map(shown),
        encoding_type: input.encoding_type.clone(),
        max_keys: Some(max_keys),
        key_count: i32::try_from(count).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| URL_SAFE_NO_PAD.encode(next)),
        contents: Some(contents),
        common_prefixes: Some(prefixes.collect()),
        ..Default::default()
    })
}

pub(super) async fn list_parts(store: &Arc<Store>, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let (limit, max_parts) = page_size(input.max_parts)?;
    let after = input.part_number_marker.unwrap_or(0);
    let (bucket, key, upload_id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    let (upload, mut parts) = store
        .blocking(move |store| {
            store.read(|conn| {
                let upload = uploads::find(conn, &bucket, &key, &upload_id)?;
                let parts = uploads::list_parts(conn, upload.id, after, limit + 1)?;
                Ok((upload, parts))
            })
        })
        .await?;
    let is_truncated = parts.len() > limit;
    parts.truncate(limit);
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
        checksum_type: upload.checksum_type.map(ChecksumType::from),
        part_number_marker: Some(after),
        next_part_number_marker: parts.last().map(|part| part.number).filter(|_| is_truncated),
        max_parts: Some(max_parts),
        is_truncated: Some(is_truncated),
        parts: Some(
            parts
                .into_iter()
                .map(|part| Part {
                    part_number: Some(part.number),
                    size: Some(to_i64(part.size)),
                    e_tag: Some(ETag::Strong(part.etag)),
                    checksum_crc32: part.checksum,
                    last_modified: Some(to_timestamp(part.modified)),
                    ..Default::default()
                })
                .collect(),
        ),
        ..Default::default()
    })
}

pub(super) async fn list_uploads(
    store: &Arc<Store>,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    if input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(s3_error!(NotImplemented, "A listing of uploads takes no delimiter."));
    }
    let (limit, max_uploads) = page_size(input.max_uploads)?;
    let (bucket, prefix) = (input.bucket.clone(), input.prefix.clone().unwrap_or_default());
    let after_key = input.key_marker.clone().unwrap_or_default();
    // Without an id the listing starts after all uploads of the key.
    let after_id = match &input.upload_id_marker {
        None if after_key.is_empty() => 0,
        None => i64::MAX,
        Some(id) => i64::from_str_radix(id, 16)
            .map_err(|_| s3_error!(InvalidArgument, "The marker is not an upload id of this store."))?,
    };
    let mut found = store
        .blocking(move |store| {
            store.read(|conn| {
                rows::require_bucket(conn, &bucket)?;
                Ok(uploads::list(conn, &bucket, &prefix, &after_key, after_id, limit + 1)?)
            })
        })
        .await?;
    let is_truncated = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        key_marker: Some(input.key_marker.unwrap_or_default()),
        upload_id_marker: input.upload_id_marker,
        next_key_marker: last.map(|upload| upload.key.clone()),
        next_upload_id_marker: last.map(uploads::Upload::upload_id),
        max_uploads: Some(max_uploads),
        is_truncated: Some(is_truncated),
        uploads: Some(
            found
                .into_iter()
                .map(|upload| MultipartUpload {
                    upload_id: Some(upload.upload_id()),
                    key: Some(upload.key),
                    initiated: Some(to_timestamp(upload.initiated)),
                    checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
                    checksum_type: upload.checksum_type.map(ChecksumType::from),
                    ..Default::default()
                })
                .collect(),
        ),
        ..Default::default()
    })
}
