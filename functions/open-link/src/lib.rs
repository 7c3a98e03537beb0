//! The landing page, the gate, and the use.
//!
//! `GET /s/{token}` shows the link and changes nothing. `POST /s/{token}` opens it, which spends a use if the link has a
//! number of uses. `GET /s/{token}/assets` lists the assets of an open link.

mod failure;
mod gate_page;
mod list_assets;
mod listing;
mod open;
#[cfg(feature = "openapi")]
mod openapi;
mod show;

use api::recipient::{Site, for_recipients};
use aws::Cloud;
use axum::Router;
use axum::routing::get;
use web::headers::NotAnOrigin;

/// The largest body, in bytes: a form with a password of 200 characters is far smaller.
const MAX_BODY: usize = 16 * 1024;

/// The function's routes.
///
/// # Errors
/// When the store's address can't be used in a content security policy.
pub fn router(cloud: &Cloud) -> Result<Router, NotAnOrigin> {
    let routes = Router::new()
        .route("/s/{token}", get(show::show).post(open::open))
        .route("/s/{token}/assets", get(list_assets::list));
    let wrong_method = "This address is read with GET; a link is opened with POST.";
    Ok(for_recipients(routes, MAX_BODY, wrong_method, Site::new(cloud)?))
}

/// The routes, as the OpenAPI document describes them.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(show::show, open::open, list_assets::list,))]
pub struct Described;
