//! An asset as the API tells of it, with URLs to show it.

use std::collections::BTreeMap;

use api::documents::{AssetFacts, PreviewDocument};
use aws::Cloud;
use domain::asset::{Asset, Rendition};
use domain::gate::Viewer;
use domain::id::FolderId;
use jiff::Timestamp;
use serde::Serialize;

/// One asset.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Asset))]
pub(crate) struct AssetView {
    #[serde(flatten)]
    facts: AssetFacts,
    folder: FolderId,
    created: Timestamp,
    modified: Timestamp,
    attributes: BTreeMap<String, String>,
    /// What it can be downloaded as, in the order pages offer them.
    #[cfg_attr(feature = "openapi", schema(pattern = "^(original|preview|thumbnail)$"))]
    renditions: Vec<String>,
    reason: Option<String>,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    thumbnail_url: Option<String>,
    preview: Option<PreviewDocument>,
}

impl AssetView {
    /// The asset, with URLs that are good for 10 to 20 minutes. Makes no request.
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
    use domain::asset::{AssetState, RenderedFile};
    use domain::id::AssetId;

    fn asset() -> Asset {
        let key = "library/a/photo.jpg";
        Asset {
            id: AssetId::of(key),
            key: key.into(),
            name: "photo.jpg".into(),
            folder: FolderId::of("a"),
            folder_path: "a".into(),
            file_type: "jpg".into(),
            size: 5,
            etag: "\"e\"".into(),
            crc32: Some(1),
            width: Some(6000),
            height: Some(4000),
            duration_ms: None,
            pages: None,
            created: "2026-11-24T10:00:00Z".parse().unwrap(),
            modified: "2026-11-23T10:00:00Z".parse().unwrap(),
            attributes: BTreeMap::new(),
            thumbnail: None,
            preview: Some(RenderedFile {
                key: "renditions/x/1/preview.jpg".into(),
                etag: "\"p\"".into(),
                size: 3,
                crc32: 2,
                width: 500,
                height: 333,
            }),
            state: AssetState::Ready,
            reason: None,
            gave_up: false,
            revision: 4,
        }
    }

    #[test]
    fn an_asset_is_told_as_the_contract_says_and_no_more() {
        let told =
            serde_json::to_value(AssetView::with_urls(asset(), None, Some("http://p".into()))).unwrap();
        assert_eq!(
            told,
            serde_json::json!({
                "id": AssetId::of("library/a/photo.jpg").as_str(), "name": "photo.jpg",
                "folder": FolderId::of("a").as_str(), "file_type": "jpg", "size": 5, "width": 6000, "height": 4000,
                "duration_ms": null, "pages": null, "created": "2026-11-24T10:00:00Z",
                "modified": "2026-11-23T10:00:00Z", "attributes": {}, "renditions": ["original", "preview"],
                "state": "ready", "reason": null, "thumbnail_url": null,
                "preview": {"kind": "image", "url": "http://p", "width": 500, "height": 333},
            })
        );
    }

    #[test]
    fn an_asset_without_renditions_has_its_original_and_the_reason() {
        let failed = Asset {
            preview: None,
            state: AssetState::Failed,
            reason: Some("It is truncated.".into()),
            ..asset()
        };
        let told = serde_json::to_value(AssetView::with_urls(failed, None, None)).unwrap();
        assert_eq!(told["renditions"], serde_json::json!(["original"]));
        assert_eq!((&told["state"], &told["reason"]), (&"failed".into(), &"It is truncated.".into()));
        assert_eq!(told["preview"], serde_json::Value::Null);
    }
}
