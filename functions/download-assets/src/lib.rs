//! Presigned downloads, bundle requests and their progress.
//!
//! No byte of a file passes through this function: it redirects to a URL that S3 accepts for some minutes. Every route
//! begins at the gate (`cloud.visits().enter_…`), and only the open visit that the gate returns leads to a URL.

mod answer;
mod assets;
mod bundles;
mod extras;
#[cfg(feature = "openapi")]
mod openapi;

use api::recipient::{Site, for_recipients};
use aws::Cloud;
use axum::Router;
use axum::routing::{get, post};
use web::headers::NotAnOrigin;

/// The largest body, in bytes: the ids of all assets of the largest selection.
const MAX_BODY: usize = 512 * 1024;

/// The function's routes.
///
/// # Errors
/// When the store's address can't be used in a content security policy.
pub fn router(cloud: &Cloud) -> Result<Router, NotAnOrigin> {
    let routes = Router::new()
        .route("/s/{token}/assets/{asset}/{rendition}", get(assets::download))
        .route("/s/{token}/extras/{name}", get(extras::read))
        .route("/s/{token}/bundles", post(bundles::ask::ask))
        .route("/s/{token}/bundles/{bundle}", get(bundles::status::status))
        .route("/s/{token}/bundles/{bundle}/file", get(bundles::status::file));
    let wrong_method = "This address is read with GET; bundles are requested with POST.";
    Ok(for_recipients(routes, MAX_BODY, wrong_method, Site::new(cloud)?))
}

/// The routes, as the OpenAPI document describes them.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    assets::download,
    extras::read,
    bundles::ask::ask,
    bundles::status::status,
    bundles::status::file,
))]
pub struct Described;
