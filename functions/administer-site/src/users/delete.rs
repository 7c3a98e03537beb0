//! `DELETE /api/users/{id}`: deletes an account for good.

use aws::{Cloud, clock};
use axum::extract::{Path, State};
use http::StatusCode;
use web::problem::Problem;

use super::nobody;
use crate::administrator::Administrator;
use crate::failed;

pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Administrator(caller): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !super::could_be_an_id(&id) {
        return Err(nobody());
    }
    if id == caller.id {
        return Err(Problem::conflict(
            "You can't delete your own account: nobody could undo it. Ask another administrator.",
        ));
    }
    if !cloud.users().delete(&id, clock::now()).await.map_err(failed)? {
        return Err(nobody());
    }
    tracing::info!(user = id, by = caller.id, "an account was deleted");
    Ok(StatusCode::NO_CONTENT)
}
