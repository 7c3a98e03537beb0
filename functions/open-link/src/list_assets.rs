//! `GET /s/{token}/assets`: what an open link shares, page by page, for programs and for the page's own script.

use std::collections::BTreeMap;

use api::failure::store_failed;
use api::query::USUAL_LIMIT;
use api::recipient::{Recipient, Site};
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::asset::Asset;
use domain::gate::OpenVisit;
use domain::invisible::without_invisible;
use http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use web::headers::gated;

use crate::failure::answer_no_entry;
use crate::listing::ListAssets;

#[derive(Serialize)]
struct List {
    items: Vec<Item>,
    next: Option<String>,
}

/// One asset, as an open visit may see it.
#[derive(Serialize)]
struct Item {
    id: String,
    name: String,
    file_type: String,
    size: u64,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    pages: Option<u32>,
    attributes: BTreeMap<String, String>,
    state: domain::asset::AssetState,
    thumbnail_url: Option<String>,
    preview: Option<PreviewItem>,
    downloads: Vec<DownloadItem>,
}

#[derive(Serialize)]
struct PreviewItem {
    kind: &'static str,
    url: String,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct DownloadItem {
    rendition: String,
    url: String,
}

pub(crate) async fn list(State(site): State<Site>, recipient: Recipient, uri: Uri) -> Response {
    let (list, _) = match ListAssets::read(&uri, USUAL_LIMIT) {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let now = aws::clock::now();
    let (visits, listing) = (site.cloud.visits(), list.listing());
    let entered = visits.enter_landing(&recipient.token, recipient.visit.as_ref(), &listing, now);
    let landing = match entered.await {
        Ok(landing) => landing,
        Err(why) => return answer_no_entry(&why, &recipient, &site),
    };
    let mut items = Vec::with_capacity(landing.members.items.len());
    for asset in &landing.members.items {
        match item(&site.cloud, &landing.visit, &recipient.token, asset, now) {
            Ok(item) => items.push(item),
            Err(error) => return store_failed(&error).into_response(),
        }
    }
    let next = landing.members.next.map(|cursor| cursor.to_string());
    (gated(), Json(List { items, next })).into_response()
}

fn item(
    cloud: &Cloud,
    visit: &OpenVisit,
    token: &str,
    asset: &Asset,
    now: Timestamp,
) -> Result<Item, aws::Error> {
    let thumbnail_url =
        visit.thumbnail(asset).map(|permit| cloud.urls().sign_shown(&permit, now)).transpose()?;
    let preview = match visit.preview(asset).zip(asset.preview.as_ref()) {
        Some((permit, file)) => Some(PreviewItem {
            kind: "image",
            url: cloud.urls().sign_shown(&permit, now)?,
            width: file.width,
            height: file.height,
        }),
        None => None,
    };
    Ok(Item {
        id: asset.id.to_string(),
        name: without_invisible(&asset.name),
        file_type: asset.file_type.clone(),
        size: asset.size,
        width: asset.width,
        height: asset.height,
        duration_ms: asset.duration_ms,
        pages: asset.pages,
        attributes: shown_attributes(visit, asset),
        state: asset.state,
        thumbnail_url,
        preview,
        downloads: visit
            .renditions(asset)
            .into_iter()
            .map(|rendition| DownloadItem {
                url: format!("/s/{token}/assets/{}/{rendition}", asset.id),
                rendition: rendition.to_string(),
            })
            .collect(),
    })
}

/// The attributes that the link carries, and no other.
fn shown_attributes(visit: &OpenVisit, asset: &Asset) -> BTreeMap<String, String> {
    visit
        .link()
        .attributes
        .iter()
        .flatten()
        .filter_map(|name| asset.attributes.get(name).map(|value| (name.clone(), value.clone())))
        .collect()
}
