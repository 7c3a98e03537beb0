//! Divides segments into the parts of a multipart upload. This module knows S3 but not ZIP.
//!
//! A part that S3 copies costs one request. A part that is uploaded costs its bytes, which are first downloaded. S3
//! requires 5 MiB for each part but the last, so the header between two objects is uploaded together with about 5 MiB
//! of the second object, whatever the object's size.

use std::{iter, ops::Range};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Segment;

const MIB: u64 = 1 << 20;

/// The store's limits in bytes, and the uploader's preferences. [`Default`] is for S3.
///
/// `first_copy` is at least twice `min_part`, so that equal shares of an object are never smaller than `min_part`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The smallest part; only the last may be smaller.
    pub min_part: u64,
    /// The smallest range that is copied.
    pub min_copy: u64,
    /// The size at which an uploaded part is closed. A part holds at most this, one object too small to copy (under
    /// `2 × max(min_part, min_copy)`), and the headers around them.
    pub upload_target: u64,
    /// The largest copied part, if there are not too many of them: small copies run in parallel.
    pub first_copy: u64,
    /// The largest copied part if there would be too many otherwise.
    pub max_copy: u64,
    /// The most parts of one upload.
    pub max_parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            min_part: 5 * MIB,
            min_copy: 5 * MIB + 1, // S3 copies a range only from an object of *more* than 5 MB
            upload_target: 16 * MIB, // eight at the same time need less than 210 MiB
            first_copy: 256 * MIB,
            max_copy: 5 * 1024 * MIB,
            max_parts: 10_000,
        }
    }
}

/// One part of an upload. Its number is its place among the parts, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<O> {
    /// A part to upload: the bytes of these segments.
    Upload(Vec<Segment<O>>),
    /// A part that the store copies from an object.
    Copy {
        /// From the [`Segment`].
        object: O,
        /// In bytes; `end` is exclusive.
        range: Range<u64>,
    },
}

impl<O> Part<O> {
    /// In bytes.
    pub fn size(&self) -> u64 {
        match self {
            Part::Upload(segments) => segments.iter().map(Segment::size).sum(),
            Part::Copy { range, .. } => range.end - range.start,
        }
    }
}

/// The bytes of `parts` that a worker has to upload; the others never leave the store.
pub fn uploaded_bytes<O>(parts: &[Part<O>]) -> u64 {
    parts.iter().filter(|part| matches!(part, Part::Upload(_))).map(Part::size).sum()
}

/// Why the object can't be made by one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PartitionError {
    /// Too many objects large enough to be copied, or too many bytes.
    #[error("this takes {needed} parts, and one upload has at most {allowed}")]
    TooManyParts {
        /// The number of parts with the largest copies.
        needed: usize,
        /// [`Limits::max_parts`].
        allowed: usize,
    },
}

/// Divides `segments` into the parts of one upload; joined in order, the parts have the same bytes as the segments.
///
/// Every part but the last has at least `min_part` bytes, and so has every copy. If the last segment is bytes, as in a
/// zip, the last part is an upload.
///
/// # Errors
/// When there would be too many parts.
pub fn partition<O: Clone>(
    segments: Vec<Segment<O>>,
    limits: &Limits,
) -> Result<Vec<Part<O>>, PartitionError> {
    debug_assert!(limits.first_copy >= 2 * limits.min_part && limits.first_copy <= limits.max_copy);
    let parts = uploads_and_whole_copies(segments, limits);
    let largest = largest_copy(&parts, limits)?;
    Ok(parts.into_iter().flat_map(|part| split_copy(part, largest)).collect())
}

/// The first pass, which ignores the limit for copies. Each object is copied, without the bytes that the upload before
/// it needs to reach the smallest size; an object of which too little would be left is uploaded.
fn uploads_and_whole_copies<O: Clone>(segments: Vec<Segment<O>>, limits: &Limits) -> Vec<Part<O>> {
    let worth_copying = limits.min_part.max(limits.min_copy);
    let mut parts = Vec::new();
    let mut pending = Pending { segments: Vec::new(), size: 0 };
    for segment in segments {
        let lacking = if pending.size == 0 { 0 } else { limits.min_part.saturating_sub(pending.size) };
        match segment {
            Segment::Object { object, offset, len } if len >= lacking + worth_copying => {
                if lacking > 0 {
                    pending.push(Segment::Object { object: object.clone(), offset, len: lacking });
                }
                parts.extend(pending.take());
                parts.push(Part::Copy { object, range: offset + lacking..offset + len });
            }
            small => pending.push(small),
        }
        if pending.size >= limits.upload_target.max(limits.min_part) {
            parts.extend(pending.take());
        }
    }
    parts.extend(pending.take());
    parts
}

/// The upload to which segments are still added.
struct Pending<O> {
    segments: Vec<Segment<O>>,
    size: u64,
}

impl<O> Pending<O> {
    fn push(&mut self, segment: Segment<O>) {
        self.size += segment.size();
        self.segments.push(segment);
    }

    fn take(&mut self) -> Option<Part<O>> {
        self.size = 0;
        let segments = std::mem::take(&mut self.segments);
        (!segments.is_empty()).then_some(Part::Upload(segments))
    }
}

