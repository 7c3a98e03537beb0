//! CopyObject and UploadPartCopy. A copy of a stored object names the same bytes again, so nothing
//! is moved; its CRC follows from those kept with the blobs. A linked file's bytes are copied,
//! because it may change at any time.

use std::ops::Range;
use std::sync::Arc;

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{self, *};
use s3s::{S3Result, s3_error};

use super::multipart::{check_number, part_checksum};
use super::{LARGEST_PIECE, checksum_type, headers_of, is_crc32};
use crate::blob::BlobWriter;
use crate::changes;
use crate::condition::{ReadCondition, WriteCondition, to_timestamp};
use crate::error::Error;
use crate::intake::hex;
use crate::reading::Reading;
use crate::rows::{self, Info, NewContent};
use crate::store::Store;
use crate::{crc, uploads};

/// How often a copy starts anew because its source was replaced while it looked.
const TRIES: usize = 8;

/// Bytes of an object that are ready to be named again.
struct Taken {
    info: Info,
    size: u64,
    crc32: u32,
    /// Follows from what was taken, so that taking the same again gives the same.
    etag: String,
    /// Holds the source's blobs until the new rows name them.
    reading: Reading,
    /// The bytes of a linked file.
    blob: Option<BlobWriter>,
}

/// `None` when the source was replaced meanwhile.
fn take(
    store: &Arc<Store>,
    (bucket, key): &(String, String),
    condition: &ReadCondition,
    want: impl FnOnce(&Info) -> S3Result<Range<u64>>,
) -> Result<Option<Taken>, Error> {
    let mut range = 0..0;
    let (info, mut reading) = store.find(bucket, key, |info| {
        condition.check_copy(info)?;
        range = want(info)?;
        if range.end - range.start > LARGEST_PIECE {
            return Err(s3_error!(InvalidRequest, "One request copies at most 5 GiB."));
        }
        Ok(range.clone())
    })?;
    let size = range.end - range.start;
    let mut identity = Md5::new();
    let (crc32, blob) = match reading.segments() {
        Some(segments) => {
            for segment in segments {
                identity.update(&segment.blob.to_be_bytes());
                identity.update(&segment.offset.to_be_bytes());
                identity.update(&segment.len.to_be_bytes());
            }
            let Some(crc32) = store.crc_of(segments)? else { return Ok(None) };
            (crc32, None)
        }
        None => {
            identity.update(format!("{} {range:?}", info.etag).as_bytes());
            let blob = copy_bytes(store, &mut reading)?;
            (blob.as_ref().map_or(0, BlobWriter::crc32), blob)
        }
    };
    Ok(Some(Taken { info, size, crc32, etag: hex(&identity.finalize()), reading, blob }))
}

fn copy_bytes(store: &Store, reading: &mut Reading) -> Result<Option<BlobWriter>, Error> {
    let mut bytes = reading.step()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut blob = store.holds.blobs.create()?;
    while !bytes.is_empty() {
        blob.write(&bytes)?;
        bytes = reading.step()?;
    }
    blob.sync()?;
    Ok(Some(blob))
}

/// Takes the source and lets `name` put a new row over its bytes, in one transaction.
fn copy<T>(
    store: &Arc<Store>,
    source: &(String, String),
    condition: &ReadCondition,
    want: impl Fn(&Info) -> S3Result<Range<u64>>,
    name: impl Fn(
        &rusqlite::Transaction<'_>,
        &Taken,
        &dyn Fn(&NewContent<'_>) -> Result<i64, Error>,
    ) -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..TRIES {
        let Some(mut taken) = take(store, source, condition, &want)? else { continue };
        let blob = taken.blob.take();
        let named = store.write_with_blob(blob, |tx, blob| {
            let segments = taken.reading.segments().unwrap_or_default();
            for segment in segments {
                if rows::blob(tx, segment.blob)?.is_none() {
                    return Ok(None);
                }
            }
            let add = |new: &NewContent<'_>| {
                let content = rows::add_content(tx, new)?;
                match blob {
                    Some(blob) => rows::add_blob(tx, content, blob)?,
                    None => rows::add_segments(tx, content, segments)?,
                }
                Ok(content)
            };
            name(tx, &taken, &add).map(Some)
        })?;
        if let Some(named) = named {
            return Ok(named);
        }
    }
    Err(s3_error!(SlowDown, "The source changes faster than it can be copied.").into())
}

