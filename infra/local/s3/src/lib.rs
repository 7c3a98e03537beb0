//! An S3 endpoint for one machine: s3s speaks the protocol, files and SQLite keep the objects.
//!
//! - A body becomes an immutable *blob*, a file under a generated name; rows of one SQLite file
//!   say which runs of which blobs (*segments*) make up an object or a part. Completing a multipart
//!   upload and copying therefore move rows, not bytes, and whatever a key says, no path follows from it.
//! - Blob first, on the disk; then the row, in a transaction that is on the disk when the answer
//!   goes out. A crash in between leaves a file that nobody names; the next start removes it.
//! - Conditions (`If-Match`, `If-None-Match`) are judged in the transaction that writes.
//! - A CRC-32 is kept for every blob, with checkpoints, so that the one of any copied range or joined
//!   object is known almost without reading. It is shown, as on AWS, where one was given or asked for;
//!   checksums of the other algorithms are verified and not kept.
//! - A local folder can be shown, read-only, under a prefix ([`Linked`]).
//! - Changes are told as [`ObjectEvent`]s, written with the change and kept until acknowledged.
//!
//! Not here, and answered 501: versions, ACLs, tags, encryption, policies, virtual-hosted addresses.

mod blob;
mod changes;
mod clock;
mod condition;
mod connections;
mod crc;
mod database;
mod error;
mod event;
mod holds;
mod intake;
mod linked;
mod listing;
mod protocol;
mod reading;
mod rows;
mod serve;
mod store;
mod uploads;

pub use connections::{HEAD_WITHIN, connections};
pub use error::Error;
pub use event::{ObjectEvent, ObjectEventKind};
pub use linked::Linked;
pub use serve::{Credentials, serve};
pub use store::{Store, StoreConfig};
