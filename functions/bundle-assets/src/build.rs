//! Builds one bundle: from its row to a zip that can be downloaded, or to a reason why it failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws::clock::now;
use aws::objects::multipart::{Completed, MadePart, Upload};
use aws::{Cloud, Metric};
use domain::bundle::zip::{Part, Segment};
use domain::bundle::{Bundle, BundleStatus, Manifest};
use domain::id::BundleId;
use domain::object::Bucket;

use crate::failure::{Failure, Stop, retry_while_busy};
use crate::make::Maker;
use crate::plan::{Plan, plan};
use crate::read_back::{Unread, read_back};

/// Seconds without new bytes after which progress is written anyway, so that download-assets doesn't take the worker
/// for dead.
const HEARTBEAT: u32 = 20;

const START_AGAIN: &str = "The zip could not be put together. Start the download again.";
const TOO_MUCH: &str = "This is too much for one zip. Select fewer files and download them in turn.";

/// Builds a bundle that is preparing. After a store's failure it stays preparing, and the parts made so far are kept.
pub(crate) async fn build(bundle: &Bundle, cloud: &Cloud) -> Result<(), Failure> {
    let work = Work {
        cloud,
        bundle,
        began: Instant::now(),
        done: AtomicU64::new(bundle.done_bytes),
        upload: OnceLock::new(),
    };
    let outcome = tokio::select! {
        outcome = work.make_zip() => outcome,
        stop = work.report_progress() => Err(stop),
    };
    match outcome {
        Ok(()) => work.finish().await,
        Err(Stop::Unfit(reason)) => {
            work.abort().await?;
            cloud.bundles().fail(bundle, &reason, now()).await?;
            cloud.metrics().count(Metric::BundlesFailed);
            Ok(())
        }
        Err(Stop::Unwanted) => work.clear_up().await,
        Err(Stop::Failed(failure)) => Err(failure),
    }
}

struct Work<'a> {
    cloud: &'a Cloud,
    bundle: &'a Bundle,
    began: Instant,
    /// Bytes of the parts that are uploaded.
    done: AtomicU64,
    /// The upload that was started or continued.
    upload: OnceLock<Arc<Upload>>,
}

