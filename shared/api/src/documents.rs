//! Parts of JSON documents that several endpoints share.

use domain::asset::{Asset, AssetState};
use domain::id::AssetId;
use domain::invisible::without_invisible;
use domain::link::DownloadOptions;
use serde::Serialize;

/// Download options with all fields; options that this site can't make are always off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as in the body of a link")]
pub struct OfferDocument {
    pub original: bool,
    pub thumbnail: bool,
    pub preview: bool,
    pub views: Vec<String>,
    pub presets: Vec<String>,
    pub pdf: Option<String>,
    pub attributes: Vec<String>,
    pub attribute_history: bool,
}

impl From<DownloadOptions> for OfferDocument {
    fn from(options: DownloadOptions) -> Self {
        let DownloadOptions { original, thumbnail, preview } = options;
        Self {
            original,
            thumbnail,
            preview,
            views: Vec::new(),
            presets: Vec::new(),
            pdf: None,
            attributes: Vec::new(),
            attribute_history: false,
        }
    }
}

/// An asset's file information, for users and recipients. Sizes are in bytes and pixels; names have no invisible marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields of an asset, under their own names")]
pub struct AssetFacts {
    pub id: AssetId,
    pub name: String,
    pub file_type: String,
    pub size: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub pages: Option<u32>,
    pub state: AssetState,
}

impl From<&Asset> for AssetFacts {
    fn from(asset: &Asset) -> Self {
        Self {
            id: asset.id.clone(),
            name: without_invisible(&asset.name),
            file_type: asset.file_type.clone(),
            size: asset.size,
            width: asset.width,
            height: asset.height,
            duration_ms: asset.duration_ms,
            pages: asset.pages,
            state: asset.state,
        }
    }
}

/// An asset's preview: a signed URL, width and height in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "described above")]
pub struct PreviewDocument {
    pub kind: &'static str,
    pub url: String,
    pub width: u32,
    pub height: u32,
}

impl PreviewDocument {
    /// The document of an asset's preview at this URL; none without a preview or URL.
    #[must_use]
    pub fn of(asset: &Asset, url: Option<String>) -> Option<Self> {
        let (file, url) = asset.preview.as_ref().zip(url)?;
        Some(Self { kind: "image", url, width: file.width, height: file.height })
    }
}
