//! `GET /s/{token}`: the landing page, or the gate page before it. It spends no use and changes nothing, so that mail
//! scanners, chat previews and prefetching browsers do no harm.

use api::failure::store_failed;
use api::recipient::{Recipient, Site};
use aws::rows::visits::{Landing, Listing, NoEntry};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::asset::{Asset, AssetState, Rendition};
use domain::gate::{OpenVisit, Refusal};
use domain::invisible::without_invisible;
use domain::link::{Access, Link, Offer};
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use web::headers::gated;
use web::pages::{self, AssetCard, Download, DownloadOption, Ends, LandingPage};
use web::pages::{Picture, Preview, PreviewKind, View, respond};
use web::recipient::{BRAND, download_path, wants_json};

use crate::failure::answer_no_entry;
use crate::gate_page::{gate_document, gate_page, set_holder};
use crate::listing::{FIRST_PAGE, ListAssets};

/// Shows the landing page of a link, or its gate. Never spends a use.
///
/// With `Accept: application/json` the answer is JSON. Unknown parameters are ignored, because campaigns add their own.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}", operation_id = "show_link", tag = "Recipients",
    params(api::openapi::Token, crate::openapi::View, crate::openapi::Order, api::openapi::Words, api::openapi::Page),
    responses((
        status = 200, description = "The link, if it is open; else its gate.",
        content((Shown = "application/json"), (String = "text/html")),
        headers((
        "Set-Cookie" = Option<String>,
        description = "`holder`, if there is a gate: it identifies the browser, which must send it back to open the link."
    )),
    )),
))]
pub(crate) async fn show(State(site): State<Site>, recipient: Recipient, uri: Uri) -> Response {
    let (list, view) = match ListAssets::read(&uri, FIRST_PAGE) {
        Ok(parsed) => parsed,
        Err(problem) => return problem.into_response(),
    };
    let now = aws::clock::now();
    let (visits, listing) = (site.cloud.visits(), list.listing());
    let landing = visits.enter_landing(&recipient.token, recipient.visit.as_ref(), &listing, now);
    let mut landing = match landing.await {
        Ok(landing) => landing,
        Err(NoEntry::Refused(Refusal::Closed(gate))) => {
            let mut answer = match wants_json(&recipient.headers) {
                true => gate_document(&gate),
                false => gate_page(&site, &recipient.token, gate, StatusCode::OK, None),
            };
            set_holder(&site, &recipient, &mut answer);
            return answer;
        }
        Err(why) => return answer_no_entry(&why, &recipient, &site),
    };
    if wants_json(&recipient.headers) {
        return document(&landing);
    }
    if landing.members.is_none() {
        // The page offers no order that it can't make; the address was changed by hand, or the folder has grown.
        let natural = Listing { order: None, after: None, ..listing };
        match visits.enter_landing(&recipient.token, recipient.visit.as_ref(), &natural, now).await {
            Ok(again) => landing = again,
            Err(why) => return answer_no_entry(&why, &recipient, &site),
        }
    }
    match page(&site, recipient.token, &landing, view, now) {
        Ok(page) => respond(StatusCode::OK, site.headers.gated_page(), &page),
        Err(error) => store_failed(&error).into_response(),
    }
}

