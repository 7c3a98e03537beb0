//! `GET /api/folders`: every folder with assets in it or below it, as one flat list by path.

use aws::Cloud;
use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;
use web::query::Query;

use crate::caller::Browser;
use crate::failed;
use crate::folder_view::FolderView;

/// Always the whole list: the side bar draws a tree from it.
#[derive(Serialize)]
pub(crate) struct Folders {
    items: Vec<FolderView>,
    next: Option<String>,
}

pub(crate) async fn list(State(cloud): State<Cloud>, _: Browser, uri: Uri) -> Result<Json<Folders>, Problem> {
    Query::read(&uri, &[])?;
    let folders = cloud.sets().folders().await.map_err(failed)?;
    Ok(Json(Folders { items: folders.into_iter().map(FolderView::from).collect(), next: None }))
}
