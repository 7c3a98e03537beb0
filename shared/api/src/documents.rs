//! The parts of JSON documents that several endpoints give.

use domain::asset::{Asset, AssetState};
use domain::id::AssetId;
use domain::invisible::without_invisible;
use domain::link::DownloadOptions;
use serde::Serialize;

/// Download options in their full shape; what this site can't make is never chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as in the body of a link")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Offer))]
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

/// What everybody who may see an asset learns of its file. Sizes are in bytes and pixels, names without invisible marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields of an asset, under their own names")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// What shows an asset enlarged: a signed URL, and pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "said above")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Preview))]
pub struct PreviewDocument {
    #[cfg_attr(feature = "openapi", schema(pattern = "^image$"))]
    pub kind: &'static str,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    pub url: String,
    pub width: u32,
    pub height: u32,
}

impl PreviewDocument {
    /// The preview of an asset that has one, at this URL.
    #[must_use]
    pub fn of(asset: &Asset, url: Option<String>) -> Option<Self> {
        let (file, url) = asset.preview.as_ref().zip(url)?;
        Some(Self { kind: "image", url, width: file.width, height: file.height })
    }
}
