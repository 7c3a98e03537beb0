//! Multipart uploads: one object made of parts that are uploaded, or that S3 copies from other objects.

use std::ops::Range;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use domain::object::Bucket;

use crate::cloud::object_path;
use crate::objects::read::crc32_text;
use crate::{Cloud, Error};

/// An upload that has been started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The bucket of its object.
    pub bucket: Bucket,
    /// The key of its object.
    pub key: String,
    /// S3's id of the upload.
    pub id: String,
}

/// A part that S3 holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePart {
    /// Its number, from 1.
    pub number: u32,
    /// Its ETag, which the request to complete the upload must contain.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// Its CRC-32 in S3's form, which the request to complete the upload repeats.
    pub crc32: Option<String>,
}

/// A range of an object to copy. S3 copies it only while the object still has this ETag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource<'a> {
    /// The object's bucket.
    pub bucket: Bucket,
    /// The object's key.
    pub key: &'a str,
    /// The object's ETag.
    pub etag: &'a str,
    /// Bytes; `end` is exclusive.
    pub range: Range<u64>,
}

/// The outcome of completing an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completed {
    /// The object exists.
    Done,
    /// There is no such upload: it was completed or aborted before.
    NoUpload,
    /// The joined parts do not have the given checksum or size; no object was made.
    WrongBytes,
}

const NO_UPLOAD: &str = "NoSuchUpload";

/// S3's error code for a request that does not match its upload.
const INVALID: &str = "InvalidRequest";

fn part_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Multipart uploads.
#[derive(Clone, Copy)]
pub struct Uploads<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Multipart uploads.
    pub fn uploads(&self) -> Uploads<'_> {
        Uploads(self)
    }
}

