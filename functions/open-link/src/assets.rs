//! `GET /s/{token}/assets`: what an open link shares, page by page, for programs and for the page's own script.

use std::collections::BTreeMap;

use aws::Cloud;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Body};
use domain::asset::Asset;
use domain::gate::OpenVisit;
use domain::invisible::without_invisible;
use http::{HeaderMap, Uri};
use jiff::Timestamp;
use serde::Serialize;
use web::headers::gated;
use web::problem::Problem;
use web::recipient::PathToken;

use crate::{Site, failed, listing};

#[derive(Serialize)]
struct List {
    items: Vec<Item>,
    next: Option<String>,
}

/// One asset as recipients get it in a list.
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
    state: domain::asset::State,
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

pub(crate) async fn list(
    State(site): State<Site>,
    PathToken(token): PathToken,
    uri: Uri,
    request: HeaderMap,
) -> Response {
    let asked = match listing::Query::of(&uri).read(50) {
        Ok(asked) => asked,
        Err(faults) => return Problem::unprocessable(faults).into_response(),
    };
    let now = aws::clock::now();
    let visit = site.visit(&request);
    let landing = match site.cloud.visits().enter_landing(&token, visit.as_ref(), &asked.listing(), now).await
    {
        Ok(landing) => landing,
        Err(why) => return site.no_entry(&why, &token, &request),
    };
    let mut items = Vec::with_capacity(landing.members.items.len());
    for asset in &landing.members.items {
        match item(&site.cloud, &landing.visit, &token, asset, now) {
            Ok(item) => items.push(item),
            Err(error) => return failed(&error),
        }
    }
    let next = landing.members.next.map(|cursor| cursor.to_string());
    let mut answer: Response<Body> = Json(List { items, next }).into_response();
    answer.headers_mut().extend(gated());
    answer
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
