//! A zip that S3 assembles itself: what to call its entries, where every byte of it comes from, and
//! which parts of one multipart upload bring those bytes together.
//!
//! ```text
//! paths ── entry_names ──▶ names
//! entries ── layout ──▶ segments (bytes | range of an object), size, CRC-32    knows ZIP, not S3
//! segments ── partition ──▶ parts (upload | copy)                              knows S3, not ZIP
//! ```
//!
//! All three are pure and deterministic: whoever holds the same entries and [`Limits`] gets the same
//! parts, so any worker can make any part, and make it again.

mod layout;
mod names;
mod partition;
#[cfg(test)]
mod tests;

pub use layout::{Entry, Layout, LayoutError, Segment, layout};
pub use names::{MAX_COMPONENT, entry_names};
pub use partition::{Limits, Part, PartitionError, partition, uploaded_bytes};
