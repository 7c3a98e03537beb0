//! Building one bundle: from its row to a zip that is offered, or to a reason why not.

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

use crate::make::{Maker, again};
use crate::plan::{Plan, plan};
use crate::read_back::{Unread, read_back};

/// Seconds after which a word is given though nothing is new, so that nobody asks for the bundle again.
const HEARTBEAT: u32 = 20;

const START_AGAIN: &str = "The zip could not be put together. Start the download again.";
const TOO_MUCH: &str = "This is too much for one zip. Select fewer files and download them in turn.";

/// Why a message could not be dealt with: it comes again, and in the end goes to the dead letters.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is no message of ours.
    #[error("the message names no bundle: {0}")]
    NotOurs(serde_json::Error),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] aws::Error),
    /// A part's bytes were more or fewer than asked for.
    #[error("a file gave more or fewer bytes than asked for")]
    WrongLength,
    /// The upload was ended by somebody else, and there is no zip.
    #[error("the upload is gone, and so is the zip")]
    Vanished,
    /// A task was lost.
    #[error("make a part: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

/// Why building stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// There can be no such zip; the words are the recipient's.
    #[error("{0}")]
    Unfit(String),
    /// The bundle was deleted, or another worker ended it.
    #[error("the bundle is no longer to be built")]
    Unwanted,
    /// It may be built another time.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<aws::Error> for Stop {
    fn from(error: aws::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Builds a bundle that is preparing. A store's failure leaves it preparing, and what was made of it standing.
pub(crate) async fn build(bundle: &Bundle, cloud: &Cloud) -> Result<(), Failure> {
    let work = Work {
        cloud,
        bundle,
        began: Instant::now(),
        done: AtomicU64::new(bundle.done_bytes),
        upload: OnceLock::new(),
    };
    let outcome = tokio::select! {
        outcome = work.zip() => outcome,
        stop = work.report() => Err(stop),
    };
    match outcome {
        Ok(()) => work.offer().await,
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
    /// Bytes of parts that stand.
    done: AtomicU64,
    /// The upload that was begun or gone on with.
    upload: OnceLock<Arc<Upload>>,
}

impl Work<'_> {
    /// Makes the zip and reads it back.
    async fn zip(&self) -> Result<(), Stop> {
        let manifest = Arc::new(self.manifest().await?);
        let plan = plan(&manifest).map_err(|error| {
            tracing::warn!(%error, bundle = %self.bundle.id, "a bundle can't be planned");
            Stop::Unfit(TOO_MUCH.to_owned())
        })?;
        let (size, crc32, offsets) = (plan.size, plan.crc32, plan.offsets.clone());
        let etag = match self.standing(size, crc32).await? {
            Some(etag) => etag,
            None => {
                self.assemble(&manifest, plan).await?;
                // What S3 answers to a completion is not proof: look.
                self.standing(size, crc32).await?.ok_or(Failure::Vanished)?
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

    /// The manifest as it was frozen.
    async fn manifest(&self) -> Result<Manifest, Stop> {
        let key = self.bundle.manifest_key();
        let frozen = match self.cloud.objects(Bucket::Bundles).bytes(&key, None, None).await {
            Ok(frozen) => frozen,
            Err(aws::Error::Changed { .. }) => return Err(Stop::Unfit(START_AGAIN.to_owned())),
            Err(error) => return Err(error.into()),
        };
        match serde_json::from_slice(&frozen) {
            Ok(manifest) if BundleId::of(&frozen) == self.bundle.id => Ok(manifest),
            _ => {
                tracing::error!(bundle = %self.bundle.id, "a manifest is not the one that names the bundle");
                Err(Stop::Unfit(START_AGAIN.to_owned()))
            }
        }
    }

    /// The ETag of the zip where it stands already: completed before the word of it was lost.
    async fn standing(&self, size: u64, crc32: u32) -> Result<Option<String>, Stop> {
        let head = self.cloud.objects(Bucket::Bundles).head(&self.bundle.zip_key()).await?;
        Ok(head.filter(|head| head.size == size && head.crc32 == Some(crc32)).map(|head| head.etag))
    }

    async fn assemble(&self, manifest: &Arc<Manifest>, plan: Plan) -> Result<(), Stop> {
        let maker = Maker { cloud: self.cloud.clone(), manifest: Arc::clone(manifest) };
        if let [Part::Upload(segments)] = plan.parts.as_slice() {
            return again(|| self.put_whole(&maker, segments, plan.crc32)).await;
        }
        let (upload, made) = self.upload().await?;
        let upload = self.upload.get_or_init(|| Arc::new(upload));
        match self.complete(&maker, plan, upload, made).await {
            // Another worker completed it, or gave it up: the caller looks.
            Err(Stop::Failed(_)) if self.cloud.uploads().list_parts(upload).await?.is_none() => Ok(()),
            ended => ended,
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
        let parts = maker.parts(plan, upload, made, &self.done).await?;
        let complete = || async { Ok(self.cloud.uploads().complete(upload, &parts, crc32, size).await?) };
        match again(complete).await? {
            Completed::WrongBytes => Err(Stop::Unfit(START_AGAIN.to_owned())),
            // Without an upload, another worker or an answer that was lost completed it: the caller looks.
            Completed::Done | Completed::NoUpload => Ok(()),
        }
    }

    /// A zip of one part needs no upload of several.
    async fn put_whole(&self, maker: &Maker, segments: &[Segment<usize>], crc32: u32) -> Result<(), Stop> {
        let (key, bytes) = (self.bundle.zip_key(), maker.gather(segments).await?);
        self.cloud.objects(Bucket::Bundles).put(&key, "application/zip", bytes, Some(crc32)).await?;
        Ok(())
    }

    /// The upload to go on with and the parts of it that stand, or a new one.
    async fn upload(&self) -> Result<(Upload, Vec<MadePart>), Stop> {
        let (key, was) = (self.bundle.zip_key(), self.bundle.upload_id.as_deref());
        let noted = |id: &str| Upload { bucket: Bucket::Bundles, key: key.clone(), id: id.to_owned() };
        if let Some(upload) = was.map(noted)
            && let Some(made) = self.cloud.uploads().list_parts(&upload).await?
        {
            return Ok((upload, made));
        }
        let started = self.cloud.uploads().start(Bucket::Bundles, &key, "application/zip").await?;
        let standing = self.cloud.bundles().note_upload(self.bundle, was, &started.id, now()).await?;
        if standing.as_ref() == Some(&started.id) {
            return Ok((started, Vec::new()));
        }
        // Another worker was first, or the bundle is no longer wanted.
        self.cloud.uploads().abort(&started).await?;
        let upload = noted(&standing.ok_or(Stop::Unwanted)?);
        let made = self.cloud.uploads().list_parts(&upload).await?.ok_or(Stop::Unwanted)?;
        Ok((upload, made))
    }

    /// Tells how far the zip is, at most once a second, until it is no longer wanted.
    async fn report(&self) -> Stop {
        let (mut told, mut silent) = (self.bundle.done_bytes, 0);
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let done = self.done.load(Ordering::Relaxed);
            silent += 1;
            if done == told && silent < HEARTBEAT {
                continue;
            }
            match self.cloud.bundles().note_progress(self.bundle, done, now()).await {
                Ok(true) => (told, silent) = (done, 0),
                Ok(false) => return Stop::Unwanted,
                // The zip is no worse for it; the next word may get through.
                Err(error) => tracing::warn!(%error, "a bundle's progress was not noted"),
            }
        }
    }

    async fn offer(&self) -> Result<(), Failure> {
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

    /// Leaves nothing of a bundle that was cleared up meanwhile; another worker's is left alone.
    async fn clear_up(&self) -> Result<(), Failure> {
        self.abort().await?;
        let row = self.cloud.bundles().find(&self.bundle.link, &self.bundle.id).await?;
        if row.is_none_or(|row| row.status == BundleStatus::Going) {
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
