//! Zips assembled inside S3: the bytes of large files never pass through here.
//!
//! ```text
//! message ── handle ──▶ row and frozen manifest ── plan ──▶ parts of one multipart upload
//! parts ── make ──▶ copied inside S3, or gathered and sent     complete ── read_back ──▶ ready
//! ```
//!
//! The plan follows from the manifest alone, so a message that comes again goes on with the parts that are missing,
//! and two workers on one bundle make the same parts. Nothing is offered before it was read back with a zip reader
//! that is not ours; nothing is left of what failed.

mod build;
mod failure;
mod handle;
mod make;
mod plan;
mod ranged;
mod read_back;

pub use handle::handle;
