//! `GET /api/assets/{id}`: one asset.

use api::Failure;
use api::caller::Browser;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::{Path, State};
use web::problem::Problem;

use crate::assets::view::AssetView;

/// Reads one asset, with URLs of its images that are valid for at least 10 minutes.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/assets/{id}", operation_id = "read_asset", tag = "Library",
    params(("id" = domain::id::AssetId, Path, description = "The asset.")),
    responses((status = 200, description = "The asset.", body = AssetView)),
))]
pub(crate) async fn read(
    State(cloud): State<Cloud>,
    Browser { viewer, .. }: Browser,
    Path(id): Path<String>,
) -> Result<Json<AssetView>, Failure> {
    let asset = match id.parse() {
        Ok(id) => cloud.assets().find(&id).await?,
        Err(_) => None,
    };
    let asset = asset.ok_or_else(|| Problem::not_found("No asset has this id. It may have been deleted."))?;
    Ok(Json(AssetView::of(asset, &viewer, &cloud, clock::now())?))
}
