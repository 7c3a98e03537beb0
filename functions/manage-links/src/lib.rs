//! Links over HTTP, for users: create, read, list, edit, delete, mail, and what a link on a target may offer.

mod body;
mod caller;
mod create_link;
mod delete_link;
mod edit_link;
mod link_view;
mod list_links;
mod list_mails;
mod mail_link;
mod mails_view;
mod owners;
mod read_link;
mod share_options;
mod target;
mod terms;

use aws::Cloud;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use web::delivery::delivering;
use web::problem::Problem;

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    let router = Router::new()
        .route("/api/links", get(list_links::list).post(create_link::create))
        .route("/api/links/{id}", get(read_link::read).patch(edit_link::edit).delete(delete_link::delete))
        .route("/api/links/{id}/emails", get(list_mails::list).post(mail_link::send))
        .route("/api/share-options", get(share_options::of_named).post(share_options::of_body))
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This address does not take this method.")
        })
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(map_response(not_stored));
    delivering(router).with_state(cloud.clone())
}

/// A link's URL opens it: no cache keeps it.
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
