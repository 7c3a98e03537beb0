//! Folders and assets over HTTP, for users: what the web app shows of the library, and who is signed in.

mod asset_view;
mod caller;
mod folder_view;
mod list_assets;
mod list_folders;
mod read_asset;
mod read_folder;
mod read_ingest;
mod read_me;

use aws::Cloud;
use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use web::delivery::delivering;
use web::problem::Problem;

/// The function's routes.
pub fn router(cloud: &Cloud) -> Router {
    let router = Router::new()
        .route("/api/me", get(read_me::read))
        .route("/api/folders", get(list_folders::list))
        .route("/api/folders/{id}", get(read_folder::read))
        .route("/api/assets", get(list_assets::list))
        .route("/api/assets/{id}", get(read_asset::read))
        .route("/api/ingest", get(read_ingest::read))
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This address does not take this method.")
        })
        .layer(map_response(not_stored));
    delivering(router).with_state(cloud.clone())
}

/// What a user may see is nobody else's, and presigned URLs in it run out.
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
