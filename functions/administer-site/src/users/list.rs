//! `GET /api/users?cursor=&limit=`: a page of the site's users, by name.

use api::Failure;
use api::caller::Administrator;
use api::query::{Query, USUAL_LIMIT};
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;

use crate::users::view::UserView;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Users {
    items: Vec<UserView>,
    next: Option<String>,
}

/// Lists the site's users, sorted by name.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/users", operation_id = "list_users", tag = "Users",
    params(api::openapi::Page),
    responses((status = 200, description = "A page of users.", body = Users)),
))]
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    _: Administrator,
    uri: Uri,
) -> Result<Json<Users>, Failure> {
    let mut query = Query::read(&uri, &["cursor", "limit"]);
    let (after, limit) = (query.cursor(), query.limit(USUAL_LIMIT));
    query.finish()?;
    let page = cloud.users().list(after.as_ref(), limit).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(Users { items: page.items.into_iter().map(UserView::from).collect(), next }))
}
