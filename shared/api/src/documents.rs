//! Parts of JSON documents that several endpoints share.

use domain::asset::{Asset, AssetState};
use domain::id::AssetId;
use domain::invisible::without_invisible;
use serde::Serialize;

/// An asset's file information, for users and recipients. Sizes are in bytes and pixels; names have no invisible marks.
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

/// An asset's preview: a signed URL, width and height in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "described above")]
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
    /// The document of an asset's preview at this URL; none without a preview or URL.
    #[must_use]
    pub fn of(asset: &Asset, url: Option<String>) -> Option<Self> {
        let (file, url) = asset.preview.as_ref().zip(url)?;
        Some(Self { kind: "image", url, width: file.width, height: file.height })
    }
}
