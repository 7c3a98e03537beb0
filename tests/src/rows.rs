//! Rows of assets that have no files.

use aws::Cloud;
use domain::asset::Asset;
use futures_util::StreamExt;
use stage::samples;

/// Puts `count` assets into a new folder, `bench COUNT`. They have no files, because a landing page reads only rows.
pub async fn fill(cloud: &Cloud, count: u32) {
    let folder_path = format!("bench {count}");
    let now = aws::clock::now();
    let assets = (0..count).map(|n| {
        let name = format!("photograph {n:05}.jpg");
        let asset = samples::asset(&folder_path, &name);
        Asset { size: 5_900_000, crc32: Some(n), created: now, modified: now, revision: 1, ..asset }
    });
    futures_util::stream::iter(assets)
        .for_each_concurrent(8, |asset| async move {
            // Under faults they conflict at the figures of their folder.
            while let Err(error) = cloud.assets().replace(None, Some(&asset)).await {
                assert!(matches!(error, aws::Error::Busy { .. }), "{error}");
            }
        })
        .await;
}