/// The document of a link: open, or behind its gate.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the OpenAPI document alone")]
enum Shown {
    Open(LinkDocument<'static>),
    Gate(crate::gate_page::GateDocument<'static>),
}

/// The document of an open link, for programs.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = OpenLink))]
struct LinkDocument<'a> {
    #[cfg_attr(feature = "openapi", schema(pattern = "^open$"))]
    state: &'static str,
    needs_password: bool,
    title: &'a str,
    brand: BrandDocument,
    asset_count: i64,
    total_bytes: i64,
    expires_at: Option<Timestamp>,
    uses_left: Option<u32>,
    access: Access,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    attributes: Option<&'a [String]>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::link::offer::OfferDocument>))]
    options: Option<&'a Offer>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Brand))]
struct BrandDocument {
    name: &'static str,
}

/// How many assets a link shares, and their bytes.
fn figures(landing: &Landing) -> (i64, i64) {
    (landing.counts.asset_count, landing.counts.total_bytes)
}

fn document(landing: &Landing) -> Response {
    let link = landing.visit.link();
    let (asset_count, total_bytes) = figures(landing);
    let document = LinkDocument {
        state: "open",
        needs_password: false,
        title: &link.terms.title,
        brand: BrandDocument { name: BRAND },
        asset_count,
        total_bytes,
        expires_at: link.terms.expires_at,
        uses_left: link.uses_left(),
        access: link.terms.access,
        attributes: link.terms.attributes.as_deref(),
        options: link.offer(),
    };
    (gated(), Json(document)).into_response()
}

fn page(
    site: &Site,
    token: String,
    landing: &Landing,
    view: View,
    now: Timestamp,
) -> Result<LandingPage, aws::Error> {
    let link = landing.visit.link();
    let (asset_count, total_bytes) = figures(landing);
    let members = landing.members.iter();
    let mut assets = Vec::new();
    for asset in members.clone().flat_map(|page| &page.items) {
        assets.push(card(site, &landing.visit, &token, asset, now)?);
    }
    Ok(LandingPage {
        brand: BRAND.to_owned(),
        title: without_invisible(&link.terms.title),
        asset_count: u64::try_from(asset_count).unwrap_or_default(),
        total_bytes: u64::try_from(total_bytes).unwrap_or_default(),
        ends: ends(link),
        access: match link.terms.access {
            Access::Download => pages::Access::Download,
            Access::ViewOnly => pages::Access::ViewOnly,
        },
        options: offered(link),
        attributes: link.terms.attributes.iter().flatten().map(|name| without_invisible(name)).collect(),
        assets,
        next: members.clone().find_map(|page| page.next.as_ref()).map(ToString::to_string),
        view,
        token,
    })
}

fn ends(link: &Link) -> Ends {
    Ends {
        expires_at: link.terms.expires_at,
        time_zone: link.terms.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        uses_left: link.uses_left().map(u64::from),
    }
}

fn offered(link: &Link) -> Vec<DownloadOption> {
    let renditions = link.offer().into_iter().flat_map(|offer| &offer.renditions);
    renditions
        .map(|rendition| DownloadOption {
            rendition: rendition.to_string(),
            label: label(rendition).to_owned(),
        })
        .collect()
}

fn label(rendition: &Rendition) -> &str {
    match rendition {
        Rendition::Original => "Original",
        Rendition::Thumbnail => "Thumbnail",
        Rendition::Preview => "Preview",
        Rendition::View(name) | Rendition::Preset(name) => name,
    }
}

fn card(
    site: &Site,
    visit: &OpenVisit,
    token: &str,
    asset: &Asset,
    now: Timestamp,
) -> Result<AssetCard, aws::Error> {
    let thumbnail = match visit.thumbnail(asset).zip(asset.thumbnail.as_ref()) {
        Some((permit, file)) => Some(Picture {
            url: site.cloud.urls().sign_shown(&permit, now)?,
            width: file.width,
            height: file.height,
        }),
        None => None,
    };
    let preview = match visit.preview(asset).zip(asset.preview.as_ref()) {
        Some((permit, file)) => Some(Preview {
            kind: PreviewKind::Image,
            url: site.cloud.urls().sign_shown(&permit, now)?,
            width: file.width,
            height: file.height,
        }),
        None => None,
    };
    let attributes = visit.link().terms.attributes.iter().flatten();
    Ok(AssetCard {
        id: asset.id.to_string(),
        name: without_invisible(&asset.name),
        file_type: asset.file_type.clone(),
        size: asset.size,
        width: asset.width,
        height: asset.height,
        duration_ms: asset.duration_ms,
        pages: asset.pages,
        attributes: attributes
            .map(|name| asset.attributes.get(name).map(|value| without_invisible(value)).unwrap_or_default())
            .collect(),
        state: match asset.state {
            AssetState::Processing => pages::AssetState::Processing,
            AssetState::Ready => pages::AssetState::Ready,
            AssetState::Failed => {
                pages::AssetState::Failed { reason: asset.reason.clone().unwrap_or_default() }
            }
        },
        thumbnail,
        preview,
        downloads: visit
            .renditions(asset)
            .iter()
            .map(|rendition| Download {
                url: download_path(token, &asset.id, rendition),
                label: label(rendition).to_owned(),
                rendition: rendition.to_string(),
            })
            .collect(),
    })
}
