//! The two S3 buckets: reading, writing, uploads in parts, and the URLs by which browsers load.

pub mod multipart;
pub mod presign;
pub mod read;
mod write;
