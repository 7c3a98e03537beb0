//! `DELETE /api/links/{id}`: deletes a link at once and for ever.

use api::Failure;
use api::caller::Browser;
use aws::{Cloud, clock};
use axum::extract::{Path, State};
use http::StatusCode;

use crate::links::owned;

/// Deletes a link. Nobody can open it any more.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/links/{id}", operation_id = "delete_link", tag = "Links",
    params(("id" = domain::id::LinkId, Path, description = "The link.")),
    responses((status = 204, description = "The link is deleted.")),
))]
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Browser { user, .. }: Browser,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let owned = owned::find(&user, &cloud, &id).await?;
    cloud.links().delete(&owned.link, clock::now()).await?;
    tracing::info!(link = %owned.link.id, "a link was deleted");
    Ok(StatusCode::NO_CONTENT)
}
