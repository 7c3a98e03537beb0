//! CopyObject and UploadPartCopy. A copy of a stored object refers to the same blobs, so that no bytes are moved, and its
//! CRC is computed from theirs. The bytes of a linked file are copied, because the file may change at any time.

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

/// How often a copy is tried if its source is replaced during the copy.
const TRIES: usize = 8;

/// How many bytes of a linked file are read and written at once.
const PIECE: usize = 64 * 1024;

/// The bytes to copy, ready for new rows that refer to them.
struct Source {
    info: Info,
    size: u64,
    crc32: u32,
    /// Computed from the object and the range, so that a repeated copy has the same ETag.
    etag: String,
    /// Keeps the source's blobs until the new rows refer to them.
    reading: Reading,
    /// A copy of a linked file's bytes; `None` for a stored object.
    blob: Option<BlobWriter>,
}

/// Opens the source of a copy; `None` if it was replaced at the same time.
fn open_source(
    store: &Arc<Store>,
    (bucket, key): &(String, String),
    condition: &ReadCondition,
    want: impl FnOnce(&Info) -> S3Result<Range<u64>>,
) -> Result<Option<Source>, Error> {
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
    Ok(Some(Source { info, size, crc32, etag: hex(&identity.finalize()), reading, blob }))
}

/// Copies the bytes through the stack, because the allocator would keep memory for each of the many threads that copy.
fn copy_bytes(store: &Store, reading: &mut Reading) -> Result<Option<BlobWriter>, Error> {
    let (mut bytes, mut blob) = ([0; PIECE], None);
    loop {
        let read = reading.read(&mut bytes)?;
        if read == 0 {
            return Ok(blob);
        }
        let blob = match &mut blob {
            Some(blob) => blob,
            None => blob.insert(store.holds.blobs.create()?),
        };
        blob.write(&bytes[..read])?;
    }
}

/// What a copy makes.
#[derive(Clone, Copy)]
enum Target {
    Object,
    Part,
}

/// Opens the source, and runs `add_rows` in the transaction that checks that the source's blobs still exist. `add_rows`
/// gets a function that adds the new content.
fn copy<T>(
    store: &Arc<Store>,
    target: Target,
    source: &(String, String),
    condition: &ReadCondition,
    want: impl Fn(&Info) -> S3Result<Range<u64>>,
    add_rows: impl Fn(
        &rusqlite::Transaction<'_>,
        &Source,
        &dyn Fn(&NewContent<'_>) -> Result<i64, Error>,
    ) -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..TRIES {
        let Some(mut source) = open_source(store, source, condition, &want)? else { continue };
        let mut blob = source.blob.take();
        if let (Target::Object, Some(blob)) = (target, &mut blob) {
            blob.sync()?;
        }
        let change = |tx: &rusqlite::Transaction<'_>, blob: Option<&BlobWriter>| {
            let segments = source.reading.segments().unwrap_or_default();
            for segment in segments {
                if rows::find_blob(tx, segment.blob)?.is_none() {
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
            add_rows(tx, &source, &add).map(Some)
        };
        let copied = match target {
            Target::Object => store.write_with_blob(blob, change),
            Target::Part => store.write_part(blob, change),
        }?;
        if let Some(copied) = copied {
            return Ok(copied);
        }
    }
    Err(s3_error!(SlowDown, "The source was replaced during each of several tries to copy it. Try again.")
        .into())
}

fn bucket_and_key(source: CopySource) -> S3Result<(String, String)> {
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

pub(super) async fn copy_object(store: &Arc<Store>, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let source = bucket_and_key(input.copy_source)?;
    let replaces =
        input.metadata_directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replaces && source.0 == input.bucket && source.1 == input.key {
        return Err(s3_error!(InvalidRequest, "A copy of an object onto itself must replace the metadata."));
    }
    let condition = ReadCondition {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let wants_crc32 = is_crc32(input.checksum_algorithm.as_ref());
    let (bucket, key, given) = (input.bucket, input.key, headers_of!(input));
    let _turn = store.turn_to_copy().await;
    let copied = store
        .blocking(move |store| {
            store.admit_write(&bucket, &key)?;
            copy(
                store,
                Target::Object,
                &source,
                &condition,
                |info| Ok(0..info.size),
                |tx, source, add| {
                    let shown = wants_crc32 || source.info.checksum.is_some();
                    let checksum = shown.then(|| crc::to_header(source.crc32));
                    // A copy of a whole stored object has the same bytes, and therefore the same ETag.
                    let etag = match source.reading.segments() {
                        Some(_) => &source.info.etag,
                        None => &source.etag,
                    };
                    let content = add(&NewContent {
                        size: source.size,
                        etag,
                        crc32: source.crc32,
                        checksum: checksum.as_deref(),
                    })?;
                    let headers = if replaces { &given } else { &source.info.headers };
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

pub(super) async fn copy_part(
    store: &Arc<Store>,
    input: UploadPartCopyInput,
) -> S3Result<UploadPartCopyOutput> {
    check_number(input.part_number)?;
    let source = bucket_and_key(input.copy_source)?;
    let range = input.copy_source_range.as_deref().map(parse_range).transpose()?;
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
            "The range {}-{} ends after the source's {} bytes.",
            range.start,
            range.end - 1,
            info.size
        )),
    };
    let _turn = store.turn_to_copy().await;
    let (etag, checksum, modified) = store
        .blocking(move |store| {
            store.read(|conn| uploads::find(conn, &bucket, &key, &upload_id))?;
            copy(store, Target::Part, &source, &condition, want, |tx, source, add| {
                let upload = uploads::find(tx, &bucket, &key, &upload_id)?;
                let checksum = part_checksum(&upload, false, source.crc32);
                let content = add(&NewContent {
                    size: source.size,
                    etag: &source.etag,
                    crc32: source.crc32,
                    checksum: checksum.as_deref(),
                })?;
                let modified = uploads::put_part(tx, upload.id, number, content)?;
                Ok((source.etag.clone(), checksum, modified))
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

/// Parses the range of a copy, for which S3 accepts only `bytes=first-last`.
fn parse_range(header: &str) -> S3Result<Range<u64>> {
    match dto::Range::parse(header) {
        Ok(dto::Range::Int { first, last: Some(last) }) => Ok(first..last + 1),
        _ => Err(s3_error!(InvalidArgument, "A copied range must have the form bytes=first-last.")),
    }
}
