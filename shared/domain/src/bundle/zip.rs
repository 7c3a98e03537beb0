//! Plans a zip that S3 assembles: the names of its entries, the source of each byte, and the parts of one multipart
//! upload that join these bytes.
//!
//! ```text
//! paths ── entry_names ──▶ names
//! entries ── layout ──▶ segments (bytes | range of an object), size, CRC-32    knows ZIP, not S3
//! segments ── partition ──▶ parts (upload | copy)                              knows S3, not ZIP
//! ```
//!
//! All three are pure and deterministic: the same entries and [`Limits`] give the same parts, so any worker can make
//! any part, and repeat it.

mod layout;
mod names;
mod partition;
#[cfg(test)]
mod tests;

pub use layout::{Entry, Layout, LayoutError, Segment, layout};
pub use names::{MAX_COMPONENT, entry_names};
pub use partition::{Limits, Part, PartitionError, partition, uploaded_bytes};
