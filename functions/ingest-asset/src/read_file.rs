//! Reads a file once, for its checksum, its information and its renditions.

use std::fs::File;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::sync::LazyLock;

use aws::Cloud;
use aws::objects::read::ObjectStream;
use bytes::Bytes;
use domain::asset::{Asset, AssetState, RenderedFile, renditions_prefix};
use domain::file_type::FileType;
use domain::id::AssetId;
use domain::object::Bucket;
use media::{Limits, Media, RenderedJpeg, Unrenderable};
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// The largest file in bytes that is written to disk for rendering; Lambda's disk has 512 MB.
const LARGEST_RENDERED: u64 = 400_000_000;
/// Files that are decoded at once: as many as there are processors, since a file has a limited time to be decoded.
static DECODERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)));

/// What is read from a file.
pub(crate) struct FileFacts {
    crc32: u32,
    /// None for a file that is too large or of a type that is not rendered.
    media: Option<Media>,
}

/// Whether the file of this name and size is read for renditions. Without an extension the type is unknown, so the
/// content must be read.
fn may_be_rendered(name: &str, size: u64) -> bool {
    let by_name = FileType::of_name(name);
    (by_name.is_rendered() || by_name.is_unknown()) && size <= LARGEST_RENDERED
}

/// Reads a small file from memory. `None` if it is late when a decoder is free, or if the file takes too long beside others:
/// it is rendered by itself then.
pub(crate) async fn read_small(
    name: &str,
    bytes: Bytes,
    is_late: impl FnOnce() -> bool,
) -> Result<Option<FileFacts>, Failure> {
    let render = may_be_rendered(name, bytes.len() as u64);
    let name = name.to_owned();
    let _decoder = DECODERS.acquire().await;
    if is_late() {
        return Ok(None);
    }
    let facts = tokio::task::spawn_blocking(move || {
        let media = match render {
            true => Some(media::render(&mut Cursor::new(&bytes), &name, &Limits::default())?),
            false => None,
        };
        Ok::<_, std::io::Error>(FileFacts { crc32: crc32fast::hash(&bytes), media })
    })
    .await??;
    let is_slow = |media: &Media| matches!(media.renditions, Err(Unrenderable::TooSlow { .. }));
    Ok(Some(facts).filter(|facts| !facts.media.as_ref().is_some_and(is_slow)))
}

/// Reads a file of any size, by way of the disk if it is rendered.
pub(crate) async fn read_large(asset: &Asset, cloud: &Cloud) -> Result<FileFacts, Failure> {
    let render = may_be_rendered(&asset.name, asset.size);
    if let Some(crc32) = asset.crc32.filter(|_| !render) {
        return Ok(FileFacts { crc32, media: None });
    }
    let mut copy = if render { Some(tempfile::tempfile()?) } else { None };
    let mut hasher = crc32fast::Hasher::new();
    let mut stream: ObjectStream =
        cloud.objects(Bucket::Assets).stream(&asset.key, Some(&asset.etag), None).await?;
    while let Some(bytes) = stream.next().await? {
        hasher.update(&bytes);
        if let Some(copy) = &mut copy {
            copy.write_all(&bytes)?;
        }
    }
    let crc32 = hasher.finalize();
    let Some(mut file) = copy else { return Ok(FileFacts { crc32, media: None }) };
    file.seek(SeekFrom::Start(0))?;
    let name = asset.name.clone();
    let render = move |mut file: File| media::render(&mut file, &name, &Limits::default());
    let _decoder = DECODERS.acquire().await;
    let media = tokio::task::spawn_blocking(move || render(file)).await??;
    Ok(FileFacts { crc32, media: Some(media) })
}

