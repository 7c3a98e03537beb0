//! `GET /s/{token}/assets/{asset}/{rendition}`: one file. `GET /s/{token}/extras/{name}`: none is made yet.

use aws::Metric;
use aws::clock::now;
use axum::extract::State;
use axum::response::Response;
use domain::asset::Rendition;
use domain::gate::Permit;
use jiff::Timestamp;

use crate::Site;
use crate::answer::{Refused, not_offered, not_there, redirect};
use crate::recipient::Recipient;

const EXTRAS: [&str; 4] = ["pdf", "attributes.csv", "attributes.xlsx", "attribute_history.csv"];

pub(crate) async fn download(State(site): State<Site>, recipient: Recipient) -> Response {
    let outcome = find(&site, &recipient).await;
    site.answer(&recipient, outcome)
}

async fn find(site: &Site, recipient: &Recipient) -> Result<Response, Refused> {
    let (asset, now) = (recipient.place("asset").parse().ok(), now());
    let (visit, member) = site.enter_for_asset(recipient, asset.as_ref(), now).await?;
    let member = member.ok_or_else(|| not_there("This file is not part of the link."))?;
    let rendition: Rendition = recipient
        .place("rendition")
        .parse()
        .map_err(|()| not_there("A file can be had as original, thumbnail or preview."))?;
    saved(site, &visit.download(&member, &rendition)?, now)
}

/// 302 to where an object is saved from, under its proper name.
pub(crate) fn saved(site: &Site, permit: &Permit, now: Timestamp) -> Result<Response, Refused> {
    let disposition = web::disposition::attachment(permit.save_as().unwrap_or("download"));
    let url = site.cloud.urls().sign_saved(permit, &disposition, now)?;
    site.cloud.metrics().count(Metric::DownloadsSigned);
    redirect(&url)
}

pub(crate) async fn extra(State(site): State<Site>, recipient: Recipient) -> Response {
    let entered = site.enter_for_bundle(&recipient, None, now()).await;
    let refused = match entered {
        Err(refused) => refused,
        Ok(_) if EXTRAS.contains(&recipient.place("name")) => {
            not_offered("This link does not offer this download.")
        }
        Ok(_) => not_there("There is no such download."),
    };
    site.answer(&recipient, Err(refused))
}
