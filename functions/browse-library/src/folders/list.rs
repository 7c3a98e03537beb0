//! `GET /api/folders`: every folder with assets in it or below it, as one flat list by path.

use api::Failure;
use api::caller::Browser;
use api::query::Query;
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;

use crate::folders::view::FolderView;

/// Always the whole list, because the side bar shows it as a tree.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Folders {
    items: Vec<FolderView>,
    next: Option<String>,
}

/// Lists every folder with assets in it or below it, sorted by path.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/folders", operation_id = "list_folders", tag = "Library",
    responses(
        (status = 200, description = "All folders.", body = Folders),
        (status = 422, description = "A parameter was sent, but this list has none."),
    ),
))]
pub(crate) async fn list(State(cloud): State<Cloud>, _: Browser, uri: Uri) -> Result<Json<Folders>, Failure> {
    Query::read(&uri, &[]).finish()?;
    let folders = cloud.sets().list_folders().await?;
    Ok(Json(Folders { items: folders.into_iter().map(FolderView::from).collect(), next: None }))
}