impl Uploads<'_> {
    /// Starts an upload. S3 will keep the CRC-32 of the whole object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(self, bucket: Bucket, key: &str, content_type: &str) -> Result<Upload, Error> {
        let doing = "start an upload";
        let started = self
            .0
            .s3()
            .create_multipart_upload()
            .bucket(self.0.bucket_name(bucket))
            .key(key)
            .content_type(content_type)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        let id = started.upload_id.ok_or_else(|| Error::broken(doing, "the answer has no id"))?;
        Ok(Upload { bucket, key: key.to_owned(), id })
    }

    /// Uploads a part. Uploading the same part again replaces it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn upload_part(self, upload: &Upload, number: u32, bytes: Bytes) -> Result<MadePart, Error> {
        let doing = "upload a part";
        let size = bytes.len() as u64;
        let part = self
            .0
            .s3()
            .upload_part()
            .bucket(self.0.bucket_name(upload.bucket))
            .key(&upload.key)
            .upload_id(&upload.id)
            .part_number(part_number(number))
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(ByteStream::from(bytes));
        let made = match self.0.settings().store_rules.sign_bytes {
            true => part.send().await,
            false => part.customize().disable_payload_signing().send().await,
        };
        let made = made.map_err(|e| Error::sdk(doing, e))?;
        let etag = made.e_tag.ok_or_else(|| Error::broken(doing, "the answer has no ETag"))?;
        Ok(MadePart { number, etag, size, crc32: made.checksum_crc32 })
    }

    /// Makes S3 copy a range of another object into a part.
    ///
    /// # Errors
    /// [`Error::Changed`] when the source has another ETag or was deleted; others when the store fails.
    pub async fn copy_part(
        self,
        upload: &Upload,
        number: u32,
        source: CopySource<'_>,
    ) -> Result<MadePart, Error> {
        let doing = "copy a part";
        let Range { start, end } = source.range;
        let made = self
            .0
            .s3()
            .upload_part_copy()
            .bucket(self.0.bucket_name(upload.bucket))
            .key(&upload.key)
            .upload_id(&upload.id)
            .part_number(part_number(number))
            .copy_source(format!("{}{}", self.0.bucket_name(source.bucket), object_path(source.key)))
            .copy_source_range(format!("bytes={start}-{}", end.saturating_sub(1)))
            .copy_source_if_match(source.etag)
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        let part = made.copy_part_result.ok_or_else(|| Error::broken(doing, "the answer has no part"))?;
        let etag = part.e_tag.ok_or_else(|| Error::broken(doing, "the answer has no ETag"))?;
        Ok(MadePart { number, etag, size: end - start, crc32: part.checksum_crc32 })
    }

    /// The parts that S3 holds, in the order of their numbers; `None` if there is no such upload.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_parts(self, upload: &Upload) -> Result<Option<Vec<MadePart>>, Error> {
        let doing = "list an upload's parts";
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .0
                .s3()
                .list_parts()
                .bucket(self.0.bucket_name(upload.bucket))
                .key(&upload.key)
                .upload_id(&upload.id)
                .set_part_number_marker(after)
                .send()
                .await;
            let page = match page {
                Ok(page) => page,
                Err(e) if e.code() == Some(NO_UPLOAD) => return Ok(None),
                Err(e) => return Err(Error::sdk(doing, e)),
            };
            for part in page.parts.unwrap_or_default() {
                let number = part.part_number.and_then(|number| u32::try_from(number).ok());
                let size = part.size.and_then(|size| u64::try_from(size).ok());
                let (Some(number), Some(etag), Some(size)) = (number, part.e_tag, size) else {
                    return Err(Error::broken(doing, "a part lacks its number, ETag or size"));
                };
                parts.push(MadePart { number, etag, size, crc32: part.checksum_crc32 });
            }
            after = page.next_part_number_marker;
            if page.is_truncated != Some(true) || after.is_none() {
                return Ok(Some(parts));
            }
        }
    }

    /// Joins the parts, in their order, into the object. S3 refuses if the object would not have this CRC-32 and size.
    ///
    /// # Errors
    /// When the store fails. The same call may be repeated.
    pub async fn complete(
        self,
        upload: &Upload,
        parts: &[MadePart],
        crc32: u32,
        size: u64,
    ) -> Result<Completed, Error> {
        let parts = parts.iter().map(|part| {
            let made = CompletedPart::builder().part_number(part_number(part.number)).e_tag(&part.etag);
            made.set_checksum_crc32(part.crc32.clone()).build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let complete = self
            .0
            .s3()
            .complete_multipart_upload()
            .bucket(self.0.bucket_name(upload.bucket))
            .key(&upload.key)
            .upload_id(&upload.id)
            .multipart_upload(parts)
            .checksum_crc32(crc32_text(crc32));
        let with_type_and_size = complete
            .clone()
            .checksum_type(ChecksumType::FullObject)
            .mpu_object_size(i64::try_from(size).unwrap_or(i64::MAX));
        let mut completed = with_type_and_size.send().await;
        if let Err(e) = &completed
            && e.code() == Some(INVALID)
        {
            // The checksum alone proves the bytes, and the caller reads the object back.
            tracing::warn!(cause = %DisplayErrorContext(e), "retrying to complete an upload by its checksum alone");
            completed = complete.send().await;
        }
        match completed {
            Ok(_) => Ok(Completed::Done),
            Err(e) => match e.code() {
                Some(NO_UPLOAD) => Ok(Completed::NoUpload),
                Some("BadDigest" | INVALID) => {
                    tracing::error!(cause = %DisplayErrorContext(&e), "the store refused to complete an upload");
                    Ok(Completed::WrongBytes)
                }
                _ => Err(Error::sdk("complete an upload", e)),
            },
        }
    }

    /// Aborts an upload and deletes its parts. No error if there is no such upload.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn abort(self, upload: &Upload) -> Result<(), Error> {
        let aborted = self
            .0
            .s3()
            .abort_multipart_upload()
            .bucket(self.0.bucket_name(upload.bucket))
            .key(&upload.key)
            .upload_id(&upload.id)
            .send()
            .await;
        match aborted {
            Ok(_) => Ok(()),
            Err(e) if e.code() == Some(NO_UPLOAD) => Ok(()),
            Err(e) => Err(Error::sdk("abort an upload", e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted_store;

    const INVALID_REQUEST: &str = "400 Bad Request\r\n\r\n\
        <Error><Code>InvalidRequest</Code><Message>The upload does not fit.</Message></Error>";
    const DONE: &str = "200 OK\r\n\r\n\
        <CompleteMultipartUploadResult><ETag>&quot;e&quot;</ETag></CompleteMultipartUploadResult>";

    fn upload() -> Upload {
        Upload { bucket: Bucket::Bundles, key: "bundles/x.zip".into(), id: "u".into() }
    }

    fn parts() -> Vec<MadePart> {
        let part = |number, crc32: Option<&str>| MadePart {
            number,
            etag: format!("\"{number}\""),
            size: 5 << 20,
            crc32: crc32.map(str::to_owned),
        };
        vec![part(1, Some("AAAAAQ==")), part(2, None)]
    }

    #[tokio::test]
    async fn completing_repeats_the_checksums_of_the_parts_that_have_one() {
        let (cloud, requests) = scripted_store::start(vec![DONE]).await;
        assert_eq!(cloud.uploads().complete(&upload(), &parts(), 7, 9).await.unwrap(), Completed::Done);
        let request = &requests.await.unwrap()[0];
        assert_eq!(request.matches("<ChecksumCRC32>").count(), 1, "{request}");
        assert!(request.contains("<ChecksumCRC32>AAAAAQ==</ChecksumCRC32>"), "{request}");
        for header in
            ["x-amz-checksum-crc32: AAAABw==", "x-amz-checksum-type: FULL_OBJECT", "x-amz-mp-object-size: 9"]
        {
            assert!(request.contains(&format!("{header}\r\n")), "{header} in {request}");
        }
    }

    #[tokio::test]
    async fn a_part_keeps_the_checksum_that_s3_reports() {
        const SENT: &str = "200 OK\r\netag: \"1\"\r\nx-amz-checksum-crc32: AAAAAQ==\r\n\r\n";
        const COPIED: &str = "200 OK\r\n\r\n<CopyPartResult><ETag>&quot;2&quot;</ETag>\
            <ChecksumCRC32>AAAAAg==</ChecksumCRC32></CopyPartResult>";
        const LISTED: &str = "200 OK\r\n\r\n<ListPartsResult><Part><PartNumber>3</PartNumber>\
            <ETag>&quot;3&quot;</ETag><Size>9</Size><ChecksumCRC32>AAAAAw==</ChecksumCRC32></Part></ListPartsResult>";
        let (cloud, requests) = scripted_store::start(vec![SENT, COPIED, LISTED]).await;
        let sent = cloud.uploads().upload_part(&upload(), 1, Bytes::from_static(b"x")).await.unwrap();
        let source = CopySource { bucket: Bucket::Assets, key: "library/a", etag: "\"a\"", range: 0..9 };
        let copied = cloud.uploads().copy_part(&upload(), 2, source).await.unwrap();
        let listed = cloud.uploads().list_parts(&upload()).await.unwrap().unwrap().remove(0);
        requests.await.unwrap();
        assert_eq!(
            [sent.crc32, copied.crc32, listed.crc32].map(Option::unwrap),
            ["AAAAAQ==", "AAAAAg==", "AAAAAw=="]
        );
    }

    #[tokio::test]
    async fn completing_is_retried_once_with_the_checksum_alone_if_refused_as_invalid() {
        let (cloud, requests) = scripted_store::start(vec![INVALID_REQUEST, DONE]).await;
        assert_eq!(cloud.uploads().complete(&upload(), &parts(), 7, 9).await.unwrap(), Completed::Done);
        let second = &requests.await.unwrap()[1];
        assert!(second.contains("x-amz-checksum-crc32: AAAABw==\r\n"), "{second}");
        assert!(
            !second.contains("x-amz-checksum-type") && !second.contains("x-amz-mp-object-size"),
            "{second}"
        );

        let (cloud, requests) = scripted_store::start(vec![INVALID_REQUEST; 2]).await;
        assert_eq!(cloud.uploads().complete(&upload(), &parts(), 7, 9).await.unwrap(), Completed::WrongBytes);
        assert_eq!(requests.await.unwrap().len(), 2);
    }

    #[test]
    fn a_copy_sources_key_is_escaped() {
        let key = "library/Ü 100%/a+b?c#d.jpg";
        assert_eq!(object_path(key), "/library/%C3%9C%20100%25/a%2Bb%3Fc%23d.jpg");
    }
}
