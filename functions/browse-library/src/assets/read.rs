//! `GET /api/assets/{id}`: one asset.

use api::Failure;
use api::caller::Browser;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::{Path, State};
use web::problem::Problem;

use crate::assets::view::AssetView;

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
