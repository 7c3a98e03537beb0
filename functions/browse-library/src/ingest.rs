//! `GET /api/ingest`: the progress of ingest.

use api::Failure;
use api::caller::Browser;
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use domain::library::counts::Counts;
use domain::set::Set;
use serde::Serialize;

/// Numbers of assets by state.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Ingest {
    total: i64,
    ready: i64,
    failed: i64,
    processing: i64,
}

impl From<Counts> for Ingest {
    fn from(counts: Counts) -> Self {
        let Counts { asset_count: total, failed, processing, .. } = counts;
        Self { total, ready: (total - failed - processing).max(0), failed, processing }
    }
}

/// Reads the progress of ingest.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/ingest", operation_id = "read_ingest", tag = "Library",
    responses((status = 200, description = "The numbers of assets by state.", body = Ingest)),
))]
pub(crate) async fn read(State(cloud): State<Cloud>, _: Browser) -> Result<Json<Ingest>, Failure> {
    Ok(Json(cloud.sets().counts(&Set::library()).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_that_neither_failed_nor_are_processing_are_ready() {
        let counts = Counts { asset_count: 10, failed: 1, processing: 4, ..Counts::default() };
        assert_eq!(Ingest::from(counts), Ingest { total: 10, ready: 5, failed: 1, processing: 4 });
    }
}
