//! Makes random plans with small limits, and carries them out in memory.

use proptest::prelude::*;

use super::{carry_out, entry, join};
use crate::bundle::zip::{
    Limits, Part, PartitionError, Segment, entry_names, layout, partition, uploaded_bytes,
};

/// Bytes that differ between objects and between offsets.
fn content(seed: usize, size: usize) -> Vec<u8> {
    (0..size).map(|i| (seed * 151 + i * 7 + i / 251) as u8).collect()
}

fn objects() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let size = prop_oneof![2 => 0..300usize, 2 => 300..1_200usize, 1 => 1_200..20_000usize];
    prop::collection::vec(size, 1..30)
        .prop_map(|sizes| sizes.into_iter().enumerate().map(|(seed, size)| content(seed, size)).collect())
}

fn limits() -> impl Strategy<Value = Limits> {
    (100..600u64, 0..1_000u64, 0..3_000u64, 2..5u64, 0..20u64, 3..120usize).prop_map(
        |(min_part, min_copy, upload_target, first, growth, max_parts)| Limits {
            min_part,
            min_copy,
            upload_target,
            first_copy: first * min_part,
            max_copy: first * min_part + growth * 100,
            max_parts,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn parts_make_the_archive(objects in objects(), limits in limits()) {
        let names = entry_names(&vec!["Ordner/Bild.jpg"; objects.len()]);
        let entries: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(object, name)| entry(name, "2024-02-29T12:34:56Z", object, &objects))
            .collect();
        let layout = layout(&entries).unwrap();
        let archive = join(&layout.segments, &objects);
        prop_assert_eq!(layout.size, archive.len() as u64);
        prop_assert_eq!(layout.crc32, crc32fast::hash(&archive));
        for (entry, offset) in entries.iter().zip(&layout.offsets) {
            let header = &archive[*offset as usize..];
            prop_assert_eq!(&header[..4], b"PK\x03\x04");
            prop_assert_eq!(&header[30..30 + entry.name.len()], entry.name.as_bytes());
        }

        let parts = match partition(layout.segments.clone(), &limits) {
            Ok(parts) => parts,
            Err(PartitionError::TooManyParts { needed, allowed }) => {
                // The number is right: with the largest copies and no limit on parts, there are as many.
                prop_assert!(needed > allowed && allowed == limits.max_parts);
                let limits = Limits { first_copy: limits.max_copy, max_parts: usize::MAX, ..limits };
                let parts = partition(layout.segments, &limits).unwrap();
                prop_assert_eq!(parts.len(), needed);
                parts
            }
        };
        prop_assert!(carry_out(&parts, &objects) == archive);

        let Some((last, others)) = parts.split_last() else { panic!("no parts") };
        prop_assert!(matches!(last, Part::Upload(_)), "the directory is never copied");
        prop_assert!(others.iter().all(|part| part.size() >= limits.min_part));
        let small = 2 * limits.min_part.max(limits.min_copy);
        let mut uploaded = 0;
        for part in &parts {
            match part {
                Part::Upload(segments) => {
                    prop_assert!(segments.iter().all(|segment| segment.size() > 0));
                    let objects = segments.iter().filter(|segment| matches!(segment, Segment::Object { .. }));
                    let largest = objects.map(Segment::size).max().unwrap_or(0);
                    prop_assert!(largest < small, "an object worth copying was fetched");
                    uploaded += part.size();
                }
                Part::Copy { .. } => {
                    prop_assert!((limits.min_part..=limits.max_copy).contains(&part.size()));
                }
            }
        }
        prop_assert_eq!(uploaded_bytes(&parts), uploaded);
    }

    /// Segments in an order that no zip has.
    #[test]
    fn parts_make_any_object(
        segments in prop::collection::vec((any::<bool>(), 1..3_000usize), 1..20),
        limits in limits(),
    ) {
        let objects: Vec<_> = segments.iter().enumerate().map(|(seed, (_, size))| content(seed, *size)).collect();
        let segments: Vec<_> = segments
            .iter()
            .enumerate()
            .map(|(object, (bytes, size))| match bytes {
                true => Segment::Bytes(objects[object].clone()),
                // The second half of the object, so that the test notices a lost offset.
                false => Segment::Object { object, offset: *size as u64 / 2, len: (size - size / 2) as u64 },
            })
            .collect();
        let expected = join(&segments, &objects);
        let limits = Limits { max_parts: 10_000, ..limits };
        let parts = partition(segments, &limits).unwrap();
        prop_assert!(carry_out(&parts, &objects) == expected);
        prop_assert!(parts[..parts.len() - 1].iter().all(|part| part.size() >= limits.min_part));
    }
}
