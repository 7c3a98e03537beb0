//! The document of an asset, with URLs of its pictures.

use std::collections::BTreeMap;

use api::documents::{AssetFacts, PreviewDocument};
use aws::Cloud;
use domain::asset::{Asset, Rendition};
use domain::gate::Viewer;
use domain::id::FolderId;
use jiff::Timestamp;
use serde::Serialize;

/// The document of an asset.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Asset))]
pub(crate) struct AssetView {
    #[serde(flatten)]
    facts: AssetFacts,
    folder: FolderId,
    created: Timestamp,
    modified: Timestamp,
    attributes: BTreeMap<String, String>,
    /// The renditions that can be downloaded, in the order in which pages offer them.
    #[cfg_attr(feature = "openapi", schema(pattern = "^(original|preview|thumbnail)$"))]
    renditions: Vec<String>,
    reason: Option<String>,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    thumbnail_url: Option<String>,
    preview: Option<PreviewDocument>,
}

impl AssetView {
    /// The document, with URLs that are valid for 10 to 20 minutes. Makes no request.
    ///
    /// # Errors
    /// When signing fails.
    pub fn of(asset: Asset, viewer: &Viewer, cloud: &Cloud, now: Timestamp) -> Result<Self, aws::Error> {
        let thumbnail_url =
            viewer.thumbnail(&asset).map(|permit| cloud.urls().sign_shown(&permit, now)).transpose()?;
        let preview_url =
            viewer.preview(&asset).map(|permit| cloud.urls().sign_shown(&permit, now)).transpose()?;
        Ok(Self::with_urls(asset, thumbnail_url, preview_url))
    }

    fn with_urls(asset: Asset, thumbnail_url: Option<String>, preview_url: Option<String>) -> Self {
        let renditions = [Rendition::Original, Rendition::Preview, Rendition::Thumbnail]
            .into_iter()
            .filter(|rendition| asset.file(rendition).is_some())
            .map(|rendition| rendition.to_string())
            .collect();
        Self {
            facts: AssetFacts::from(&asset),
            preview: PreviewDocument::of(&asset, preview_url),
            folder: asset.folder,
            created: asset.created,
            modified: asset.modified,
            attributes: asset.attributes,
            renditions,
            reason: asset.reason,
            thumbnail_url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::asset::AssetState;
    use domain::samples;

    #[test]
    fn an_asset_without_renditions_has_its_original_and_the_reason() {
        let failed = Asset {
            preview: None,
            thumbnail: None,
            state: AssetState::Failed,
            reason: Some("It is truncated.".into()),
            ..samples::asset("Press", "photo.jpg")
        };
        let document = serde_json::to_value(AssetView::with_urls(failed, None, None)).unwrap();
        assert_eq!(document["renditions"], serde_json::json!(["original"]));
        assert_eq!((&document["state"], &document["reason"]), (&"failed".into(), &"It is truncated.".into()));
        assert_eq!(document["preview"], serde_json::Value::Null);
    }
}
