//! Rows of assets that have no files.

use aws::Cloud;
use domain::asset::{Asset, AssetState, RenderedFile};
use domain::id::{AssetId, FolderId};
use futures_util::StreamExt;

/// Puts `count` assets into a folder of their own, `bench COUNT`, without files: a landing page reads rows alone.
pub async fn fill(cloud: &Cloud, count: u32) {
    let folder_path = format!("bench {count}");
    let now = aws::clock::now();
    let assets = (0..count).map(|n| {
        let key = format!("library/{folder_path}/photograph {n:05}.jpg");
        let id = AssetId::of(&key);
        let rendered = |name: &str, longest: u32| RenderedFile {
            key: format!("renditions/{id}/2/{name}.jpg"),
            etag: "\"e\"".into(),
            size: u64::from(longest) * 100,
            crc32: 7,
            width: longest,
            height: longest * 2 / 3,
        };
        Asset {
            thumbnail: Some(rendered("thumbnail", 150)),
            preview: Some(rendered("preview", 500)),
            name: format!("photograph {n:05}.jpg"),
            folder: FolderId::of(&folder_path),
            folder_path: folder_path.clone(),
            file_type: "jpg".into(),
            size: 5_900_000,
            etag: "\"e\"".into(),
            crc32: Some(n),
            width: Some(6000),
            height: Some(4000),
            duration_ms: None,
            pages: None,
            created: now,
            modified: now,
            attributes: Default::default(),
            state: AssetState::Ready,
            reason: None,
            gave_up: false,
            revision: 1,
            id,
            key,
        }
    });
    futures_util::stream::iter(assets)
        .for_each_concurrent(8, |asset| async move {
            // Under faults they keep each other from their folder's figures.
            while let Err(error) = cloud.assets().replace(None, Some(&asset)).await {
                assert!(matches!(error, aws::Error::Busy { .. }), "{error}");
            }
        })
        .await;
}
