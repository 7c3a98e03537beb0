//! The landing page, the gate, and the use.
//!
//! `GET /s/{token}` shows and never changes; `POST /s/{token}` opens the link, which spends a use where they are
//! counted; `GET /s/{token}/assets` lists what an open link shares.

mod assets;
mod landing;
mod listing;
mod open;

use std::sync::Arc;

use aws::Cloud;
use aws::rows::visits::NoEntry;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::gate::Refusal;
use domain::gate::visit::{Holder, VisitCookie};
use http::HeaderMap;
use web::delivery::delivering;
use web::headers::{Headers, NotAnOrigin};
use web::problem::Problem;
use web::recipient::refuse;

/// What the endpoints share.
#[derive(Clone)]
struct Site {
    cloud: Cloud,
    headers: Arc<Headers>,
    cookie: web::visit_cookie::VisitCookie,
    /// Of whoever holds a gate page.
    holder_cookie: web::visit_cookie::VisitCookie,
}

impl Site {
    /// The visit that a request claims.
    fn visit(&self, request: &HeaderMap) -> Option<VisitCookie> {
        self.cookie.read(request).and_then(VisitCookie::parse)
    }

    /// The browser that a request comes from, if it holds a gate page of the link.
    fn holder(&self, request: &HeaderMap) -> Option<Holder> {
        self.holder_cookie.read(request).and_then(Holder::parse)
    }

    /// The answer to a request that got nothing.
    fn no_entry(&self, why: &NoEntry, token: &str, request: &HeaderMap) -> Response {
        match why {
            NoEntry::Refused(refusal) => refuse(refusal, token, request, &self.headers),
            NoEntry::Failed(error) => failed(error),
        }
    }
}

/// The answer when a store failed.
fn failed(error: &aws::Error) -> Response {
    if let aws::Error::Busy { .. } = error {
        tracing::warn!(%error, "a store is busy");
        return Problem::unavailable("This is taking longer than it should. Try again in a moment.", 2)
            .into_response();
    }
    Problem::internal(error).into_response()
}

/// The answer at an address that is none, such as that of a token with a slash in it: as for any token that opens
/// nothing.
async fn nowhere(State(site): State<Site>, request: HeaderMap) -> Response {
    refuse(&Refusal::NotFound, "", &request, &site.headers)
}

/// The function's routes.
///
/// # Errors
/// When the store's address is unusable in a content security policy.
pub fn router(cloud: &Cloud) -> Result<Router, NotAnOrigin> {
    let site = Site {
        cloud: cloud.clone(),
        headers: Arc::new(Headers::new(&cloud.store_origin())?),
        cookie: web::visit_cookie::VisitCookie::new(&cloud.settings().site_url),
        holder_cookie: web::visit_cookie::VisitCookie::of_holder(&cloud.settings().site_url),
    };
    Ok(delivering(
        Router::new()
            .route("/s/{token}", get(landing::show).post(open::open))
            .route("/s/{token}/assets", get(assets::list))
            .fallback(nowhere)
            .method_not_allowed_fallback(async || {
                Problem::method_not_allowed("This address is read with GET; a link is opened with POST.")
            })
            // A form with a password of 200 characters is far smaller.
            .layer(DefaultBodyLimit::max(16 * 1024)),
    )
    .with_state(site))
}
