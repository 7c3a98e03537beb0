//! Lays out the bytes of a zip: headers, and ranges of the entries' objects. This module knows ZIP but not S3.
//!
//! The format is PKWARE's [APPNOTE.TXT](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) 6.3; the extended
//! timestamp is Info-ZIP's. If the format allows a choice, a comment names the reader that decided it.

use crc32fast::Hasher;
use jiff::{Timestamp, civil::date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One entry of a zip. A name that ends in `/` makes a folder, whose size and CRC-32 are 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<O> {
    /// A name from [`entry_names`](super::entry_names).
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// CRC-32 (ISO-HDLC) of the content.
    pub crc32: u32,
    /// When the content last changed.
    pub modified: Timestamp,
    /// The caller's reference to the content, which the segments repeat.
    pub object: O,
}

/// A range of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment<O> {
    /// Headers, as these bytes.
    Bytes(Vec<u8>),
    /// Content: `len` bytes of `object`, beginning at `offset`.
    Object {
        /// From the [`Entry`].
        object: O,
        /// In bytes.
        offset: u64,
        /// In bytes, never 0.
        len: u64,
    },
}

impl<O> Segment<O> {
    /// In bytes.
    pub fn size(&self) -> u64 {
        match self {
            Segment::Bytes(bytes) => bytes.len() as u64,
            Segment::Object { len, .. } => *len,
        }
    }
}

/// The plan of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout<O> {
    /// The ranges of the archive, in order; the last is `Bytes`.
    pub segments: Vec<Segment<O>>,
    /// The offset of each entry's local header, in the entries' order.
    pub offsets: Vec<u64>,
    /// In bytes.
    pub size: u64,
    /// CRC-32 of the whole archive, by which S3 checks the object that it assembled.
    pub crc32: u32,
}

/// Why there can be no archive of these entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// No entries: some programs take an empty zip for a broken one.
    #[error("there is nothing to put into the zip")]
    Empty,
    /// ZIP stores a name's length in 16 bits.
    #[error("the name of entry {index} is too long for a zip")]
    NameTooLong {
        /// The entry's index, from 0.
        index: usize,
    },
    /// ZIP stores sizes in 64 bits.
    #[error("the zip would be larger than the format allows")]
    TooLarge,
}

/// Lays out the entries, uncompressed and in this order.
///
/// # Errors
/// When ZIP can't hold the entries.
pub fn layout<O: Clone>(entries: &[Entry<O>]) -> Result<Layout<O>, LayoutError> {
    check(entries)?;
    let mut archive = Archive { segments: Vec::new(), tail: Vec::new(), size: 0, crc: Hasher::new() };

    let mut offsets = Vec::with_capacity(entries.len());
    for entry in entries {
        offsets.push(archive.size);
        archive.push_bytes(&local_header(entry));
        archive.push_content(entry);
    }

    let directory = archive.size;
    for (entry, offset) in entries.iter().zip(&offsets) {
        archive.push_bytes(&directory_header(entry, *offset));
    }
    archive.push_bytes(&end_records(entries.len() as u64, directory, archive.size - directory));

    let Archive { mut segments, tail, size, crc } = archive;
    segments.push(Segment::Bytes(tail));
    Ok(Layout { segments, offsets, size, crc32: crc.finalize() })
}

fn check<O>(entries: &[Entry<O>]) -> Result<(), LayoutError> {
    if entries.is_empty() {
        return Err(LayoutError::Empty);
    }
    if let Some(index) = entries.iter().position(|entry| entry.name.len() > usize::from(u16::MAX)) {
        return Err(LayoutError::NameTooLong { index });
    }
    // More bytes than the headers of one entry have, and than the end records have.
    const HEADERS: u64 = 3 * u16::MAX as u64;
    entries
        .iter()
        .try_fold(HEADERS, |sum, entry| sum.checked_add(HEADERS)?.checked_add(entry.size))
        .map(|_| ())
        .ok_or(LayoutError::TooLarge)
}

/// The archive so far; `tail` is its last segment, to which bytes are still added.
struct Archive<O> {
    segments: Vec<Segment<O>>,
    tail: Vec<u8>,
    size: u64,
    crc: Hasher,
}

impl<O: Clone> Archive<O> {
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.size += bytes.len() as u64;
        self.crc.update(bytes);
    }

    fn push_content(&mut self, entry: &Entry<O>) {
        if entry.size == 0 {
            return;
        }
        self.segments.push(Segment::Bytes(std::mem::take(&mut self.tail)));
        self.segments.push(Segment::Object { object: entry.object.clone(), offset: 0, len: entry.size });
        self.size += entry.size;
        self.crc.combine(&Hasher::new_with_initial_len(entry.crc32, entry.size));
    }
}

