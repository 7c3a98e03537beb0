//! `GET /s/{token}/assets/{asset}/{rendition}`: one file.

use api::recipient::{Recipient, Site};
use aws::Metric;
use aws::clock::now;
use axum::extract::State;
use axum::response::Response;
use domain::asset::Rendition;
use domain::gate::Permit;
use jiff::Timestamp;

use crate::answer::{Refused, answer, not_there, redirect};

/// Downloads one file.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/assets/{asset}/{rendition}", operation_id = "download_asset", tag = "Recipients",
    params(
        api::openapi::Token,
        ("asset" = domain::id::AssetId, Path, description = "The asset."),
        ("rendition" = inline(crate::openapi::RenditionName), Path, description = "The file of the asset."),
    ),
    responses(
        (status = 302, description = "The file, with its name.", headers(
            ("Location" = String, description = "A URL of the file, valid for a few minutes."),
        )),
        (status = 403, description = "The link does not offer this download."),
    ),
))]
pub(crate) async fn download(State(site): State<Site>, recipient: Recipient) -> Response {
    let outcome = find(&site, &recipient).await;
    answer(&site, &recipient, outcome)
}

async fn find(site: &Site, recipient: &Recipient) -> Result<Response, Refused> {
    let (asset, now) = (recipient.path("asset").parse().ok(), now());
    let visits = site.cloud.visits();
    let (visit, member) =
        visits.enter_for_asset(&recipient.token, recipient.visit.as_ref(), asset.as_ref(), now).await?;
    let member = member.ok_or_else(|| not_there("This file is not part of the link."))?;
    let rendition: Rendition = recipient
        .path("rendition")
        .parse()
        .map_err(|()| not_there("A file can be had as original, thumbnail or preview."))?;
    redirect_to_download(site, &visit.download(&member, &rendition)?, now)
}

/// 302 to a signed URL that downloads an object under its file name.
pub(crate) fn redirect_to_download(
    site: &Site,
    permit: &Permit,
    now: Timestamp,
) -> Result<Response, Refused> {
    let disposition = web::disposition::attachment(permit.save_as().unwrap_or("download"));
    let url = site.cloud.urls().sign_saved(permit, &disposition, now)?;
    site.cloud.metrics().count(Metric::DownloadsSigned);
    redirect(&url)
}
