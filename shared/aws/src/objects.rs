//! The objects of the two S3 buckets: reading, writing, multipart uploads, and presigned URLs for browsers.

pub mod multipart;
pub mod open_uploads;
pub mod presign;
pub mod read;
mod write;
