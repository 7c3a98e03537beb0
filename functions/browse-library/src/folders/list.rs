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
pub(crate) struct Folders {
    items: Vec<FolderView>,
    next: Option<String>,
}

pub(crate) async fn list(State(cloud): State<Cloud>, _: Browser, uri: Uri) -> Result<Json<Folders>, Failure> {
    Query::read(&uri, &[]).finish()?;
    let folders = cloud.sets().folders().await?;
    Ok(Json(Folders { items: folders.into_iter().map(FolderView::from).collect(), next: None }))
}
