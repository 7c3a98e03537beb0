//! `GET /s/{token}/assets`: a page of an open link's assets, for programs.

use std::collections::BTreeMap;

use api::documents::{AssetFacts, PreviewDocument};
use api::failure::store_failed;
use api::query::USUAL_LIMIT;
use api::recipient::{Recipient, Site};
use aws::Cloud;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::asset::Asset;
use domain::field_error::FieldError;
use domain::gate::OpenVisit;
use http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use web::headers::gated;
use web::problem::Problem;
use web::recipient::download_path;

use crate::failure::answer_no_entry;
use crate::listing::ListAssets;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SharedAssets))]
struct List {
    items: Vec<Item>,
    next: Option<String>,
}

/// The document of an asset, for an open visit.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SharedAsset))]
struct Item {
    #[serde(flatten)]
    facts: AssetFacts,
    attributes: BTreeMap<String, String>,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    thumbnail_url: Option<String>,
    preview: Option<PreviewDocument>,
    downloads: Vec<DownloadItem>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Download))]
struct DownloadItem {
    #[cfg_attr(feature = "openapi", schema(pattern = "^(original|preview|thumbnail)$"))]
    rendition: String,
    url: String,
}

/// The assets that an open link shares.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/assets", operation_id = "list_shared_assets", tag = "Recipients",
    params(api::openapi::Token, crate::openapi::Order, api::openapi::Words, api::openapi::Page),
    responses((status = 200, description = "A page of assets.", body = List)),
))]
pub(crate) async fn list(State(site): State<Site>, recipient: Recipient, uri: Uri) -> Response {
    let (list, _) = match ListAssets::read(&uri, USUAL_LIMIT) {
        Ok(parsed) => parsed,
        Err(problem) => return problem.into_response(),
    };
    let now = aws::clock::now();
    let (visits, listing) = (site.cloud.visits(), list.listing());
    let landing = visits.enter_landing(&recipient.token, recipient.visit.as_ref(), &listing, now);
    let landing = match landing.await {
        Ok(landing) => landing,
        Err(why) => return answer_no_entry(&why, &recipient, &site),
    };
    let Some(members) = landing.members else {
        let message = "There are too many assets to sort them. Leave it out for the order of their folders.";
        return Problem::unprocessable([FieldError::new("sort", message)]).into_response();
    };
    let mut items = Vec::with_capacity(members.items.len());
    for asset in &members.items {
        match item(&site.cloud, &landing.visit, &recipient.token, asset, now) {
            Ok(item) => items.push(item),
            Err(error) => return store_failed(&error).into_response(),
        }
    }
    let next = members.next.map(|cursor| cursor.to_string());
    (gated(), Json(List { items, next })).into_response()
}

fn item(
    cloud: &Cloud,
    visit: &OpenVisit,
    token: &str,
    asset: &Asset,
    now: Timestamp,
) -> Result<Item, aws::Error> {
    let sign = |permit| cloud.urls().sign_shown(&permit, now);
    Ok(Item {
        facts: AssetFacts::from(asset),
        attributes: shown_attributes(visit, asset),
        thumbnail_url: visit.thumbnail(asset).map(sign).transpose()?,
        preview: PreviewDocument::of(asset, visit.preview(asset).map(sign).transpose()?),
        downloads: visit
            .renditions(asset)
            .into_iter()
            .map(|rendition| DownloadItem {
                url: download_path(token, &asset.id, &rendition),
                rendition: rendition.to_string(),
            })
            .collect(),
    })
}

/// The asset's attributes that the link includes.
fn shown_attributes(visit: &OpenVisit, asset: &Asset) -> BTreeMap<String, String> {
    visit
        .link()
        .terms
        .attributes
        .iter()
        .flatten()
        .filter_map(|name| asset.attributes.get(name).map(|value| (name.clone(), value.clone())))
        .collect()
}
