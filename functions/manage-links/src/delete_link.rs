//! `DELETE /api/links/{id}`: a link's end, at once and for good.

use aws::{Cloud, clock};
use axum::extract::{Path, State};
use http::StatusCode;
use web::problem::Problem;

use crate::caller::Caller;
use crate::failed;

pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let owned = caller.link(&cloud, &id).await?;
    cloud.links().delete(&owned.link, clock::now()).await.map_err(failed)?;
    tracing::info!(link = %owned.link.id, "a link was deleted");
    Ok(StatusCode::NO_CONTENT)
}
