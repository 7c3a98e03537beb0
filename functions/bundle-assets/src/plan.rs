//! From a manifest to the parts of one upload, without IO, so that every worker makes the same plan.

use domain::bundle::Manifest;
use domain::bundle::zip::{LayoutError, Limits, Part, PartitionError, layout, partition};

/// Bytes of parts that may be in memory at once; the rest of the function's 512 MB is for the runtime and the
/// directory.
const MEMORY: u64 = 208 << 20;
/// Concurrent uploads of parts, if memory allows.
const UPLOADS: u64 = 8;
/// The smallest copy and the uploaded parts are doubled, so that many middle-sized files fit into one upload, until no
/// copy is smaller than this. More bytes then pass through this function, in larger parts, with fewer at once.
const LARGEST_MIN_COPY: u64 = 40 << 20;
/// An uploaded part is closed at this size even then, so that it fits into memory.
const LARGEST_TARGET: u64 = 128 << 20;

/// The plan of a zip. Objects are named by their index in the manifest.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The parts, in order.
    pub parts: Vec<Part<usize>>,
    /// The offset of each entry's local header.
    pub offsets: Vec<u64>,
    /// Bytes of the zip.
    pub size: u64,
    /// CRC-32 of the whole zip.
    pub crc32: u32,
    /// How many parts may be gathered and uploaded at once.
    pub uploads_at_once: usize,
}

/// Why the zip can't be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unplannable {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Partition(#[from] PartitionError),
}

/// Plans the zip of a manifest for a store with these limits.
pub(crate) fn plan(manifest: &Manifest, mut limits: Limits) -> Result<Plan, Unplannable> {
    let layout = layout(&manifest.zip_entries())?;
    let parts = loop {
        match partition(layout.segments.clone(), &limits) {
            Err(PartitionError::TooManyParts { .. }) if limits.min_copy < LARGEST_MIN_COPY => {
                limits.min_copy *= 2;
                limits.upload_target = LARGEST_TARGET.min(limits.upload_target * 2);
            }
            parts => break parts?,
        }
    };
    let sent = parts.iter().filter(|part| matches!(part, Part::Upload(_)));
    let largest = sent.map(Part::size).max().unwrap_or_default().max(1);
    let uploads_at_once = (MEMORY / largest).clamp(1, UPLOADS) as usize;
    Ok(Plan { parts, offsets: layout.offsets, size: layout.size, crc32: layout.crc32, uploads_at_once })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::bundle::ManifestEntry;
    use domain::bundle::zip::uploaded_bytes;
    use domain::samples;

    const MIB: u64 = 1 << 20;

    fn manifest(files: usize, size: u64) -> Manifest {
        let entry = |n| ManifestEntry { size, ..samples::manifest_entry(&format!("{n:06}.jpg")) };
        Manifest { entries: (0..files).map(entry).collect() }
    }

    /// Limits of a store that can join parts of any size.
    const JOINS_ANY: Limits = Limits {
        min_part: 1,
        min_copy: MIB / 4,
        upload_target: 4 * MIB,
        first_copy: 256 * MIB,
        max_copy: 5 << 30,
        max_parts: 10_000,
    };

    /// The most bytes that are in memory while the plan is carried out.
    fn memory(plan: &Plan) -> u64 {
        let mut sent: Vec<u64> =
            plan.parts.iter().filter(|part| matches!(part, Part::Upload(_))).map(Part::size).collect();
        sent.sort_unstable_by(|a, b| b.cmp(a));
        sent.iter().take(plan.uploads_at_once).sum()
    }

    #[test]
    fn concurrent_parts_fit_into_memory() {
        for (files, size) in
            [(200, 2 * MIB), (5_000, 10 * MIB), (9_000, 25 * MIB), (4, 500 * MIB), (100_000, 1)]
        {
            for limits in [Limits::default(), JOINS_ANY] {
                let plan = plan(&manifest(files, size), limits).unwrap();
                assert!(plan.parts.len() <= 10_000);
                assert!(memory(&plan) <= MEMORY, "{files} × {size}: {}", memory(&plan));
            }
        }
    }

    #[test]
    fn where_parts_may_be_small_no_files_bytes_pass_through_this_function() {
        let uploaded = |limits| uploaded_bytes(&plan(&manifest(200, 2 * MIB), limits).unwrap().parts);
        assert!(uploaded(Limits::default()) > 400 * MIB);
        assert!(uploaded(JOINS_ANY) < MIB / 4);
    }

    #[test]
    fn more_middle_sized_files_than_parts_still_fit_into_a_zip() {
        let many = plan(&manifest(9_000, 25 * MIB), Limits::default()).unwrap();
        assert!(many.uploads_at_once < 8);
        assert_eq!(plan(&manifest(4, 500 * MIB), Limits::default()).unwrap().uploads_at_once, 8);
        assert!(matches!(
            plan(&manifest(20_000, 200 * MIB), Limits::default()),
            Err(Unplannable::Partition(PartitionError::TooManyParts { .. }))
        ));
        assert!(matches!(
            plan(&manifest(0, 1), Limits::default()),
            Err(Unplannable::Layout(LayoutError::Empty))
        ));
    }
}
