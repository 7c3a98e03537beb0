//! `GET /api/folders?parent=ID&cursor=&limit=`: the folders with assets in them or below them.

use api::Failure;
use api::caller::Browser;
use api::query::{Query, USUAL_LIMIT};
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use domain::id::FolderId;
use http::Uri;
use serde::Serialize;

use crate::folders::view::FolderView;

/// A page of folders. It may be short, even empty, and still have a next one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Folders {
    items: Vec<FolderView>,
    next: Option<String>,
}

/// Lists the folders with assets in them or below them by path, or those in one folder by name.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/folders", operation_id = "list_folders", tag = "Library",
    params(crate::openapi::WhichFolders, api::openapi::Page),
    responses((status = 200, description = "A page of folders.", body = Folders)),
))]
pub(crate) async fn list(State(cloud): State<Cloud>, _: Browser, uri: Uri) -> Result<Json<Folders>, Failure> {
    let mut query = Query::read(&uri, &["parent", "cursor", "limit"]);
    let parent = query.parse("parent", "Give the id of a folder.", |id| id.parse::<FolderId>().ok());
    let (after, limit) = (query.cursor(), query.limit(USUAL_LIMIT));
    query.finish()?;
    let page = cloud.folders().list(parent.as_ref(), after.as_ref(), limit).await?;
    let items = page.items.into_iter().map(FolderView::from).collect();
    Ok(Json(Folders { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
