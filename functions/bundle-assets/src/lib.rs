//! Zips assembled inside S3
