//! `GET /api/folders/{id}`: one folder.

use aws::Cloud;
use axum::Json;
use axum::extract::{Path, State};
use web::problem::Problem;

use crate::caller::Browser;
use crate::failed;
use crate::folder_view::FolderView;

pub(crate) async fn read(
    State(cloud): State<Cloud>,
    _: Browser,
    Path(id): Path<String>,
) -> Result<Json<FolderView>, Problem> {
    let folder = match id.parse() {
        Ok(id) => cloud.sets().folder(&id).await.map_err(failed)?,
        Err(_) => None,
    };
    folder.map(|folder| Json(folder.into())).ok_or_else(not_found)
}

/// The answer for a folder that is not there.
pub(crate) fn not_found() -> Problem {
    Problem::not_found("No folder has this id. It may have been emptied or moved.")
}
