//! Uploads that are still open, to find those that were left.

use domain::object::Bucket;
use jiff::Timestamp;

use crate::Error;
use crate::objects::multipart::{Upload, Uploads};

/// An upload that was neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// The upload.
    pub upload: Upload,
    /// When it was started.
    pub started: Timestamp,
}

/// A page of open uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPage {
    /// The uploads; at most 1,000.
    pub uploads: Vec<OpenUpload>,
    /// The upload after which the next page starts; `None` on the last page.
    pub next: Option<Upload>,
}

impl Uploads<'_> {
    /// A page of the open uploads whose keys begin with a prefix, in the order of their keys.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        self,
        bucket: Bucket,
        prefix: &str,
        after: Option<Upload>,
    ) -> Result<UploadPage, Error> {
        let doing = "list uploads";
        let (after_key, after_id) = after.map(|upload| (upload.key, upload.id)).unzip();
        let page = self
            .0
            .s3()
            .list_multipart_uploads()
            .bucket(self.0.bucket_name(bucket))
            .prefix(prefix)
            .set_key_marker(after_key)
            .set_upload_id_marker(after_id)
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        let mut uploads = Vec::new();
        for open in page.uploads.unwrap_or_default() {
            let started = open
                .initiated
                .and_then(|at| at.to_millis().ok())
                .and_then(|ms| Timestamp::from_millisecond(ms).ok());
            let (Some(key), Some(id), Some(started)) = (open.key, open.upload_id, started) else {
                return Err(Error::broken(doing, "an upload lacks its key, id or time"));
            };
            uploads.push(OpenUpload { upload: Upload { bucket, key, id }, started });
        }
        let last = page.next_key_marker.zip(page.next_upload_id_marker);
        let next = last.filter(|_| page.is_truncated == Some(true));
        Ok(UploadPage { uploads, next: next.map(|(key, id)| Upload { bucket, key, id }) })
    }
}