impl Work<'_> {
    /// Makes the zip and reads it back.
    async fn make_zip(&self) -> Result<(), Stop> {
        let manifest = Arc::new(self.read_manifest().await?);
        let limits = self.cloud.settings().store_rules.limits;
        let plan = plan(&manifest, limits).map_err(|error| {
            tracing::warn!(%error, bundle = %self.bundle.id, "a bundle can't be planned");
            Stop::Unfit(TOO_MUCH.to_owned())
        })?;
        let (size, crc32, offsets) = (plan.size, plan.crc32, plan.offsets.clone());
        let etag = match self.finished_zip_etag(size, crc32).await? {
            Some(etag) => etag,
            None => {
                self.assemble(&manifest, plan).await?;
                // S3's answer to a completion does not prove that the zip exists.
                self.finished_zip_etag(size, crc32).await?.ok_or(Failure::Vanished)?
            }
        };
        self.done.store(size, Ordering::Relaxed);
        let key = self.bundle.zip_key();
        match read_back(self.cloud, &key, &etag, size, &manifest, &offsets).await {
            Ok(()) => Ok(()),
            Err(Unread::Store(error)) => Err(error.into()),
            Err(Unread::Wrong(what)) => {
                tracing::error!(what, bundle = %self.bundle.id, "a finished zip is wrong");
                self.cloud.objects(Bucket::Bundles).delete(&key).await?;
                Err(Stop::Unfit(START_AGAIN.to_owned()))
            }
        }
    }

    /// Reads the manifest, and checks that the bundle's id is its hash.
    async fn read_manifest(&self) -> Result<Manifest, Stop> {
        let key = self.bundle.manifest_key();
        let bytes = match self.cloud.objects(Bucket::Bundles).bytes(&key, None, None).await {
            Ok(bytes) => bytes,
            Err(aws::Error::Changed { .. }) => return Err(Stop::Unfit(START_AGAIN.to_owned())),
            Err(error) => return Err(error.into()),
        };
        match serde_json::from_slice(&bytes) {
            Ok(manifest) if BundleId::of(&bytes) == self.bundle.id => Ok(manifest),
            _ => {
                tracing::error!(bundle = %self.bundle.id, "a manifest is not the one that names the bundle");
                Err(Stop::Unfit(START_AGAIN.to_owned()))
            }
        }
    }

    /// The ETag of the zip if it exists already, for example after an answer to its completion was lost.
    async fn finished_zip_etag(&self, size: u64, crc32: u32) -> Result<Option<String>, Stop> {
        let head = self.cloud.objects(Bucket::Bundles).head(&self.bundle.zip_key()).await?;
        Ok(head.filter(|head| head.size == size && head.crc32 == Some(crc32)).map(|head| head.etag))
    }

    async fn assemble(&self, manifest: &Arc<Manifest>, plan: Plan) -> Result<(), Stop> {
        let maker = Maker { cloud: self.cloud.clone(), manifest: Arc::clone(manifest) };
        if let [Part::Upload(segments)] = plan.parts.as_slice() {
            return retry_while_busy(|| self.put_whole(&maker, segments, plan.crc32)).await;
        }
        let (upload, made) = self.open_upload().await?;
        let upload = self.upload.get_or_init(|| Arc::new(upload));
        match self.complete(&maker, plan, upload, made).await {
            // Another worker completed or aborted it; the caller checks which.
            Err(Stop::Failed(_)) if self.cloud.uploads().list_parts(upload).await?.is_none() => Ok(()),
            outcome => outcome,
        }
    }

    async fn complete(
        &self,
        maker: &Maker,
        plan: Plan,
        upload: &Arc<Upload>,
        made: Vec<MadePart>,
    ) -> Result<(), Stop> {
        let (size, crc32) = (plan.size, plan.crc32);
        let parts = maker.make_parts(plan, upload, made, &self.done).await?;
        let complete = || async { Ok(self.cloud.uploads().complete(upload, &parts, crc32, size).await?) };
        match retry_while_busy(complete).await? {
            Completed::WrongBytes => Err(Stop::Unfit(START_AGAIN.to_owned())),
            // Without an upload, it may have been completed by another worker or by a request whose answer was lost;
            // the caller checks.
            Completed::Done | Completed::NoUpload => Ok(()),
        }
    }

    /// Puts a zip of one part, which needs no multipart upload.
    async fn put_whole(&self, maker: &Maker, segments: &[Segment<usize>], crc32: u32) -> Result<(), Stop> {
        let (key, bytes) = (self.bundle.zip_key(), maker.gather(segments).await?);
        self.cloud.objects(Bucket::Bundles).put(&key, "application/zip", bytes, Some(crc32)).await?;
        Ok(())
    }

    /// The upload to continue, with its finished parts, or a new one.
    async fn open_upload(&self) -> Result<(Upload, Vec<MadePart>), Stop> {
        let (key, was) = (self.bundle.zip_key(), self.bundle.upload_id.as_deref());
        let upload_of = |id: &str| Upload { bucket: Bucket::Bundles, key: key.clone(), id: id.to_owned() };
        if let Some(upload) = was.map(upload_of)
            && let Some(made) = self.cloud.uploads().list_parts(&upload).await?
        {
            return Ok((upload, made));
        }
        let started = self.cloud.uploads().start(Bucket::Bundles, &key, "application/zip").await?;
        let noted_id = self.cloud.bundles().note_upload(self.bundle, was, &started.id, now()).await?;
        if noted_id.as_ref() == Some(&started.id) {
            return Ok((started, Vec::new()));
        }
        // Another worker was first, or the bundle was deleted.
        self.cloud.uploads().abort(&started).await?;
        let upload = upload_of(&noted_id.ok_or(Stop::Unwanted)?);
        let made = self.cloud.uploads().list_parts(&upload).await?.ok_or(Stop::Unwanted)?;
        Ok((upload, made))
    }

    /// Writes the progress to the bundle's row, at most once a second, until the bundle is deleted.
    async fn report_progress(&self) -> Stop {
        let (mut written, mut silent) = (self.bundle.done_bytes, 0);
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let done = self.done.load(Ordering::Relaxed);
            silent += 1;
            if done == written && silent < HEARTBEAT {
                continue;
            }
            match self.cloud.bundles().note_progress(self.bundle, done, now()).await {
                Ok(true) => (written, silent) = (done, 0),
                Ok(false) => return Stop::Unwanted,
                // Progress is only informative, and the next write may succeed.
                Err(error) => tracing::warn!(%error, "a bundle's progress was not written"),
            }
        }
    }

    async fn finish(&self) -> Result<(), Failure> {
        if self.cloud.bundles().finish(self.bundle, now()).await? {
            self.cloud.metrics().put(&[
                (Metric::BundlesReady, 1.0),
                (Metric::BundleBytes, self.bundle.bytes as f64),
                (Metric::BundleDuration, self.began.elapsed().as_millis() as f64),
            ]);
            tracing::info!(bundle = %self.bundle.id, bytes = self.bundle.bytes, "a bundle is ready");
            return Ok(());
        }
        self.clear_up().await
    }

    /// Deletes what is left if the bundle itself was deleted; a bundle of another worker is left alone.
    async fn clear_up(&self) -> Result<(), Failure> {
        self.abort().await?;
        let row = self.cloud.bundles().find(&self.bundle.link, &self.bundle.id).await?;
        if row.is_none_or(|row| row.status == BundleStatus::Deleting) {
            self.cloud.objects(Bucket::Bundles).delete(&self.bundle.zip_key()).await?;
            self.cloud.objects(Bucket::Bundles).delete(&self.bundle.manifest_key()).await?;
        }
        Ok(())
    }

    async fn abort(&self) -> Result<(), Failure> {
        match self.upload.get() {
            Some(upload) => Ok(self.cloud.uploads().abort(upload).await?),
            None => Ok(()),
        }
    }
}