/// Puts the renditions into the bucket, and their keys and the file information into `asset`, which is ready then, or
/// failed with the reason.
pub(crate) async fn apply(asset: &mut Asset, facts: FileFacts, cloud: &Cloud) -> Result<(), Failure> {
    (asset.state, asset.reason, asset.gave_up) = (AssetState::Ready, None, false);
    asset.crc32 = Some(facts.crc32);
    (asset.thumbnail, asset.preview) = (None, None);
    let Some(media) = facts.media else { return Ok(()) };
    asset.file_type = media.file_type.as_str().to_owned();
    asset.width = media.dimensions.map(|size| size.width);
    asset.height = media.dimensions.map(|size| size.height);
    match media.renditions {
        Ok(None) => {}
        Ok(Some(renditions)) => {
            let preview = put_rendition(asset, "preview", renditions.preview, cloud);
            let thumbnail = put_rendition(asset, "thumbnail", renditions.thumbnail, cloud);
            let (preview, thumbnail) = futures_util::future::try_join(preview, thumbnail).await?;
            (asset.preview, asset.thumbnail) = (Some(preview), Some(thumbnail));
        }
        Err(reason) => {
            tracing::info!(asset = %asset.id, %reason, "a file can't be rendered");
            asset.state = AssetState::Failed;
            asset.reason = Some(reason.to_string());
        }
    }
    Ok(())
}

/// Puts a rendition under a key with the asset's revision, by which [`delete_old`] knows which are old, and with a random
/// part, so that two workers never write the same object.
async fn put_rendition(
    asset: &Asset,
    name: &str,
    rendition: RenderedJpeg,
    cloud: &Cloud,
) -> Result<RenderedFile, Failure> {
    let worker = u32::from_be_bytes(aws::random::bytes());
    let key = format!("{}{}-{worker:08x}/{name}.jpg", renditions_prefix(&asset.id), asset.revision);
    let jpeg = Bytes::from(rendition.jpeg);
    let (size, crc32) = (jpeg.len() as u64, crc32fast::hash(&jpeg));
    let etag = cloud.objects(Bucket::Assets).put(&key, "image/jpeg", jpeg, Some(crc32)).await?;
    let (width, height) = (rendition.dimensions.width, rendition.dimensions.height);
    Ok(RenderedFile { key, etag, size, crc32, width, height })
}

/// The revision of the asset for which a rendition was put.
fn revision_of(key: &str, id: &AssetId) -> Option<u64> {
    key.strip_prefix(&renditions_prefix(id))?.split_once('-')?.0.parse().ok()
}

/// The most objects of an asset that are cleared up at once; each version that was not cleared up has two.
const MOST_OLD: usize = 1_000;

/// Deletes the renditions of an asset's revisions up to this one, but those in `kept`: of versions before, and what a call
/// has put that ended before it wrote the asset. Those of later revisions are another worker's, which may write them into
/// the row at any moment.
pub(crate) async fn delete_old(
    id: &AssetId,
    revision: u64,
    kept: Option<&Asset>,
    cloud: &Cloud,
) -> Result<(), Failure> {
    let objects = cloud.objects(Bucket::Assets);
    let kept: Vec<&str> =
        kept.iter().flat_map(|kept| kept.rendered()).map(|(_, file)| file.key.as_str()).collect();
    for key in objects.keys_after(&renditions_prefix(id), None, MOST_OLD).await? {
        let is_old = revision_of(&key, id).is_none_or(|of| of <= revision);
        if is_old && !kept.contains(&key.as_str()) {
            objects.delete(&key).await?;
        }
    }
    Ok(())
}

/// Deletes the renditions that were put for a change that another writer was before. No row has them.
pub(crate) async fn delete_own(asset: &Asset, was: Option<&Asset>, cloud: &Cloud) -> Result<(), Failure> {
    let before: Vec<&str> =
        was.iter().flat_map(|was| was.rendered()).map(|(_, file)| file.key.as_str()).collect();
    for (_, file) in asset.rendered().filter(|(_, file)| !before.contains(&file.key.as_str())) {
        cloud.objects(Bucket::Assets).delete(&file.key).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendition_names_the_revision_that_it_was_put_for() {
        let id = AssetId::of("a");
        let key = |end: &str| format!("{}{end}", renditions_prefix(&id));
        assert_eq!(revision_of(&key("12-0a1b2c3d/preview.jpg"), &id), Some(12));
        assert_eq!(revision_of(&key("preview.jpg"), &id), None);
        assert_eq!(revision_of("renditions/x/12-0/preview.jpg", &id), None);
    }
}
