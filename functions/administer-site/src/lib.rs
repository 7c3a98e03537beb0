//! What administrators do over HTTP: list users, disable, enable and delete accounts.

mod users;

use aws::Cloud;
use axum::Router;
use axum::routing::get;

/// The largest body, in bytes: a change of an account is one short line.
const MAX_BODY: usize = 4 * 1024;

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    let routes = Router::new().route("/api/users", get(users::list::list)).route(
        "/api/users/{id}",
        get(users::read::read).patch(users::edit::edit).delete(users::delete::delete),
    );
    api::for_users(routes, MAX_BODY, cloud)
}

/// The routes, as the OpenAPI document describes them.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(users::list::list, users::read::read, users::edit::edit, users::delete::delete,))]
pub struct Described;
