//! Conditional requests (RFC 9110, section 13), with S3's answers.

use std::time::{Duration, SystemTime};

use s3s::dto::{ETag, ETagCondition, Timestamp, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::rows::Info;

/// The condition of a write, which is checked inside the transaction that writes.
#[derive(Debug, Default)]
pub(crate) struct WriteCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl WriteCondition {
    /// `current` is the ETag of the object that has the key now.
    pub(crate) fn check(&self, current: Option<&str>) -> S3Result<()> {
        match (&self.if_match, current) {
            (None, _) => {}
            (Some(_), None) => {
                return Err(s3_error!(NoSuchKey, "If-Match needs an object, and there is none."));
            }
            (Some(wanted), Some(etag)) if matches(wanted, etag) => {}
            (Some(_), Some(_)) => return Err(precondition_failed("If-Match")),
        }
        match (&self.if_none_match, current) {
            (Some(unwanted), Some(etag)) if matches(unwanted, etag) => {
                Err(precondition_failed("If-None-Match"))
            }
            _ => Ok(()),
        }
    }
}

/// The condition of a read, or of the source of a copy.
#[derive(Debug, Default)]
pub(crate) struct ReadCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl ReadCondition {
    /// For GET and HEAD, which answer 304 if the client already has the object.
    pub(crate) fn check_read(&self, info: &Info) -> S3Result<()> {
        self.check_unchanged(info)?;
        if self.is_known(info) {
            return Err(not_modified(info));
        }
        Ok(())
    }

    /// For copies, where S3 answers 412 in that case too.
    pub(crate) fn check_copy(&self, info: &Info) -> S3Result<()> {
        self.check_unchanged(info)?;
        if self.is_known(info) {
            return Err(precondition_failed("x-amz-copy-source-if-none-match"));
        }
        Ok(())
    }

    fn check_unchanged(&self, info: &Info) -> S3Result<()> {
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(wanted), _) if !matches(wanted, &info.etag) => Err(precondition_failed("If-Match")),
            (None, Some(since)) if to_seconds(info.modified) > *since => {
                Err(precondition_failed("If-Unmodified-Since"))
            }
            _ => Ok(()),
        }
    }

    fn is_known(&self, info: &Info) -> bool {
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(unwanted), _) => matches(unwanted, &info.etag),
            (None, Some(since)) => to_seconds(info.modified) <= *since,
            (None, None) => false,
        }
    }
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

fn precondition_failed(condition: &str) -> S3Error {
    s3_error!(PreconditionFailed, "The condition {condition} is not met.")
}

/// RFC 9110 requires the validators on a 304, so that caches can keep using their copy.
fn not_modified(info: &Info) -> S3Error {
    let mut headers = http::HeaderMap::new();
    if let Ok(etag) = ETag::Strong(info.etag.clone()).to_http_header() {
        headers.insert(http::header::ETAG, etag);
    }
    let mut date = Vec::new();
    if to_timestamp(info.modified).format(TimestampFormat::HttpDate, &mut date).is_ok()
        && let Ok(date) = http::HeaderValue::from_bytes(&date)
    {
        headers.insert(http::header::LAST_MODIFIED, date);
    }
    let mut answer = S3Error::new(S3ErrorCode::NotModified);
    answer.set_headers(headers);
    answer
}

/// From milliseconds since 1970.
pub(crate) fn to_timestamp(ms: i64) -> Timestamp {
    let since = Duration::from_millis(ms.unsigned_abs());
    let time = if ms < 0 { SystemTime::UNIX_EPOCH - since } else { SystemTime::UNIX_EPOCH + since };
    Timestamp::from(time)
}

/// HTTP dates have whole seconds. A finer comparison would call a date outdated that this store itself has sent.
fn to_seconds(ms: i64) -> Timestamp {
    to_timestamp(ms.div_euclid(1000) * 1000)
}
