//! `GET /api/users/{id}`: one user.

use api::Failure;
use api::caller::Administrator;
use aws::Cloud;
use axum::Json;
use axum::extract::{Path, State};

use crate::users::view::{UserView, parse_id, unknown_user};

/// Reads one user.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/users/{id}", operation_id = "read_user", tag = "Users",
    params(("id" = String, Path, description = "The user: the `sub` of their tokens.")),
    responses((status = 200, description = "The user.", body = UserView)),
))]
pub(crate) async fn read(
    State(cloud): State<Cloud>,
    _: Administrator,
    Path(id): Path<String>,
) -> Result<Json<UserView>, Failure> {
    let id = parse_id(&id)?;
    let user = cloud.users().find_many(&[id]).await?.pop().flatten();
    Ok(Json(user.ok_or_else(unknown_user)?.into()))
}
