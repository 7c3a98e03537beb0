//! Tests the planner by independent means: random plans are carried out in memory, and archives are read by the
//! programs that recipients use.

mod laws;
mod readers;

use jiff::Timestamp;

use super::{Entry, Part, Segment};

/// Makes every part as S3 does, and joins them.
fn carry_out(parts: &[Part<usize>], objects: &[Vec<u8>]) -> Vec<u8> {
    let make = |part: &Part<usize>| match part {
        Part::Upload(segments) => join(segments, objects),
        Part::Copy { object, range } => objects[*object][range.start as usize..range.end as usize].to_vec(),
    };
    parts.iter().flat_map(make).collect()
}

fn join(segments: &[Segment<usize>], objects: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::new();
    for segment in segments {
        match segment {
            Segment::Bytes(bytes) => joined.extend_from_slice(bytes),
            Segment::Object { object, offset, len } => {
                joined.extend_from_slice(&objects[*object][*offset as usize..(offset + len) as usize]);
            }
        }
    }
    joined
}

/// An entry whose content is `objects[object]`.
fn entry(name: &str, modified: &str, object: usize, objects: &[Vec<u8>]) -> Entry<usize> {
    let content = &objects[object];
    Entry {
        name: name.to_owned(),
        size: content.len() as u64,
        crc32: crc32fast::hash(content),
        modified: modified.parse::<Timestamp>().unwrap(),
        object,
    }
}
