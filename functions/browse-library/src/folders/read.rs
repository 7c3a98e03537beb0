//! `GET /api/folders/{id}`: one folder.

use api::Failure;
use api::caller::Browser;
use aws::Cloud;
use axum::Json;
use axum::extract::{Path, State};
use web::problem::Problem;

use crate::folders::view::FolderView;

/// Reads one folder.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/folders/{id}", operation_id = "read_folder", tag = "Library",
    params(("id" = domain::id::FolderId, Path, description = "The folder.")),
    responses((status = 200, description = "The folder.", body = FolderView)),
))]
pub(crate) async fn read(
    State(cloud): State<Cloud>,
    _: Browser,
    Path(id): Path<String>,
) -> Result<Json<FolderView>, Failure> {
    let folder = match id.parse() {
        Ok(id) => cloud.folders().find(&id).await?,
        Err(_) => None,
    };
    Ok(Json(folder.ok_or_else(not_found)?.into()))
}

/// The answer for a folder that does not exist.
pub(crate) fn not_found() -> Problem {
    Problem::not_found("No folder has this id. It may have been emptied or moved.")
}
