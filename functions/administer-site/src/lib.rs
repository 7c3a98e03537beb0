//! What administrators do over HTTP: see who uses the site, disable and enable accounts, delete them.

mod administrator;
mod users;

use aws::Cloud;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use web::problem::Problem;

/// The largest body read, in bytes: no change of an account is longer than a line.
const MAX_BODY: usize = 4 * 1024;

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    Router::new()
        .route("/api/users", get(users::list::list))
        .route(
            "/api/users/{id}",
            get(users::read::read).patch(users::edit::edit).delete(users::delete::delete),
        )
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This address does not take this method.")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(not_stored))
        .with_state(cloud.clone())
}

/// Names and addresses of people: no cache keeps them.
async fn not_stored(mut answer: Response) -> Response {
    answer.headers_mut().extend(web::headers::gated());
    answer
}

/// The answer when a store failed.
fn failed(error: aws::Error) -> Problem {
    if let aws::Error::Busy { .. } = error {
        tracing::warn!(%error, "a store is busy");
        return Problem::unavailable("This is taking longer than it should. Try again in a moment.", 2);
    }
    Problem::internal(&error)
}