/// The first size that makes few enough parts: `first_copy`, twice that, and so on up to `max_copy`.
fn largest_copy<O>(parts: &[Part<O>], limits: &Limits) -> Result<u64, PartitionError> {
    let count = |largest: u64| -> u64 {
        let count = |part: &Part<O>| match part {
            Part::Upload(_) => 1,
            Part::Copy { .. } => part.size().div_ceil(largest),
        };
        parts.iter().map(count).sum()
    };
    let allowed = limits.max_parts;
    iter::successors(Some(limits.first_copy), |size| {
        (*size < limits.max_copy).then(|| (size * 2).min(limits.max_copy))
    })
    .find(|size| count(*size) <= allowed as u64)
    .ok_or_else(|| PartitionError::TooManyParts { needed: count(limits.max_copy) as usize, allowed })
}

/// Splits a copy into as few copies of at most `largest` bytes as possible, whose sizes differ by at most one byte. An
/// upload stays as it is.
fn split_copy<O: Clone>(part: Part<O>, largest: u64) -> Vec<Part<O>> {
    let size = part.size();
    match part {
        Part::Upload(_) => vec![part],
        Part::Copy { object, range } => {
            let copies = size.div_ceil(largest);
            let start = |i: u64| range.start + size / copies * i + i.min(size % copies);
            (0..copies)
                .map(|i| Part::Copy { object: object.clone(), range: start(i)..start(i + 1) })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use jiff::Timestamp;

    use super::*;
    use crate::bundle::zip::{Entry, layout};

    fn archive(sizes: impl IntoIterator<Item = u64>) -> (Vec<Segment<usize>>, u64) {
        let entry = |(object, size)| Entry {
            name: format!("Bilder/{object:06}.jpg"),
            size,
            crc32: 0,
            modified: Timestamp::UNIX_EPOCH,
            object,
        };
        let layout = layout(&sizes.into_iter().enumerate().map(entry).collect::<Vec<_>>()).unwrap();
        (layout.segments, layout.size)
    }

    /// The share of bytes that a worker has to upload, for typical mixes of files.
    #[test]
    fn most_bytes_never_leave_the_store() {
        const MB: u64 = 1_000_000;
        let scattered = (0..100).flat_map(|_| repeat_n(MB, 5).chain([500 * MB]));
        let mut sorted: Vec<_> = scattered.clone().collect();
        sorted.sort();
        let mixes: [(&str, Vec<u64>, &str); 7] = [
            ("4 × 500 MiB", vec![500 * MIB; 4], "1.0 %, 13 parts"),
            ("10 × 10 GB", vec![10_000 * MB; 10], "0.1 %, 391 parts"),
            ("1000 × 30 MB", vec![30 * MB; 1000], "17.5 %, 2001 parts"),
            ("1000 × 6 MB", vec![6 * MB; 1000], "50.0 %, 1001 parts"),
            ("200 × 2 MiB", vec![2 * MIB; 200], "100.0 %, 26 parts"),
            ("500 × 1 MB scattered among 100 × 500 MB", scattered.collect(), "1.0 %, 301 parts"),
            ("the same sorted by size", sorted, "2.0 %, 330 parts"),
        ];
        for (mix, sizes, expected) in mixes {
            let (segments, size) = archive(sizes);
            let parts = partition(segments, &Limits::default()).unwrap();
            let share = 100.0 * uploaded_bytes(&parts) as f64 / size as f64;
            assert_eq!(format!("{share:.1} %, {} parts", parts.len()), expected, "{mix}");
        }
    }

    #[test]
    fn objects_with_nothing_between_are_copied_whole() {
        let object = |object| Segment::Object { object, offset: 7, len: 10 * MIB };
        let copy = |object| Part::Copy { object, range: 7..7 + 10 * MIB };
        let parts = partition(vec![object(1), object(2)], &Limits::default());
        assert_eq!(parts, Ok(vec![copy(1), copy(2)]));
    }

    #[test]
    fn small_entries_fill_parts_that_fit_in_memory() {
        let limits = Limits::default();
        let (segments, _) = archive(repeat_n(2 * MIB, 200));
        let parts = partition(segments, &limits).unwrap();
        assert_eq!(parts.len(), 25 + 1); // the last one is the directory
        let (segments, _) = archive(repeat_n(10 * MIB - 400, 2_000));
        let parts = partition(segments, &limits).unwrap();
        let uploads = parts.iter().filter(|part| matches!(part, Part::Upload(_)));
        assert!(uploads.map(Part::size).max().unwrap() < limits.upload_target + 2 * limits.min_copy);
    }

    #[test]
    fn copies_grow_until_the_parts_are_few_enough() {
        let largest = |terabytes: u64| {
            let (segments, _) = archive([terabytes << 40]);
            let parts = partition(segments, &Limits::default())?;
            assert!(parts.len() <= 10_000);
            let copies = parts.iter().filter(|part| matches!(part, Part::Copy { .. }));
            Ok(copies.map(Part::size).max().unwrap().div_ceil(MIB))
        };
        assert_eq!(largest(1), Ok(256));
        assert_eq!(largest(4), Ok(512));
        assert_eq!(largest(48), Ok(5120));
        assert_eq!(largest(49), Err(PartitionError::TooManyParts { needed: 10_038, allowed: 10_000 }));
    }

    #[test]
    fn more_copied_entries_than_parts_are_refused() {
        let parts = |entries| partition(archive(repeat_n(30_000_000, entries)).0, &Limits::default());
        assert_eq!(parts(4_999).unwrap().len(), 9_999);
        assert_eq!(parts(5_000), Err(PartitionError::TooManyParts { needed: 10_001, allowed: 10_000 }));
    }
}
