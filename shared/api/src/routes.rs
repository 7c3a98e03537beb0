//! The layers and fallbacks of every router for users.

use aws::Cloud;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::Response;
use web::delivery::with_delivery;
use web::problem::Problem;

/// Completes a router for signed-in users: unknown addresses and methods get a problem, a body of more than `max_body`
/// bytes is refused, and answers are never cached, because they are one user's own and contain signed URLs.
pub fn for_users(routes: Router<Cloud>, max_body: usize, cloud: &Cloud) -> Router {
    let router = routes
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This address does not take this method.")
        })
        .layer(DefaultBodyLimit::max(max_body))
        .layer(map_response(forbid_storing));
    with_delivery(router).with_state(cloud.clone())
}

async fn forbid_storing(mut answer: Response) -> Response {
    answer.headers_mut().extend(web::headers::gated());
    answer
}
