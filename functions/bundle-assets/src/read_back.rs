//! Reads a finished zip's directory with an independent reader, and compares it with the manifest.

use async_zip::base::read1::seek::ZipArchiveReader;
use async_zip::error::ZipError;
use async_zip::spec::constructs::CDR;
use aws::Cloud;
use domain::bundle::{Manifest, ManifestEntry};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::ranged::Ranged;

/// Why a finished zip is not released for download.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// Its directory can't be read, or differs from the manifest.
    #[error("the finished zip is not what was planned: {0}")]
    Wrong(String),
    /// The store failed, so the zip may be right or wrong.
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

/// Reads the directory of the zip at `key`, and compares it with the manifest and the planned offsets of entries.
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
        return Err(Unread::Wrong(format!("{found} entries instead of {planned}")));
    }
    for ((found, entry), offset) in zip.cdrs().iter().zip(&manifest.entries).zip(offsets) {
        if !equals(found, entry, *offset)? {
            return Err(Unread::Wrong(format!("the entry at {offset} differs from the plan")));
        }
    }
    Ok(())
}

fn equals(found: &CDR, entry: &ManifestEntry, offset: u64) -> Result<bool, ZipError> {
    Ok(found.insecure_file_name.as_bytes() == entry.name.as_bytes()
        && found.uncompressed_size()? == entry.size
        && found.compressed_size()? == entry.size
        && found.cdrh.crc == entry.crc32
        && found.lfh_offset()? == offset)
}
