//! `GET /s/{token}/bundles/{id}`: the progress of a bundle. `GET …/file`: its zip.

use api::recipient::{Recipient, Site};
use aws::Cloud;
use aws::clock::now;
use axum::extract::State;
use axum::response::Response;
use domain::bundle::{Bundle, BundleStatus};
use domain::event::BuildBundle;
use domain::gate::Permit;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use web::problem::Problem;

use crate::answer::{Refused, answer, json, not_there, problem};
use crate::assets::redirect_to_download;

/// The progress of a bundle.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Bundle))]
pub(crate) struct Progress<'a> {
    id: &'a str,
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^(preparing|ready|failed)$"))]
    status: BundleStatus,
    files: u64,
    bytes: u64,
    done_bytes: u64,
    reason: Option<&'a str>,
}

/// Answers with the document of a bundle.
pub(crate) fn progress_document(status: StatusCode, bundle: &Bundle) -> Response {
    let progress = Progress {
        id: bundle.id.as_str(),
        status: bundle.status,
        files: bundle.files,
        bytes: bundle.bytes,
        done_bytes: bundle.done_bytes,
        reason: bundle.reason.as_deref(),
    };
    json(status, &progress)
}

/// Sends the message of a bundle again if the bundle has been silent for too long, because its message or its worker
/// was lost.
pub(crate) async fn resend_if_silent(
    cloud: &Cloud,
    bundle: &Bundle,
    now: Timestamp,
) -> Result<(), aws::Error> {
    if bundle.is_silent(now) && cloud.bundles().claim_silent(bundle, now).await? {
        request_build(cloud, bundle).await?;
    }
    Ok(())
}

/// Sends the message that builds a bundle.
pub(crate) async fn request_build(cloud: &Cloud, bundle: &Bundle) -> Result<(), aws::Error> {
    cloud.queues().send_build(&BuildBundle { link: bundle.link.clone(), bundle: bundle.id.clone() }).await
}

fn no_longer_kept() -> Refused {
    not_there("This zip is no longer kept. Start the download again.")
}

/// Passes the gate, and finds the bundle of the path with the permit for its zip.
async fn find(site: &Site, recipient: &Recipient, now: Timestamp) -> Result<(Bundle, Permit), Refused> {
    let id = recipient.path("bundle").parse().ok();
    let visits = site.cloud.visits();
    let (visit, bundle) =
        visits.enter_for_bundle(&recipient.token, recipient.visit.as_ref(), id.as_ref(), now).await?;
    let bundle =
        bundle.filter(|bundle| bundle.status != BundleStatus::Deleting).ok_or_else(no_longer_kept)?;
    let permit = visit.bundle(&bundle)?;
    Ok((bundle, permit))
}

/// Reads the state of a bundle.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/bundles/{bundle}", operation_id = "read_bundle", tag = "Recipients",
    params(api::openapi::Token, ("bundle" = inline(domain::id::BundleId), Path, description = "The bundle.")),
    responses(
        (status = 200, description = "The bundle.", body = Progress),
        (status = 403, description = "The link does not offer this download any more."),
    ),
))]
pub(crate) async fn status(State(site): State<Site>, recipient: Recipient) -> Response {
    let outcome = async {
        let now = now();
        let (bundle, _) = find(&site, &recipient, now).await?;
        if !recipient.only_looks {
            resend_if_silent(&site.cloud, &bundle, now).await?;
        }
        Ok(progress_document(StatusCode::OK, &bundle))
    };
    let outcome = outcome.await;
    answer(&site, &recipient, outcome)
}

/// Downloads the zip of a bundle.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/bundles/{bundle}/file", operation_id = "download_bundle", tag = "Recipients",
    params(api::openapi::Token, ("bundle" = inline(domain::id::BundleId), Path, description = "The bundle.")),
    responses(
        (status = 302, description = "The zip, with the link's title as its name.", headers(
            ("Location" = String, description = "A URL of the zip, valid for a few minutes."),
        )),
        (status = 403, description = "The link does not offer this download any more."),
        (status = 409, description = "The bundle is still being prepared, or it failed."),
    ),
))]
pub(crate) async fn file(State(site): State<Site>, recipient: Recipient) -> Response {
    let outcome = async {
        let now = now();
        let (bundle, permit) = find(&site, &recipient, now).await?;
        match bundle.status {
            BundleStatus::Ready => {}
            BundleStatus::Preparing => {
                let detail = "The zip is still being prepared. Try again in a moment.";
                return Err(problem("Still being prepared", Problem::conflict(detail)));
            }
            BundleStatus::Deleting => return Err(no_longer_kept()),
            BundleStatus::Failed => {
                let detail = bundle.reason.as_deref().unwrap_or("The zip failed. Start the download again.");
                return Err(problem("The zip could not be made", Problem::conflict(detail)));
            }
        }
        if !recipient.only_looks && !site.cloud.bundles().note_use(&bundle, now).await? {
            return Err(no_longer_kept());
        }
        redirect_to_download(&site, &permit, now)
    };
    let outcome = outcome.await;
    answer(&site, &recipient, outcome)
}
