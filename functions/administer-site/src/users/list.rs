//! `GET /api/users?cursor=&limit=`: a page of the site's users, by name.

use aws::Cloud;
use aws::rows::table::Cursor;
use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;
use web::query::Query;

use super::UserView;
use crate::administrator::Administrator;
use crate::failed;

#[derive(Serialize)]
pub(crate) struct Users {
    items: Vec<UserView>,
    next: Option<String>,
}

pub(crate) async fn list(
    State(cloud): State<Cloud>,
    _: Administrator,
    uri: Uri,
) -> Result<Json<Users>, Problem> {
    let query = Query::read(&uri, &["cursor", "limit"])?;
    let after = query.parse("cursor", "Give the cursor that a list answered as next.", Cursor::parse);
    let (after, limit) = match (after, query.limit()) {
        (Ok(after), Ok(limit)) => (after, limit),
        (after, limit) => return Err(Problem::unprocessable(after.err().into_iter().chain(limit.err()))),
    };
    let page = cloud.users().list(after.as_ref(), limit).await.map_err(failed)?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(Users { items: page.items.into_iter().map(UserView::from).collect(), next }))
}
