//! Objects: read whole, in ranges or as a stream; listed and deleted.

use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::object::Bucket;
use jiff::Timestamp;

use crate::{Cloud, Error};

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// ETag, with its quotes.
    pub etag: String,
    /// When it was last modified.
    pub modified: Timestamp,
    /// CRC-32 of the whole object, where S3 keeps it.
    pub crc32: Option<u32>,
}

/// An object's bytes as they arrive.
pub struct ObjectStream(ByteStream);

impl ObjectStream {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let broken = |cause: aws_sdk_s3::primitives::ByteStreamError| Error::Busy {
            doing: "read an object",
            cause: cause.to_string(),
        };
        self.0.try_next().await.map_err(broken)
    }
}

/// A CRC-32 as S3 writes it: base64 of four bytes, big endian.
pub(crate) fn crc32_text(crc32: u32) -> String {
    STANDARD.encode(crc32.to_be_bytes())
}

/// A CRC-32 as S3 writes it; `None` for a composite one (`…-3`) or anything else.
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
    /// What is known of an object; `None` where there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn head(self, key: &str) -> Result<Option<ObjectHead>, Error> {
        let doing = "look at an object";
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
            // By its status: a HEAD's answer has no body, and so no code.
            Err(e) if e.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => {
                return Ok(None);
            }
            Err(e) => return Err(Error::sdk(doing, e)),
        };
        let modified = head
            .last_modified
            .and_then(|at| at.to_millis().ok())
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .ok_or_else(|| Error::broken(doing, "it has no modification time"))?;
        Ok(Some(ObjectHead {
            size: u64::try_from(head.content_length.unwrap_or_default()).unwrap_or_default(),
            etag: head.e_tag.ok_or_else(|| Error::broken(doing, "it has no ETag"))?,
            modified,
            crc32: head.checksum_crc32.as_deref().and_then(crc32_number),
        }))
    }

    /// An object's bytes, or a range of them, as a stream; only while it still has this ETag.
    ///
    /// # Errors
    /// [`Error::Changed`] when it has another one or is gone; others when the store fails.
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
    /// [`Error::Changed`] when it has another ETag or is gone; others when the store fails.
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

    /// Up to 1,000 keys under a prefix that come after another one, in order: fewer where there are no more.
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

    /// Deletes every object under a prefix.
    ///
    /// # Errors
    /// When the store fails; what was not deleted stays for the next try.
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

    /// Deletes one object. No error if there is none.
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
