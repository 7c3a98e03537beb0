//! `GET /api/links/{id}`: one link, with the assets of its selection.

use api::Failure;
use api::caller::Browser;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::{Path, State};
use domain::id::AssetId;
use domain::link::Link;
use domain::set::Set;

use crate::links::owned;
use crate::links::owners::Owners;
use crate::links::view::{LinkView, view};

/// Reads one link, with the assets of its selection.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/links/{id}", operation_id = "read_link", tag = "Links",
    params(("id" = domain::id::LinkId, Path, description = "The link.")),
    responses((status = 200, description = "The link.", body = LinkView)),
))]
pub(crate) async fn read(
    State(cloud): State<Cloud>,
    Browser { user, .. }: Browser,
    Path(id): Path<String>,
) -> Result<Json<LinkView>, Failure> {
    let owned = owned::find(&user, &cloud, &id).await?;
    let assets = assets(&cloud, &owned.link).await?;
    let view = view(&cloud, owned, &mut Owners::knowing(&user), clock::now()).await?;
    Ok(Json(view.with_assets(assets)))
}

/// The assets of a link's selection, in their order; none for other targets.
async fn assets(cloud: &Cloud, link: &Link) -> Result<Vec<AssetId>, aws::Error> {
    match link.set() {
        Set::List(list) => Ok(cloud.lists().find(&list).await?.map(|list| list.ids).unwrap_or_default()),
        Set::Asset(_) | Set::Folder(_) | Set::Tree(_) => Ok(Vec::new()),
    }
}
