//! An S3 endpoint for one machine: s3s speaks the protocol, files and SQLite keep the objects.
//!
//! - The body of a PUT becomes a *blob*: a file with a generated name that never changes. Rows of one SQLite file say
//!   which byte ranges of which blobs (*segments*) make up an object or a part. So completing a multipart upload and
//!   copying write rows and move no bytes, and no path on the disk depends on a key.
//! - The blob is written to the disk first, then its row, in a transaction that is on the disk before the answer is
//!   sent. A crash in between leaves a file without a row, which the next start removes.
//! - Conditions (`If-Match`, `If-None-Match`) are checked in the transaction that writes.
//! - Each blob has a CRC-32 with checkpoints, so that the CRC-32 of a copied range or of joined parts is computed almost
//!   without reading. As on AWS, answers show it where a request gave or requested one; checksums of other algorithms
//!   are verified and not kept.
//! - A local folder can be shown, read-only, under a prefix ([`Linked`]).
//! - Each change is reported as an [`ObjectEvent`], written with the change and kept until acknowledged.
//!
//! Not implemented, and answered 501: versions, ACLs, tags, encryption, policies, virtual-hosted addresses.

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

pub use connections::{HEAD_TIMEOUT, serve_connections};
pub use error::Error;
pub use event::{ObjectEvent, ObjectEventKind};
pub use linked::Linked;
pub use serve::{Credentials, serve};
pub use store::{SMALLEST_PART, Store, StoreConfig};
