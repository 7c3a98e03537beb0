//! Making the parts of a plan: copies inside S3, and parts gathered from small files and sent.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws::Cloud;
use aws::objects::multipart::{CopySource, MadePart, Upload};
use bytes::{Bytes, BytesMut};
use domain::bundle::zip::{Part, Segment};
use domain::bundle::{Manifest, ManifestEntry};
use domain::object::Bucket;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use crate::build::{Failure, Stop};
use crate::plan::Plan;

/// Copies under way at once. They cost S3's time, not ours.
const COPIES: usize = 32;
/// Files fetched at once for one part.
const FETCHES: usize = 8;
/// How often a part is tried before its message is left to come again.
const TRIES: u32 = 4;

/// What every part is made from.
#[derive(Clone)]
pub(crate) struct Maker {
    pub cloud: Cloud,
    pub manifest: Arc<Manifest>,
}

type Numbered = (u32, Part<usize>);

impl Maker {
    /// Makes the parts of `plan` that are not `made` yet, and gives them all, in order. `done` counts their bytes.
    pub async fn parts(
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
        // Dropping it, whatever the reason, ends what is under way.
        let mut under_way = JoinSet::new();
        loop {
            while copying < COPIES
                && let Some(part) = copies.pop_front()
            {
                copying += 1;
                self.spawn(part, upload, &mut under_way);
            }
            while uploading < plan.uploads_at_once
                && let Some(part) = uploads.pop_front()
            {
                uploading += 1;
                self.spawn(part, upload, &mut under_way);
            }
            let Some(ended) = under_way.join_next().await else { break };
            let (was_copy, part) = ended.map_err(Failure::Lost)??;
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
        under_way: &mut JoinSet<Result<(bool, MadePart), Stop>>,
    ) {
        let (maker, upload) = (self.clone(), Arc::clone(upload));
        under_way.spawn(async move {
            let is_copy = matches!(part, Part::Copy { .. });
            maker.part(&upload, number, &part).await.map(|made| (is_copy, made))
        });
    }

    async fn part(&self, upload: &Upload, number: u32, part: &Part<usize>) -> Result<MadePart, Stop> {
        match part {
            Part::Copy { object, range } => again(|| self.copy(upload, number, *object, range)).await,
            Part::Upload(segments) => again(|| self.send(upload, number, segments)).await,
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
        self.cloud.uploads().copy_part(upload, number, source).await.map_err(|error| replaced(entry, error))
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

    /// The bytes of a part. Each stretch is written where it belongs, so a part is in memory once.
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
            .map_err(|error| replaced(entry, error))?;
        let mut at = 0;
        while let Some(chunk) = stream.next().await? {
            let place = piece.get_mut(at..at + chunk.len()).ok_or(Failure::WrongLength)?;
            place.copy_from_slice(&chunk);
            at += chunk.len();
        }
        if at == piece.len() { Ok(piece) } else { Err(Failure::WrongLength.into()) }
    }
}

/// Tries something until the store is no longer busy, a few times.
pub(crate) async fn again<T, F: Future<Output = Result<T, Stop>>>(
    mut work: impl FnMut() -> F,
) -> Result<T, Stop> {
    let mut tries = 1;
    loop {
        match work().await {
            Err(Stop::Failed(Failure::Store(aws::Error::Busy { doing, cause }))) if tries < TRIES => {
                tracing::warn!(doing, cause, tries, "the store is busy");
                tokio::time::sleep(Duration::from_millis(250 << tries)).await;
                tries += 1;
            }
            ended => return ended,
        }
    }
}

/// An error about a source: one that has changed spoils the zip, in the recipient's words.
fn replaced(entry: &ManifestEntry, error: aws::Error) -> Stop {
    let aws::Error::Changed { .. } = error else { return error.into() };
    let name = entry.name.rsplit('/').next().unwrap_or(&entry.name);
    Stop::Unfit(format!("“{name}” was replaced while the zip was being made. Start the download again."))
}
