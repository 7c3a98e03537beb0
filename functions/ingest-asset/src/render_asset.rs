//! Reads and renders one file that was only listed before: a large one, or one whose reading failed with others.

use std::time::Instant;

use aws::rows::assets::Written;
use aws::{Cloud, Metric};
use domain::asset::{Asset, AssetState};
use domain::id::AssetId;

use crate::failure::Failure;
use crate::read_file::{apply, delete_old, delete_own, read_large};

/// The reason that people see on an asset that was given up.
const GAVE_UP: &str =
    "The file could not be read, or not within the allowed time. Its original can still be downloaded.";

/// Reads and renders an asset that awaits rendering. If its file changes at the same time, the change's own event
/// renders it. At the last delivery of the message (`is_last`) the asset leaves `processing` in any case.
pub(crate) async fn render_asset(id: &AssetId, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let began = Instant::now();
    let Some(mut was) = cloud.assets().find(id).await? else { return Ok(()) };
    if !was.awaits_rendering() {
        // The call that rendered it may have ended before it deleted the old renditions.
        return delete_old(id, was.revision, Some(&was), cloud).await;
    }
    if is_last && was.state == AssetState::Processing {
        // Marked as failed before the last attempt, because a run that is killed can't do it.
        let given_up = Asset {
            revision: was.revision + 1,
            state: AssetState::Failed,
            reason: Some(GAVE_UP.to_owned()),
            gave_up: true,
            ..was.clone()
        };
        if cloud.assets().replace(Some(&was), Some(&given_up)).await? == Written::Outdated {
            return Ok(());
        }
        was = given_up;
    }
    let mut now = Asset { revision: was.revision + 1, ..was.clone() };
    match read_large(&was, cloud).await {
        Ok(facts) => apply(&mut now, facts, cloud).await?,
        Err(Failure::Store(aws::Error::Changed { .. })) => {
            tracing::info!(asset = %id, "the file changed while it was read");
            return Ok(());
        }
        Err(failure) => return Err(failure),
    }
    if cloud.assets().replace(Some(&was), Some(&now)).await? == Written::Outdated {
        // The other writer has rendered it, or has sent a message for that.
        return delete_own(&now, Some(&was), cloud).await;
    }
    count(&now, began, cloud);
    delete_old(id, now.revision, Some(&now), cloud).await
}

/// Counts an asset that is ingested, and how long it took.
pub(crate) fn count(asset: &Asset, began: Instant, cloud: &Cloud) {
    let outcome =
        if asset.state == AssetState::Failed { Metric::AssetsFailed } else { Metric::AssetsIngested };
    cloud.metrics().put(&[(outcome, 1.0), (Metric::IngestDuration, began.elapsed().as_millis() as f64)]);
}