/// Names are UTF-8 (bit 11). There is no data descriptor (bit 3): Java's ZipInputStream refuses it for stored entries,
/// and bsdtar silently skips such entries when it reads from a pipe.
const FLAGS: u16 = 1 << 11;
const STORED: u16 = 0;
/// Made on Unix, so that the directory holds file modes, by version 4.5 of the format (ZIP64).
const MADE_BY: u16 = 3 << 8 | ZIP64_VERSION;
const ZIP64_VERSION: u16 = 45;
const FOLDERS_VERSION: u16 = 20;

fn version_needed(zip64: bool) -> u16 {
    if zip64 { ZIP64_VERSION } else { FOLDERS_VERSION }
}

fn local_header<O>(entry: &Entry<O>) -> Vec<u8> {
    let zip64 = saturates(entry.size);
    let size = saturate(entry.size);
    let mut extra = Record::default();
    if zip64 {
        extra = extra.u16(0x0001).u16(16).u64(entry.size).u64(entry.size);
    }
    let extra = extra.bytes(&timestamp_extra(entry.modified)).0;

    Record::default()
        .u32(0x0403_4b50)
        .u16(version_needed(zip64))
        .u16(FLAGS)
        .u16(STORED)
        .u32(dos_time(entry.modified))
        .u32(entry.crc32)
        .u32(size) // compressed
        .u32(size)
        .u16(entry.name.len() as u16)
        .u16(extra.len() as u16)
        .bytes(entry.name.as_bytes())
        .bytes(&extra)
        .0
}

fn directory_header<O>(entry: &Entry<O>, offset: u64) -> Vec<u8> {
    // If one of the three numbers must be in the extra field, all are: otherwise Info-ZIP's unzip 6.0 may report
    // "overlapped components (possible zip bomb)".
    let zip64 = saturates(entry.size) || saturates(offset);
    let (size32, offset32) = if zip64 { (u32::MAX, u32::MAX) } else { (entry.size as u32, offset as u32) };
    let mut extra = Record::default();
    if zip64 {
        extra = extra.u16(0x0001).u16(24).u64(entry.size).u64(entry.size).u64(offset);
    }
    let extra = extra.bytes(&timestamp_extra(entry.modified)).0;

    // The upper half is Unix's file type and mode, the lower half MS-DOS' folder attribute.
    let attributes: u32 = if entry.name.ends_with('/') { 0o040_755 << 16 | 0x10 } else { 0o100_644 << 16 };

    Record::default()
        .u32(0x0201_4b50)
        .u16(MADE_BY)
        .u16(version_needed(zip64))
        .u16(FLAGS)
        .u16(STORED)
        .u32(dos_time(entry.modified))
        .u32(entry.crc32)
        .u32(size32) // compressed
        .u32(size32)
        .u16(entry.name.len() as u16)
        .u16(extra.len() as u16)
        .u16(0) // comment
        .u16(0) // disk
        .u16(0) // internal attributes
        .u32(attributes)
        .u32(offset32)
        .bytes(entry.name.as_bytes())
        .bytes(&extra)
        .0
}

/// The records after the directory, which has `size` bytes and begins at `offset`.
fn end_records(entries: u64, offset: u64, size: u64) -> Vec<u8> {
    let mut end = Record::default();
    if entries >= u64::from(u16::MAX) || saturates(offset) || saturates(size) {
        end = end
            .u32(0x0606_4b50) // the ZIP64 record
            .u64(44) // its size from here
            .u16(MADE_BY)
            .u16(ZIP64_VERSION)
            .u32(0) // this disk
            .u32(0) // the directory's disk
            .u64(entries) // on this disk
            .u64(entries)
            .u64(size)
            .u64(offset)
            .u32(0x0706_4b50) // its locator
            .u32(0) // the record's disk
            .u64(offset + size)
            .u32(1); // disks
    }
    let entries = entries.min(u64::from(u16::MAX)) as u16;
    end.u32(0x0605_4b50)
        .u16(0) // this disk
        .u16(0) // the directory's disk
        .u16(entries) // on this disk
        .u16(entries)
        .u32(saturate(size))
        .u32(saturate(offset))
        .u16(0) // comment
        .0
}

/// Whether a number needs a 64-bit field. The greatest 32-bit number is no value: it marks that the 64-bit field
/// exists.
fn saturates(number: u64) -> bool {
    number >= u64::from(u32::MAX)
}

fn saturate(number: u64) -> u32 {
    number.min(u64::from(u32::MAX)) as u32
}

/// MS-DOS' date (upper half) and time, in UTC because the format has no time zone. It ranges from 1980 to 2107 in steps
/// of two seconds; other times become the nearest one.
fn dos_time(modified: Timestamp) -> u32 {
    let time = TimeZone::UTC
        .to_datetime(modified)
        .clamp(date(1980, 1, 1).at(0, 0, 0, 0), date(2107, 12, 31).at(23, 59, 58, 0));
    let date = (time.year() as u32 - 1980) << 9 | (time.month() as u32) << 5 | time.day() as u32;
    let time = (time.hour() as u32) << 11 | (time.minute() as u32) << 5 | (time.second() as u32 / 2);
    date << 16 | time
}

