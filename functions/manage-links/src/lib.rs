//! Links over HTTP, for users: create, read, list, edit, delete, mail, and what a link on a target may offer.

mod links;
mod mails;
#[cfg(feature = "openapi")]
mod openapi;
mod share_options;

use aws::Cloud;
use axum::Router;
use axum::routing::get;

/// The largest body, in bytes: five times the size of the largest selection.
const MAX_BODY: usize = 1024 * 1024;
/// The remedy for a larger body.
const TOO_LARGE: &str = "Send at most 1 MB.";

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    let routes = Router::new()
        .route("/api/links", get(links::list::list).post(links::create::create))
        .route(
            "/api/links/{id}",
            get(links::read::read).patch(links::edit::edit).delete(links::delete::delete),
        )
        .route("/api/links/{id}/emails", get(mails::list::list).post(mails::send::send))
        .route("/api/share-options", get(share_options::by_query).post(share_options::by_body));
    api::for_users(routes, MAX_BODY, cloud)
}

/// The routes, as the OpenAPI document describes them.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    links::list::list,
    links::create::create,
    links::read::read,
    links::edit::edit,
    links::delete::delete,
    mails::list::list,
    mails::send::send,
    share_options::by_query,
    share_options::by_body,
))]
pub struct Described;
