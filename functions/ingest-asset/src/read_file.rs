//! Reads a file once, for its checksum, its information and its renditions.

use std::fs::File;
use std::io::{Cursor, Seek, SeekFrom, Write};

use aws::Cloud;
use aws::objects::read::ObjectStream;
use bytes::Bytes;
use domain::asset::{Asset, AssetState, RenderedFile, renditions_prefix};
use domain::file_type::FileType;
use domain::object::Bucket;
use media::{Limits, Media, RenderedJpeg};
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// The largest file in bytes that is written to disk for rendering; Lambda's disk has 512 MB.
const LARGEST_RENDERED: u64 = 400_000_000;
/// Files that are decoded at once: as many as a function has processors.
static DECODERS: Semaphore = Semaphore::const_new(2);

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

/// Reads a small file from memory.
pub(crate) async fn read_small(name: &str, bytes: Bytes) -> Result<FileFacts, Failure> {
    let render = may_be_rendered(name, bytes.len() as u64);
    let name = name.to_owned();
    on_a_decoder(move || {
        let media = match render {
            true => Some(media::render(&mut Cursor::new(&bytes), &name, &Limits::default())?),
            false => None,
        };
        Ok(FileFacts { crc32: crc32fast::hash(&bytes), media })
    })
    .await
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
    on_a_decoder(move || Ok(FileFacts { crc32, media: Some(render(file)?) })).await
}

async fn on_a_decoder<T: Send + 'static>(
    decode: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let _decoder = DECODERS.acquire().await;
    tokio::task::spawn_blocking(decode).await?
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

/// Puts a rendition under a key with the asset's revision, so that a cached URL never shows another version, and with a
/// hash of the file's ETag, so that two workers that read two versions of the file never write the same object.
async fn put_rendition(
    asset: &Asset,
    name: &str,
    rendition: RenderedJpeg,
    cloud: &Cloud,
) -> Result<RenderedFile, Failure> {
    let version = crc32fast::hash(asset.etag.as_bytes());
    let key = format!("{}{}-{version:08x}/{name}.jpg", renditions_prefix(&asset.id), asset.revision);
    let jpeg = Bytes::from(rendition.jpeg);
    let (size, crc32) = (jpeg.len() as u64, crc32fast::hash(&jpeg));
    let etag = cloud.objects(Bucket::Assets).put(&key, "image/jpeg", jpeg, Some(crc32)).await?;
    let (width, height) = (rendition.dimensions.width, rendition.dimensions.height);
    Ok(RenderedFile { key, etag, size, crc32, width, height })
}

/// The most objects of an asset that are cleared up at once; each version that was not cleared up has two.
const MOST_OLD: usize = 1_000;

/// Deletes the renditions that an asset does not have: those of its versions before, and those of a call that ended
/// before it wrote the asset.
pub(crate) async fn delete_old(asset: &Asset, cloud: &Cloud) -> Result<(), Failure> {
    let objects = cloud.objects(Bucket::Assets);
    let kept: Vec<&str> = asset.rendered().map(|(_, file)| file.key.as_str()).collect();
    for key in objects.keys_after(&renditions_prefix(&asset.id), None, MOST_OLD).await? {
        if !kept.contains(&key.as_str()) {
            objects.delete(&key).await?;
        }
    }
    Ok(())
}
