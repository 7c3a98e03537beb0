//! Second step: the file is read once, for its checksum, its information and its renditions.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::time::Instant;

use aws::rows::assets::Written;
use aws::{Cloud, Metric};
use bytes::Bytes;
use domain::asset::{Asset, RENDITIONS, RenderedFile, State};
use domain::id::AssetId;
use domain::object::Bucket;

use crate::handle::Failure;
use crate::{Limits, Media, Rendition, file_type};

/// The largest file that is kept on disk to be rendered; Lambda gives 512 MB.
const LARGEST_RENDERED: u64 = 400_000_000;

/// Under which the renditions of an asset lie.
pub(crate) fn renditions_of(id: &AssetId) -> String {
    format!("{RENDITIONS}{id}/")
}

/// Why an asset is told to have failed when its message is about to go to the dead letters. Re-driven, it is tried anew.
const GAVE_UP: &str =
    "The file could not be read, or not in the time there is. Its original can still be downloaded.";

/// Whether there is still something to be tried.
pub(crate) fn awaits_rendering(asset: &Asset) -> bool {
    asset.state == State::Processing || asset.reason.as_deref() == Some(GAVE_UP)
}

/// Reads and renders an asset that is waiting for it. One that changed meanwhile is left to its own event. With the last
/// delivery of its message (`is_last`) nobody is left waiting, whatever comes of it.
pub(crate) async fn render_asset(id: &AssetId, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let began = Instant::now();
    let Some(mut was) = cloud.assets().find(id).await? else { return Ok(()) };
    if !awaits_rendering(&was) {
        return Ok(());
    }
    if is_last && was.state == State::Processing {
        // Before the last try: one that is stopped in the middle says nothing any more.
        let reason = Some(GAVE_UP.to_owned());
        let given_up = Asset { revision: was.revision + 1, state: State::Failed, reason, ..was.clone() };
        if cloud.assets().replace(Some(&was), Some(&given_up)).await? == Written::Outdated {
            return Ok(());
        }
        was = given_up;
    }
    let mut now = Asset { revision: was.revision + 1, state: State::Ready, reason: None, ..was.clone() };
    match read(&was, cloud).await {
        Ok(read) => {
            now.crc32 = Some(read.crc32);
            if let Some(media) = read.media {
                take(&mut now, media, cloud).await?;
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
        // Whoever was first either rendered it or has asked for that.
        return Ok(());
    }
    let outcome = if now.state == State::Failed { Metric::AssetsFailed } else { Metric::AssetsIngested };
    cloud.metrics().put(&[(outcome, 1.0), (Metric::IngestDuration, began.elapsed().as_millis() as f64)]);
    for old in [was.thumbnail, was.preview].into_iter().flatten() {
        cloud.objects(Bucket::Assets).delete(&old.key).await?;
    }
    Ok(())
}

struct Read {
    crc32: u32,
    /// `None` for a file that is too large to be rendered, or of a type that is not.
    media: Option<Media>,
}

async fn read(asset: &Asset, cloud: &Cloud) -> Result<Read, Failure> {
    let by_name = file_type::by_name(&asset.name);
    // A name without an extension says nothing; the content may.
    let may_be_image = by_name.is_rendered() || by_name.as_str() == "file";
    let render = may_be_image && asset.size <= LARGEST_RENDERED;
    if let Some(crc32) = asset.crc32.filter(|_| !render) {
        return Ok(Read { crc32, media: None });
    }
    let mut kept = if render { Some(tempfile::tempfile()?) } else { None };
    let mut hasher = crc32fast::Hasher::new();
    let mut stream = cloud.objects(Bucket::Assets).stream(&asset.key, Some(&asset.etag), None).await?;
    while let Some(bytes) = stream.next().await? {
        hasher.update(&bytes);
        if let Some(kept) = &mut kept {
            kept.write_all(&bytes)?;
        }
    }
    let media = match kept {
        None => None,
        Some(mut file) => {
            file.seek(SeekFrom::Start(0))?;
            let name = asset.name.clone();
            let render = move |mut file: File| crate::render(&mut file, &name, &Limits::default());
            Some(tokio::task::spawn_blocking(move || render(file)).await??)
        }
    };
    Ok(Read { crc32: hasher.finalize(), media })
}

/// Takes over what was found out, and puts the renditions where the row will say they are.
async fn take(asset: &mut Asset, media: Media, cloud: &Cloud) -> Result<(), Failure> {
    asset.file_type = media.file_type.as_str().to_owned();
    asset.width = media.dimensions.map(|size| size.width);
    asset.height = media.dimensions.map(|size| size.height);
    (asset.thumbnail, asset.preview) = (None, None);
    match media.renditions {
        Ok(None) => {}
        Ok(Some(renditions)) => {
            asset.preview = Some(put(asset, "preview", renditions.preview, cloud).await?);
            asset.thumbnail = Some(put(asset, "thumbnail", renditions.thumbnail, cloud).await?);
        }
        Err(refusal) => {
            tracing::info!(asset = %asset.id, %refusal, "a file can't be rendered");
            asset.state = State::Failed;
            asset.reason = Some(refusal.to_string());
        }
    }
    Ok(())
}

/// Each version of an asset has renditions under keys of its own, so that a cached URL never shows another one.
async fn put(
    asset: &Asset,
    name: &str,
    rendition: Rendition,
    cloud: &Cloud,
) -> Result<RenderedFile, Failure> {
    let key = format!("{}{}/{name}.jpg", renditions_of(&asset.id), asset.revision);
    let jpeg = Bytes::from(rendition.jpeg);
    let (size, crc32) = (jpeg.len() as u64, crc32fast::hash(&jpeg));
    let etag = cloud.objects(Bucket::Assets).put(&key, "image/jpeg", jpeg, Some(crc32)).await?;
    let (width, height) = (rendition.dimensions.width, rendition.dimensions.height);
    Ok(RenderedFile { key, etag, size, crc32, width, height })
}
