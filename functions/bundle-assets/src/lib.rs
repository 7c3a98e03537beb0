//! Zips assembled inside S3: the bytes of large files never pass through this function.
//!
//! ```text
//! message ── handle ──▶ row and frozen manifest ── plan ──▶ parts of one multipart upload
//! parts ── make ──▶ copied inside S3, or gathered and sent     complete ── read_back ──▶ ready
//! ```
//!
//! The plan depends only on the manifest, so a repeated message makes only the missing parts, and two workers on one
//! bundle make the same parts. A zip can be downloaded only after an independent zip reader has read its directory; a
//! failed bundle leaves nothing in S3.

mod build;
mod failure;
mod handle;
mod make;
mod plan;
mod ranged;
mod read_back;

pub use handle::handle;
