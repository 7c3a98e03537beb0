//! Reading a finished zip's directory back, with a reader that is not ours, and holding it against the manifest.

use async_zip::base::read1::seek::ZipArchiveReader;
use async_zip::error::ZipError;
use async_zip::spec::constructs::CDR;
use aws::Cloud;
use domain::bundle::{Manifest, ManifestEntry};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::ranged::Ranged;

/// Why a finished zip is not offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// Its directory does not read, or says something else than the manifest.
    #[error("the finished zip is not what was planned: {0}")]
    Wrong(String),
    /// The store failed: nothing is known.
    #[error(transparent)]
    Store(#[from] aws::Error),
}

impl From<ZipError> for Unread {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::UpstreamReadError(io) => match io.downcast::<aws::Error>() {
                Ok(store) => Self::Store(store),
                Err(io) => Self::Wrong(io.to_string()),
            },
            other => Self::Wrong(other.to_string()),
        }
    }
}

/// Reads the directory of the zip at `key` and holds it against the manifest and where its entries must start.
pub(crate) async fn read_back(
    cloud: &Cloud,
    key: &str,
    etag: &str,
    size: u64,
    manifest: &Manifest,
    offsets: &[u64],
) -> Result<(), Unread> {
    let file = Ranged::new(cloud, key, etag, size).compat();
    let zip = ZipArchiveReader::open(file).await?;
    if zip.cdrs().len() != manifest.entries.len() {
        let (found, planned) = (zip.cdrs().len(), manifest.entries.len());
        return Err(Unread::Wrong(format!("{found} entries in place of {planned}")));
    }
    for ((found, entry), offset) in zip.cdrs().iter().zip(&manifest.entries).zip(offsets) {
        if !is(found, entry, *offset)? {
            return Err(Unread::Wrong(format!("entry at {offset} is another")));
        }
    }
    Ok(())
}

fn is(found: &CDR, entry: &ManifestEntry, offset: u64) -> Result<bool, ZipError> {
    Ok(found.insecure_file_name.as_bytes() == entry.name.as_bytes()
        && found.uncompressed_size()? == entry.size
        && found.compressed_size()? == entry.size
        && found.cdrh.crc == entry.crc32
        && found.lfh_offset()? == offset)
}
