//! `DELETE /api/users/{id}`: deletes an account for good.

use api::Failure;
use api::caller::Administrator;
use aws::{Cloud, clock};
use axum::extract::{Path, State};
use http::StatusCode;
use web::problem::Problem;

use crate::users::view::{parse_id, unknown_user};

/// Deletes an account. Nobody can open its links any more.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/users/{id}", operation_id = "delete_user", tag = "Users",
    params(("id" = String, Path, description = "The user: the `sub` of their tokens.")),
    responses(
        (status = 204, description = "The account is deleted."),
        (status = 409, description = "Users can't delete their own account."),
    ),
))]
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Administrator(caller): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = parse_id(&id)?;
    if id == caller.id {
        return Err(Problem::conflict(
            "You can't delete your own account: nobody could undo it. Ask another administrator.",
        )
        .into());
    }
    if !cloud.users().delete(&id, clock::now()).await? {
        return Err(unknown_user().into());
    }
    tracing::info!(user = %id, by = %caller.id, "an account was deleted");
    Ok(StatusCode::NO_CONTENT)
}