fn source(source: CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id }
            if version_id.as_deref().is_none_or(|v| v == "null") =>
        {
            Ok((bucket.into(), key.into()))
        }
        CopySource::Bucket { .. } => Err(s3_error!(NoSuchVersion, "This store keeps no versions.")),
        _ => Err(s3_error!(NotImplemented, "This store has no access points.")),
    }
}

pub(super) async fn object(store: &Arc<Store>, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let source = source(input.copy_source)?;
    let replaces =
        input.metadata_directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replaces && source.0 == input.bucket && source.1 == input.key {
        return Err(s3_error!(InvalidRequest, "A copy onto itself has to replace the metadata."));
    }
    let condition = ReadCondition {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let wants_crc32 = is_crc32(input.checksum_algorithm.as_ref());
    let (bucket, key, given) = (input.bucket, input.key, headers_of!(input));
    let copied = store
        .blocking(move |store| {
            store.admit_write(&bucket, &key)?;
            copy(
                store,
                &source,
                &condition,
                |info| Ok(0..info.size),
                |tx, taken, add| {
                    let shown = wants_crc32 || taken.info.checksum.is_some();
                    let checksum = shown.then(|| crc::to_header(taken.crc32));
                    // A whole stored object keeps its ETag: the same bytes, put in one piece or in parts.
                    let etag = match taken.reading.segments() {
                        Some(_) => &taken.info.etag,
                        None => &taken.etag,
                    };
                    let content = add(&NewContent {
                        size: taken.size,
                        etag,
                        crc32: taken.crc32,
                        checksum: checksum.as_deref(),
                    })?;
                    let headers = if replaces { &given } else { &taken.info.headers };
                    changes::put_object(tx, &bucket, &key, content, headers, &WriteCondition::default())
                },
            )
        })
        .await?;
    Ok(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: Some(ETag::Strong(copied.etag)),
            last_modified: Some(to_timestamp(copied.modified)),
            checksum_type: checksum_type(copied.checksum.as_deref()),
            checksum_crc32: copied.checksum,
            ..Default::default()
        }),
        ..Default::default()
    })
}

pub(super) async fn part(store: &Arc<Store>, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    check_number(input.part_number)?;
    let source = source(input.copy_source)?;
    let range = input.copy_source_range.as_deref().map(whole_range).transpose()?;
    let condition = ReadCondition {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let (bucket, key, upload_id, number) = (input.bucket, input.key, input.upload_id, input.part_number);
    let want = move |info: &Info| match &range {
        None => Ok(0..info.size),
        Some(range) if range.end <= info.size => Ok(range.clone()),
        Some(range) => Err(s3_error!(
            InvalidArgument,
            "The range {}-{} is not within the source's {} bytes.",
            range.start,
            range.end - 1,
            info.size
        )),
    };
    let (etag, checksum, modified) = store
        .blocking(move |store| {
            store.read(|conn| uploads::find(conn, &bucket, &key, &upload_id))?;
            copy(store, &source, &condition, want, |tx, taken, add| {
                let upload = uploads::find(tx, &bucket, &key, &upload_id)?;
                let checksum = part_checksum(&upload, false, taken.crc32);
                let content = add(&NewContent {
                    size: taken.size,
                    etag: &taken.etag,
                    crc32: taken.crc32,
                    checksum: checksum.as_deref(),
                })?;
                let modified = uploads::put_part(tx, upload.id, number, content)?;
                Ok((taken.etag.clone(), checksum, modified))
            })
        })
        .await?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(ETag::Strong(etag)),
            last_modified: Some(to_timestamp(modified)),
            checksum_crc32: checksum,
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// S3 takes only `bytes=first-last` here.
fn whole_range(header: &str) -> S3Result<Range<u64>> {
    match dto::Range::parse(header) {
        Ok(dto::Range::Int { first, last: Some(last) }) => Ok(first..last + 1),
        _ => Err(s3_error!(InvalidArgument, "A copied range has to read bytes=first-last.")),
    }
}
