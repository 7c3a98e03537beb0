//! `GET /api/links/{id}`: one link, with the assets of its selection.

use aws::rows::sets::Order;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::{Path, State};
use domain::id::AssetId;
use domain::link::{Link, Target};
use web::problem::Problem;

use crate::caller::Caller;
use crate::failed;
use crate::link_view::{LinkView, view};
use crate::owners::Owners;

/// Members read at once.
const PAGE: usize = 1_000;

pub(crate) async fn read(
    State(cloud): State<Cloud>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LinkView>, Problem> {
    let owned = caller.link(&cloud, &id).await?;
    let assets = assets(&cloud, &owned.link).await?;
    let view = view(&cloud, owned, &mut Owners::knowing(&caller.0), clock::now()).await?;
    Ok(Json(view.with_assets(assets)))
}

/// The assets of a link's selection, in their order; none for other targets.
async fn assets(cloud: &Cloud, link: &Link) -> Result<Vec<AssetId>, Problem> {
    let mut assets = Vec::new();
    if link.target != Target::Selection {
        return Ok(assets);
    }
    let mut after = None;
    loop {
        let page =
            cloud.sets().members(&link.set(), Order::Natural, after.as_ref(), PAGE).await.map_err(failed)?;
        assets.extend(page.items.into_iter().map(|asset| asset.id));
        after = page.next;
        if after.is_none() {
            return Ok(assets);
        }
    }
}
