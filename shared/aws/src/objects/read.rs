//! Objects: reading them whole, in ranges or as a stream; listing and deleting them.

use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::object::Bucket;
use jiff::Timestamp;

use crate::{Cloud, Error};

/// An object's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// ETag, with its quotes.
    pub etag: String,
    /// When it was last modified.
    pub modified: Timestamp,
    /// CRC-32 of the whole object, if S3 keeps it.
    pub crc32: Option<u32>,
}

/// An object's bytes, which can be read while they arrive.
pub struct ObjectStream(ByteStream);

impl ObjectStream {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Busy`] when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let broken_off = |cause: aws_sdk_s3::primitives::ByteStreamError| Error::Busy {
            doing: "read an object",
            cause: cause.to_string(),
        };
        self.0.try_next().await.map_err(broken_off)
    }
}

/// A CRC-32 in S3's form: base64 of four bytes, big endian.
pub(crate) fn crc32_text(crc32: u32) -> String {
    STANDARD.encode(crc32.to_be_bytes())
}

/// Parses a CRC-32 in S3's form; `None` for a checksum of checksums (`…-3`) or other text.
pub(crate) fn crc32_number(text: &str) -> Option<u32> {
    STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
}

/// The objects of one bucket.
#[derive(Clone, Copy)]
pub struct Objects<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) bucket: Bucket,
}

impl Cloud {
    /// The objects of one bucket.
    pub fn objects(&self, bucket: Bucket) -> Objects<'_> {
        Objects { cloud: self, bucket }
    }
}

impl Objects<'_> {
    /// An object's metadata; `None` if there is no such object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn head(self, key: &str) -> Result<Option<ObjectHead>, Error> {
        let doing = "read an object's metadata";
        let head = self
            .cloud
            .s3()
            .head_object()
            .bucket(self.cloud.bucket_name(self.bucket))
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        let head = match head {
            Ok(head) => head,
            // The answer to a HEAD has no body and therefore no error code, so the status decides.
            Err(e) if e.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => {
                return Ok(None);
            }
            Err(e) => return Err(Error::sdk(doing, e)),
        };
        let modified = head
            .last_modified
            .and_then(|at| at.to_millis().ok())
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .ok_or_else(|| Error::broken(doing, "the answer has no modification time"))?;
        Ok(Some(ObjectHead {
            size: u64::try_from(head.content_length.unwrap_or_default()).unwrap_or_default(),
            etag: head.e_tag.ok_or_else(|| Error::broken(doing, "the answer has no ETag"))?,
            modified,
            crc32: head.checksum_crc32.as_deref().and_then(crc32_number),
        }))
    }

    /// An object's bytes, or a range of them, as a stream. With an `etag` the object is read only if it has that ETag.
    ///
    /// # Errors
    /// [`Error::Changed`] when the object has another ETag or was deleted; others when the store fails.
    pub async fn stream(
        self,
        key: &str,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, Error> {
        let answer = self
            .cloud
            .s3()
            .get_object()
            .bucket(self.cloud.bucket_name(self.bucket))
            .key(key)
            .set_if_match(etag.map(str::to_owned))
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1))))
            .send()
            .await
            .map_err(|e| Error::sdk("read an object", e))?;
        Ok(ObjectStream(answer.body))
    }

    /// A whole object, or a range of it, in memory.
    ///
    /// # Errors
    /// [`Error::Changed`] when the object has another ETag or was deleted; others when the store fails.
    pub async fn bytes(
        self,
        key: &str,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, Error> {
        let stream = self.stream(key, etag, range).await?;
        let bytes = stream
            .0
            .collect()
            .await
            .map_err(|cause| Error::Busy { doing: "read an object", cause: cause.to_string() })?;
        Ok(bytes.into_bytes())
    }

    /// The first `limit` keys (at most 1,000) that begin with `prefix` and come after `after`, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keys_after(
        self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let page = self
            .cloud
            .s3()
            .list_objects_v2()
            .bucket(self.cloud.bucket_name(self.bucket))
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .max_keys(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| Error::sdk("list objects", e))?;
        Ok(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }

    /// Deletes every object whose key begins with `prefix`, and returns their number.
    ///
    /// # Errors
    /// When the store fails; some objects may be left then, and the same call may be repeated.
    pub async fn delete_below(self, prefix: &str) -> Result<u64, Error> {
        let doing = "delete objects";
        let mut deleted = 0;
        loop {
            let page = self
                .cloud
                .s3()
                .list_objects_v2()
                .bucket(self.cloud.bucket_name(self.bucket))
                .prefix(prefix)
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            let keys: Vec<String> =
                page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect();
            if keys.is_empty() {
                return Ok(deleted);
            }
            for key in keys {
                self.delete(&key).await?;
                deleted += 1;
            }
        }
    }

    /// Deletes one object. No error if there is no such object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(self, key: &str) -> Result<(), Error> {
        self.cloud
            .s3()
            .delete_object()
            .bucket(self.cloud.bucket_name(self.bucket))
            .key(key)
            .send()
            .await
            .map_err(|e| Error::sdk("delete an object", e))?;
        Ok(())
    }
}
