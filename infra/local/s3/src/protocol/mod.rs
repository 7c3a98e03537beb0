//! The S3 operations. s3s parses and authenticates the requests and writes the answers.

mod copy;
mod listings;
mod multipart;
mod objects;

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use crate::rows;
use crate::store::Store;

/// The largest body of one PUT and the largest copy in one request, as on AWS.
const LARGEST_PIECE: u64 = 5 << 30;

#[derive(Clone)]
pub(crate) struct Protocol(pub(crate) Arc<Store>);

#[async_trait]
impl S3 for Protocol {
    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = req.input.bucket;
        let location = Some(format!("/{bucket}"));
        let made = self.0.blocking(move |store| store.write(|tx| Ok(rows::add_bucket(tx, &bucket)?))).await?;
        if !made {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket = req.input.bucket;
        self.0.blocking(move |store| store.read(|conn| rows::require_bucket(conn, &bucket))).await?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        Ok(S3Response::new(objects::put(&self.0, req).await?))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        Ok(S3Response::new(objects::get(&self.0, req.input).await?))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        objects::head(&self.0, req.input).await
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        Ok(S3Response::new(objects::delete(&self.0, req.input).await?))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        Ok(S3Response::new(objects::delete_many(&self.0, req.input).await?))
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        Ok(S3Response::new(copy::copy_object(&self.0, req.input).await?))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        Ok(S3Response::new(listings::list_objects(&self.0, req.input).await?))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        Ok(S3Response::new(multipart::create(&self.0, req.input).await?))
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        Ok(S3Response::new(multipart::upload_part(&self.0, req).await?))
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        Ok(S3Response::new(copy::copy_part(&self.0, req.input).await?))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        Ok(S3Response::new(multipart::complete(&self.0, req.input).await?))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        Ok(S3Response::new(multipart::abort(&self.0, req.input).await?))
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        Ok(S3Response::new(listings::list_parts(&self.0, req.input).await?))
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        Ok(S3Response::new(listings::list_uploads(&self.0, req.input).await?))
    }
}

/// Reads the headers, which three types of input have under the same names.
macro_rules! headers_of {
    ($input:expr) => {
        crate::rows::Headers {
            content_type: $input.content_type,
            cache_control: $input.cache_control,
            content_disposition: $input.content_disposition,
            content_encoding: crate::protocol::remove_aws_chunked($input.content_encoding),
            content_language: $input.content_language,
            metadata: $input.metadata.unwrap_or_default(),
        }
    };
}
use headers_of;

/// S3 removes `aws-chunked`, which says how the body was sent and not what it is.
fn remove_aws_chunked(given: Option<String>) -> Option<String> {
    let given = given?;
    let kept: Vec<_> = given.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// The type of a checksum, by its form: only composite ones have a hyphen.
fn checksum_type(checksum: Option<&str>) -> Option<ChecksumType> {
    checksum.map(|checksum| {
        ChecksumType::from_static(match checksum.contains('-') {
            true => ChecksumType::COMPOSITE,
            false => ChecksumType::FULL_OBJECT,
        })
    })
}

fn is_crc32(algorithm: Option<&ChecksumAlgorithm>) -> bool {
    algorithm.is_some_and(|algorithm| algorithm.as_str() == ChecksumAlgorithm::CRC32)
}

/// The SDK's types have sizes as `i64`, and no file has more bytes than that can hold.
fn to_i64(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::remove_aws_chunked;

    #[test]
    fn the_transfer_coding_is_not_kept() {
        let kept = |given: &str| remove_aws_chunked(Some(given.to_owned()));
        assert_eq!(kept("aws-chunked"), None);
        assert_eq!(kept("gzip").as_deref(), Some("gzip"));
        assert_eq!(kept("aws-chunked, gzip").as_deref(), Some("gzip"));
        assert_eq!(remove_aws_chunked(None), None);
    }
}
