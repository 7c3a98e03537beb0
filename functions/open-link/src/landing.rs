//! `GET /s/{token}`: the landing page, or the gate before it. It never spends a use and never changes anything, so
//! that mail scanners, previewers and prefetching browsers may come as often as they like.

use aws::rows::visits::{Landing, NoEntry};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::asset::{Asset, Rendition, State as AssetProgress};
use domain::gate::visit::{Holder, Nonce, VISIT_LASTS};
use domain::gate::{Gate, OpenVisit, Refusal};
use domain::invisible::without_invisible;
use domain::link::{Access, Link};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::json;
use web::compression::NeverCompressed;
use web::headers::gated;
use web::pages::{
    self, AssetCard, AssetState, Download, DownloadOption, Ends, GateError, GatePage, LandingPage,
};
use web::pages::{Picture, Preview, PreviewKind, View, respond};
use web::problem::Problem;
use web::recipient::{BRAND, PathToken, wants_json};

use crate::{Site, failed, listing};

pub(crate) async fn show(
    State(site): State<Site>,
    PathToken(token): PathToken,
    uri: Uri,
    request: HeaderMap,
) -> Response {
    let query = listing::Query::of(&uri);
    let asked = match query.read(listing::FIRST_PAGE) {
        Ok(asked) => asked,
        Err(faults) => return Problem::unprocessable(faults).into_response(),
    };
    let now = aws::clock::now();
    let visit = site.visit(&request);
    let landing = match site.cloud.visits().enter_landing(&token, visit.as_ref(), &asked.listing(), now).await
    {
        Ok(landing) => landing,
        Err(NoEntry::Refused(Refusal::Closed(gate))) => {
            let mut answer = match wants_json(&request) {
                true => gate_document(&gate),
                false => gate_page(&site, &token, gate, StatusCode::OK, None),
            };
            hold(&site, &token, &request, &mut answer);
            return answer;
        }
        Err(why) => return site.no_entry(&why, &token, &request),
    };
    if wants_json(&request) {
        return document(&landing);
    }
    let view = if query.view() == Some("list") { View::List } else { View::Cards };
    match page(&site, token, &landing, view, now) {
        Ok(page) => respond(StatusCode::OK, site.headers.gated_page(), &page),
        Err(error) => failed(&error),
    }
}

/// Has a browser know itself as the holder of a link's gate pages; one that does already stays who it is, so that
/// several tabs are one holder. It lasts as long as the visit that it may be asked for.
pub(crate) fn hold(site: &Site, token: &str, request: &HeaderMap, answer: &mut Response) {
    if site.holder(request).is_some() {
        return;
    }
    let lasts = std::time::Duration::try_from(VISIT_LASTS).unwrap_or_default();
    let holder = Holder::from_random(aws::random::bytes());
    match site.holder_cookie.set(token, holder.reveal(), lasts) {
        Ok(cookie) => {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Err(error) => *answer = Problem::internal(&error).into_response(),
    }
}

/// The gate with a fresh nonce, and what went wrong with the last try.
pub(crate) fn gate_page(
    site: &Site,
    token: &str,
    gate: Gate,
    status: StatusCode,
    error: Option<GateError>,
) -> Response {
    let page = GatePage {
        brand: BRAND.to_owned(),
        token: token.to_owned(),
        title: gate.title.as_deref().map(without_invisible),
        needs_password: gate.needs_password,
        nonce: Nonce::from_random(aws::random::bytes()).as_str().to_owned(),
        error,
    };
    // Its nonce stands beside a title and a token that others may have chosen.
    let mut answer = respond(status, site.headers.gated_page(), &page);
    answer.extensions_mut().insert(NeverCompressed);
    answer
}

/// The gate for a program: what it wants, and the nonce to send back as `visit`.
fn gate_document(gate: &Gate) -> Response {
    let document = json!({
        "state": "gate",
        "needs_password": gate.needs_password,
        "title": gate.title,
        "visit": Nonce::from_random(aws::random::bytes()).as_str(),
    });
    (gated(), Json(document)).into_response()
}

fn document(landing: &Landing) -> Response {
    let link = landing.visit.link();
    let counts = landing.head.as_ref().map(|head| head.counts).unwrap_or_default();
    let options = (link.access == Access::Download).then(|| {
        json!({
            "original": link.options.original, "thumbnail": link.options.thumbnail, "preview": link.options.preview,
            "views": [], "presets": [], "pdf": null, "attributes": [], "attribute_history": false,
        })
    });
    let document = json!({
        "state": "open",
        "needs_password": false,
        "title": link.title,
        "brand": {"name": BRAND},
        "asset_count": counts.asset_count,
        "total_bytes": counts.total_bytes,
        "expires_at": link.expires_at,
        "uses_left": link.uses_left(),
        "access": link.access,
        "attributes": link.attributes,
        "options": options,
    });
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
    let counts = landing.head.as_ref().map(|head| head.counts).unwrap_or_default();
    let mut assets = Vec::with_capacity(landing.members.items.len());
    for asset in &landing.members.items {
        assets.push(card(site, &landing.visit, &token, asset, now)?);
    }
    Ok(LandingPage {
        brand: BRAND.to_owned(),
        title: without_invisible(&link.title),
        asset_count: u64::try_from(counts.asset_count).unwrap_or_default(),
        total_bytes: u64::try_from(counts.total_bytes).unwrap_or_default(),
        ends: ends(link),
        access: match link.access {
            Access::Download => pages::Access::Download,
            Access::ViewOnly => pages::Access::ViewOnly,
        },
        options: offered(link),
        attributes: link.attributes.iter().flatten().map(|name| without_invisible(name)).collect(),
        assets,
        next: landing.members.next.as_ref().map(ToString::to_string),
        view,
        token,
    })
}

fn ends(link: &Link) -> Ends {
    Ends {
        expires_at: link.expires_at,
        time_zone: link.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        uses_left: link.uses_left().map(u64::from),
    }
}

fn offered(link: &Link) -> Vec<DownloadOption> {
    let renditions = if link.access == Access::Download { link.options.renditions() } else { Vec::new() };
    renditions
        .iter()
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
    let attributes = visit.link().attributes.iter().flatten();
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
            AssetProgress::Processing => AssetState::Processing,
            AssetProgress::Ready => AssetState::Ready,
            AssetProgress::Failed => AssetState::Failed { reason: asset.reason.clone().unwrap_or_default() },
        },
        thumbnail,
        preview,
        downloads: visit
            .renditions(asset)
            .iter()
            .map(|rendition| Download {
                url: format!("/s/{token}/assets/{}/{rendition}", asset.id),
                label: label(rendition).to_owned(),
                rendition: rendition.to_string(),
            })
            .collect(),
    })
}
