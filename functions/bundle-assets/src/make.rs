//! Makes the parts of a plan: copies inside S3, and parts that are gathered from small files and uploaded.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws::Cloud;
use aws::objects::multipart::{CopySource, MadePart, Upload};
use bytes::{Bytes, BytesMut};
use domain::bundle::zip::{Part, Segment};
use domain::bundle::{Manifest, ManifestEntry};
use domain::object::Bucket;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use crate::failure::{Failure, Stop, retry_while_busy};
use crate::plan::Plan;

/// Concurrent copies. S3 does their work, so many can run at once.
const COPIES: usize = 32;
/// Files fetched at once for one part.
const FETCHES: usize = 8;

/// Makes parts of the zip of one manifest.
#[derive(Clone)]
pub(crate) struct Maker {
    pub cloud: Cloud,
    pub manifest: Arc<Manifest>,
}

type Numbered = (u32, Part<usize>);

impl Maker {
    /// Makes the parts of `plan` that are not `made` yet; returns all parts in order. `done` counts their bytes.
    pub async fn make_parts(
        &self,
        plan: Plan,
        upload: &Arc<Upload>,
        made: Vec<MadePart>,
        done: &AtomicU64,
    ) -> Result<Vec<MadePart>, Stop> {
        let mut parts: Vec<Option<MadePart>> = vec![None; plan.parts.len()];
        for part in made {
            let place = (part.number as usize).wrapping_sub(1);
            if plan.parts.get(place).is_some_and(|planned| planned.size() == part.size) {
                parts[place] = Some(part);
            }
        }
        done.store(parts.iter().flatten().map(|part| part.size).sum(), Ordering::Relaxed);

        let missing = (1..).zip(plan.parts).zip(&parts).filter(|(_, made)| made.is_none());
        let (mut copies, mut uploads): (VecDeque<Numbered>, VecDeque<Numbered>) =
            missing.map(|(part, _)| part).partition(|(_, part)| matches!(part, Part::Copy { .. }));
        let (mut copying, mut uploading) = (0, 0);
        // Dropping the set, also at an early return, ends its tasks.
        let mut tasks = JoinSet::new();
        loop {
            while copying < COPIES
                && let Some(part) = copies.pop_front()
            {
                copying += 1;
                self.spawn(part, upload, &mut tasks);
            }
            while uploading < plan.uploads_at_once
                && let Some(part) = uploads.pop_front()
            {
                uploading += 1;
                self.spawn(part, upload, &mut tasks);
            }
            let Some(outcome) = tasks.join_next().await else { break };
            let (was_copy, part) = outcome.map_err(Failure::Lost)??;
            if was_copy {
                copying -= 1
            } else {
                uploading -= 1
            }
            done.fetch_add(part.size, Ordering::Relaxed);
            let place = part.number as usize - 1;
            parts[place] = Some(part);
        }
        Ok(parts.into_iter().flatten().collect())
    }

    fn spawn(
        &self,
        (number, part): Numbered,
        upload: &Arc<Upload>,
        tasks: &mut JoinSet<Result<(bool, MadePart), Stop>>,
    ) {
        let (maker, upload) = (self.clone(), Arc::clone(upload));
        tasks.spawn(async move {
            let is_copy = matches!(part, Part::Copy { .. });
            maker.make_part(&upload, number, &part).await.map(|made| (is_copy, made))
        });
    }

    async fn make_part(&self, upload: &Upload, number: u32, part: &Part<usize>) -> Result<MadePart, Stop> {
        match part {
            Part::Copy { object, range } => {
                retry_while_busy(|| self.copy(upload, number, *object, range)).await
            }
            Part::Upload(segments) => retry_while_busy(|| self.send(upload, number, segments)).await,
        }
    }

    async fn copy(
        &self,
        upload: &Upload,
        number: u32,
        object: usize,
        range: &Range<u64>,
    ) -> Result<MadePart, Stop> {
        let entry = &self.manifest.entries[object];
        let (bucket, range) = (Bucket::Assets, range.clone());
        let source = CopySource { bucket, key: &entry.key, etag: &entry.etag, range };
        self.cloud.uploads().copy_part(upload, number, source).await.map_err(|error| to_stop(entry, error))
    }

    async fn send(
        &self,
        upload: &Upload,
        number: u32,
        segments: &[Segment<usize>],
    ) -> Result<MadePart, Stop> {
        let bytes = self.gather(segments).await?;
        Ok(self.cloud.uploads().upload_part(upload, number, bytes).await?)
    }

    /// Gathers the bytes of a part. Each segment is written into its place, so a part is in memory only once.
    pub async fn gather(&self, segments: &[Segment<usize>]) -> Result<Bytes, Stop> {
        let size: u64 = segments.iter().map(Segment::size).sum();
        let mut whole = BytesMut::zeroed(size as usize);
        let filling: Vec<_> = segments
            .iter()
            .map(|segment| self.fill(segment, whole.split_to(segment.size() as usize)))
            .collect();
        let mut filled = stream::iter(filling).buffered(FETCHES);
        let mut joined = BytesMut::new();
        while let Some(piece) = filled.try_next().await? {
            joined.unsplit(piece);
        }
        Ok(joined.freeze())
    }

    async fn fill(&self, segment: &Segment<usize>, mut piece: BytesMut) -> Result<BytesMut, Stop> {
        let (object, offset, len) = match segment {
            Segment::Bytes(bytes) => {
                piece.copy_from_slice(bytes);
                return Ok(piece);
            }
            Segment::Object { object, offset, len } => (*object, *offset, *len),
        };
        let entry = &self.manifest.entries[object];
        let range = offset..offset + len;
        let mut stream = self
            .cloud
            .objects(Bucket::Assets)
            .stream(&entry.key, Some(&entry.etag), Some(range))
            .await
            .map_err(|error| to_stop(entry, error))?;
        let mut at = 0;
        while let Some(chunk) = stream.next().await? {
            let place = piece.get_mut(at..at + chunk.len()).ok_or(Failure::WrongLength)?;
            place.copy_from_slice(&chunk);
            at += chunk.len();
        }
        if at == piece.len() { Ok(piece) } else { Err(Failure::WrongLength.into()) }
    }
}

/// An error of a source file: if the file has changed, the zip can't be made, and the recipient reads why.
fn to_stop(entry: &ManifestEntry, error: aws::Error) -> Stop {
    let aws::Error::Changed { .. } = error else { return error.into() };
    let name = entry.name.rsplit('/').next().unwrap_or(&entry.name);
    Stop::Unfit(format!("“{name}” was replaced while the zip was being made. Start the download again."))
}
