//! The parts of JSON documents that several endpoints give.

use domain::asset::{Asset, AssetState};
use domain::id::AssetId;
use domain::invisible::without_invisible;
use serde::Serialize;

/// What everybody who may see an asset learns of its file. Sizes are in bytes and pixels, names without invisible marks.
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

/// What shows an asset enlarged: a signed URL, and pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "said above")]
pub struct PreviewDocument {
    pub kind: &'static str,
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