/// Info-ZIP's extended timestamp: seconds since 1970, and so the right time in every time zone. It is left out before
/// 1970 and after 2038, because readers disagree whether the number is signed.
fn timestamp_extra(modified: Timestamp) -> Vec<u8> {
    match u32::try_from(modified.as_second()) {
        Ok(seconds) if seconds <= i32::MAX as u32 => {
            Record::default().u16(0x5455).u16(5).bytes(&[1]).u32(seconds).0
        }
        _ => Vec::new(),
    }
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u16(self, field: u16) -> Self {
        self.bytes(&field.to_le_bytes())
    }

    fn u32(self, field: u32) -> Self {
        self.bytes(&field.to_le_bytes())
    }

    fn u64(self, field: u64) -> Self {
        self.bytes(&field.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, size: u64) -> Entry<usize> {
        Entry { name: name.to_owned(), size, crc32: 0, modified: Timestamp::UNIX_EPOCH, object: 0 }
    }

    #[test]
    fn entries_that_no_zip_can_hold_are_refused() {
        assert_eq!(layout::<()>(&[]), Err(LayoutError::Empty));
        let long = entry(&"x".repeat(65_536), 1);
        assert_eq!(layout(&[entry("a", 1), long]), Err(LayoutError::NameTooLong { index: 1 }));
        let half = entry("a", u64::MAX / 2);
        assert_eq!(layout(&[half.clone(), half.clone(), half]), Err(LayoutError::TooLarge));
        assert!(layout(&[entry(&"x".repeat(65_535), 1)]).is_ok());
    }

    #[test]
    fn empty_entries_need_no_object() {
        let layout = layout(&[entry("a", 0), entry("folder/", 0), entry("b", 0)]).unwrap();
        assert!(matches!(&layout.segments[..], [Segment::Bytes(bytes)] if bytes.len() as u64 == layout.size));
    }

    /// Readers accept a number that equals the mark without a 64-bit field, but the format forbids it.
    #[test]
    fn the_greatest_32_bit_number_is_a_mark() {
        const MARK: u64 = u32::MAX as u64;
        let zip64 = |header: Vec<u8>, fixed: usize| header[fixed + 1..].starts_with(&[1, 0]);
        assert!(!zip64(local_header(&entry("a", MARK - 1)), 30));
        assert!(zip64(local_header(&entry("a", MARK)), 30));
        assert!(!zip64(directory_header(&entry("a", MARK - 1), MARK - 1), 46));
        assert!(zip64(directory_header(&entry("a", MARK), 0), 46));
        assert!(zip64(directory_header(&entry("a", 0), MARK), 46));
        for (offset, size, length) in [(MARK - 1, MARK - 1, 22), (MARK, 0, 98), (0, MARK, 98)] {
            assert_eq!(end_records(1, offset, size).len(), length);
        }
    }

    #[test]
    fn times_outside_the_formats_range_become_the_nearest_inside() {
        let dos = |text: &str| {
            let both = dos_time(text.parse().unwrap());
            let (date, time) = (both >> 16, both & 0xffff);
            let date = (1980 + (date >> 9), date >> 5 & 15, date & 31);
            (date, (time >> 11, time >> 5 & 63, (time & 31) * 2))
        };
        assert_eq!(dos("2024-02-29T23:59:59.9Z"), ((2024, 2, 29), (23, 59, 58)));
        assert_eq!(dos("2024-03-01T00:30:00+02:00"), ((2024, 2, 29), (22, 30, 0)));
        assert_eq!(dos("1979-12-31T23:59:59Z"), ((1980, 1, 1), (0, 0, 0)));
        assert_eq!(dos("-000044-03-15T12:00:00Z"), ((1980, 1, 1), (0, 0, 0)));
        assert_eq!(dos("2108-01-01T00:00:00Z"), ((2107, 12, 31), (23, 59, 58)));

        let extra = |text: &str| timestamp_extra(text.parse().unwrap());
        assert_eq!(extra("1970-01-01T00:00:00Z"), [0x55, 0x54, 5, 0, 1, 0, 0, 0, 0]);
        assert_eq!(extra("2038-01-19T03:14:07Z"), [0x55, 0x54, 5, 0, 1, 0xff, 0xff, 0xff, 0x7f]);
        assert!(extra("2038-01-19T03:14:08Z").is_empty());
        assert!(extra("1969-12-31T23:59:59Z").is_empty());
    }

    #[test]
    fn an_entry_survives_json() {
        let entry = Entry { modified: "2024-02-29T12:34:56Z".parse().unwrap(), ..entry("ü.jpg", 1 << 40) };
        let json = serde_json::to_string(&entry).unwrap();
        assert_eq!(
            json,
            r#"{"name":"ü.jpg","size":1099511627776,"crc32":0,"modified":"2024-02-29T12:34:56Z","object":0}"#
        );
        assert_eq!(serde_json::from_str::<Entry<usize>>(&json).unwrap(), entry);
    }
}
