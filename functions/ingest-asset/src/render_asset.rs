//! Second step: reads the file once, for its checksum, its information and its renditions.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::time::Instant;

use aws::rows::assets::Written;
use aws::{Cloud, Metric};
use bytes::Bytes;
use domain::asset::{Asset, AssetState, RenderedFile, renditions_prefix};
use domain::file_type::FileType;
use domain::id::AssetId;
use domain::object::Bucket;
use media::{Limits, Media, RenderedJpeg};

use crate::failure::Failure;

/// The largest file in bytes that is written to disk for rendering; Lambda's disk has 512 MB.
const LARGEST_RENDERED: u64 = 400_000_000;

/// The reason that people see on an asset that was given up.
const GAVE_UP: &str =
    "The file could not be read, or not within the allowed time. Its original can still be downloaded.";

/// Reads and renders an asset that awaits rendering. If its file changes at the same time, the change's own event
/// renders it. At the last delivery of the message (`is_last`) the asset leaves `processing` in any case.
pub(crate) async fn render_asset(id: &AssetId, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let began = Instant::now();
    let Some(mut was) = cloud.assets().find(id).await? else { return Ok(()) };
    if !was.awaits_rendering() {
        return Ok(());
    }
    if is_last && was.state == AssetState::Processing {
        // Marked as failed before the last attempt, because a run that is killed can't do it.
        let given_up = Asset {
            revision: was.revision + 1,
            state: AssetState::Failed,
            reason: Some(GAVE_UP.to_owned()),
            gave_up: true,
            ..was.clone()
        };
        if cloud.assets().replace(Some(&was), Some(&given_up)).await? == Written::Outdated {
            return Ok(());
        }
        was = given_up;
    }
    let mut now = Asset {
        revision: was.revision + 1,
        state: AssetState::Ready,
        reason: None,
        gave_up: false,
        ..was.clone()
    };
    match read_file(&was, cloud).await {
        Ok(facts) => {
            now.crc32 = Some(facts.crc32);
            if let Some(media) = facts.media {
                apply_media(&mut now, media, cloud).await?;
            } else {
                (now.thumbnail, now.preview) = (None, None);
            }
        }
        Err(Failure::Store(aws::Error::Changed { .. })) => {
            tracing::info!(asset = %id, "the file changed while it was read");
            return Ok(());
        }
        Err(failure) => return Err(failure),
    }
    if cloud.assets().replace(Some(&was), Some(&now)).await? == Written::Outdated {
        // The other writer has rendered it, or has sent a message for that.
        return Ok(());
    }
    let outcome = if now.state == AssetState::Failed { Metric::AssetsFailed } else { Metric::AssetsIngested };
    cloud.metrics().put(&[(outcome, 1.0), (Metric::IngestDuration, began.elapsed().as_millis() as f64)]);
    for old in [was.thumbnail, was.preview].into_iter().flatten() {
        cloud.objects(Bucket::Assets).delete(&old.key).await?;
    }
    Ok(())
}

struct FileFacts {
    crc32: u32,
    /// None for a file that is too large or of a type that is not rendered.
    media: Option<Media>,
}

async fn read_file(asset: &Asset, cloud: &Cloud) -> Result<FileFacts, Failure> {
    let by_name = FileType::of_name(&asset.name);
    // Without an extension the type is unknown, so the content must be read.
    let may_be_image = by_name.is_rendered() || by_name.is_unknown();
    let render = may_be_image && asset.size <= LARGEST_RENDERED;
    if let Some(crc32) = asset.crc32.filter(|_| !render) {
        return Ok(FileFacts { crc32, media: None });
    }
    let mut copy = if render { Some(tempfile::tempfile()?) } else { None };
    let mut hasher = crc32fast::Hasher::new();
    let mut stream = cloud.objects(Bucket::Assets).stream(&asset.key, Some(&asset.etag), None).await?;
    while let Some(bytes) = stream.next().await? {
        hasher.update(&bytes);
        if let Some(copy) = &mut copy {
            copy.write_all(&bytes)?;
        }
    }
    let media = match copy {
        None => None,
        Some(mut file) => {
            file.seek(SeekFrom::Start(0))?;
            let name = asset.name.clone();
            let render = move |mut file: File| media::render(&mut file, &name, &Limits::default());
            Some(tokio::task::spawn_blocking(move || render(file)).await??)
        }
    };
    Ok(FileFacts { crc32: hasher.finalize(), media })
}

/// Puts the renditions into the bucket, and their keys and the file information into `asset`.
async fn apply_media(asset: &mut Asset, media: Media, cloud: &Cloud) -> Result<(), Failure> {
    asset.file_type = media.file_type.as_str().to_owned();
    asset.width = media.dimensions.map(|size| size.width);
    asset.height = media.dimensions.map(|size| size.height);
    (asset.thumbnail, asset.preview) = (None, None);
    match media.renditions {
        Ok(None) => {}
        Ok(Some(renditions)) => {
            asset.preview = Some(put_rendition(asset, "preview", renditions.preview, cloud).await?);
            asset.thumbnail = Some(put_rendition(asset, "thumbnail", renditions.thumbnail, cloud).await?);
        }
        Err(reason) => {
            tracing::info!(asset = %asset.id, %reason, "a file can't be rendered");
            asset.state = AssetState::Failed;
            asset.reason = Some(reason.to_string());
        }
    }
    Ok(())
}

/// Puts a rendition under a key with the asset's revision, so that a cached URL never shows another version.
async fn put_rendition(
    asset: &Asset,
    name: &str,
    rendition: RenderedJpeg,
    cloud: &Cloud,
) -> Result<RenderedFile, Failure> {
    let key = format!("{}{}/{name}.jpg", renditions_prefix(&asset.id), asset.revision);
    let jpeg = Bytes::from(rendition.jpeg);
    let (size, crc32) = (jpeg.len() as u64, crc32fast::hash(&jpeg));
    let etag = cloud.objects(Bucket::Assets).put(&key, "image/jpeg", jpeg, Some(crc32)).await?;
    let (width, height) = (rendition.dimensions.width, rendition.dimensions.height);
    Ok(RenderedFile { key, etag, size, crc32, width, height })
}
