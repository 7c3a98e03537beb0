//! Folders and assets over HTTP, for users, and the signed-in user.

mod assets;
mod folders;
mod ingest;
mod me;
#[cfg(feature = "openapi")]
mod openapi;

use aws::Cloud;
use axum::Router;
use axum::routing::get;

/// No endpoint here reads a body.
const MAX_BODY: usize = 0;

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    let routes = Router::new()
        .route("/api/me", get(me::read))
        .route("/api/folders", get(folders::list::list))
        .route("/api/folders/{id}", get(folders::read::read))
        .route("/api/assets", get(assets::list::list))
        .route("/api/assets/{id}", get(assets::read::read))
        .route("/api/ingest", get(ingest::read));
    api::for_users(routes, MAX_BODY, cloud)
}

/// The routes, as the OpenAPI document describes them.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    me::read,
    folders::list::list,
    folders::read::read,
    assets::list::list,
    assets::read::read,
    ingest::read,
))]
pub struct Described;
