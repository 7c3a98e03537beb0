//! Presigned downloads, bundle requests and their progress.
//!
//! No byte of a file passes through here: an answer is a redirect to a URL that S3 honours for some minutes. Every
//! route begins with [`Site::enter_for_asset`], [`Site::enter_for_bundle`] or [`Site::enter_to_ask`], the gate; what they give is the only
//! way to a URL.

mod answer;
mod ask;
mod bundle;
mod manifest;
mod recipient;
mod single;

use std::sync::Arc;

use aws::Cloud;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use domain::asset::Asset;
use domain::bundle::Bundle;
use domain::gate::{OpenVisit, Refusal};
use domain::id::{AssetId, BundleId};
use domain::set::SetHead;
use http::HeaderMap;
use jiff::Timestamp;
use web::delivery::delivering;
use web::headers::{Headers, NotAnOrigin};
use web::problem::Problem;
use web::recipient::refuse;

use answer::Refused;
use recipient::Recipient;

/// The largest body: ids of every asset of the largest selection.
const BODY: usize = 512 * 1024;

/// What the endpoints share.
#[derive(Clone)]
struct Site {
    cloud: Cloud,
    headers: Arc<Headers>,
    cookie: web::visit_cookie::VisitCookie,
}

impl Site {
    /// The gate, for a request about one asset; `None` where the asset is outside the link's target.
    async fn enter_for_asset(
        &self,
        recipient: &Recipient,
        asset: Option<&AssetId>,
        now: Timestamp,
    ) -> Result<(OpenVisit, Option<Asset>), Refused> {
        let entered =
            self.cloud.visits().enter_for_asset(&recipient.token, recipient.visit.as_ref(), asset, now).await;
        Ok(entered?)
    }

    /// The gate, for a request for a new bundle, with the link's figures; `None` where nothing is shared any more.
    async fn enter_to_ask(
        &self,
        recipient: &Recipient,
        now: Timestamp,
    ) -> Result<(OpenVisit, Option<SetHead>), Refused> {
        Ok(self.cloud.visits().enter_to_ask(&recipient.token, recipient.visit.as_ref(), now).await?)
    }

    /// The gate, for a request about one bundle; `None` where the link has no such bundle.
    async fn enter_for_bundle(
        &self,
        recipient: &Recipient,
        bundle: Option<&BundleId>,
        now: Timestamp,
    ) -> Result<(OpenVisit, Option<Bundle>), Refused> {
        let entered = self
            .cloud
            .visits()
            .enter_for_bundle(&recipient.token, recipient.visit.as_ref(), bundle, now)
            .await;
        Ok(entered?)
    }

    /// The answer to `recipient`: what was asked for, or why not, as a page where they want one.
    fn answer(&self, recipient: &Recipient, outcome: Result<Response, Refused>) -> Response {
        outcome.unwrap_or_else(|refused| refused.into_answer(recipient, &self.headers))
    }
}

/// The answer at an address that is none, as a malformed token makes it: as for any token that opens nothing.
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
    };
    Ok(delivering(
        Router::new()
            .route("/s/{token}/assets/{asset}/{rendition}", get(single::download))
            .route("/s/{token}/extras/{name}", get(single::extra))
            .route("/s/{token}/bundles", post(ask::ask))
            .route("/s/{token}/bundles/{bundle}", get(bundle::status))
            .route("/s/{token}/bundles/{bundle}/file", get(bundle::file))
            .method_not_allowed_fallback(async || {
                Problem::method_not_allowed("This address is read with GET; bundles are asked for with POST.")
            })
            .fallback(nowhere)
            .layer(DefaultBodyLimit::max(BODY)),
    )
    .with_state(site))
}
