//! `POST /s/{token}/bundles`: requests a zip of several files.

use std::collections::HashSet;

use api::recipient::{Recipient, Site};
use aws::Metric;
use aws::clock::now;

use aws::rows::bundles::PutBundle;
use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use aws::rows::table::Page;
use aws::rows::windows::Count;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use domain::asset::{Asset, Rendition};
use domain::bundle::zip::layout;
use domain::bundle::{Bundle, BundleStatus, Manifest};
use domain::field_error::FieldError;
use domain::gate::OpenVisit;
use domain::gate::network::ClientNetwork;
use domain::id::{AssetId, BundleId};
use domain::invisible::without_invisible;
use domain::library::counts::Counts;
use domain::link::Offer;
use domain::object::Bucket;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use web::format::count;
use web::problem::Problem;
use web::recipient::is_cross_site;

use crate::answer::{Refused, answer, not_offered, not_there, problem};
use crate::bundles::manifest::{Unfit, manifest};
use crate::bundles::status::{progress_document, request_build, resend_if_silent};

const NOT_OFFERED: &str = "This link does not offer this download.";
/// Members read at once for "all".
const PAGE: usize = 1_000;
/// The largest number of files for "all": one request has 29 s to read them.
const MOST_FILES: usize = 100_000;
/// Zips of some of a link's files may take this many times the size of all its files, and at least this many bytes.
const ROOM_TIMES: u64 = 5;
const ROOM_BYTES: u64 = 1 << 30;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = NewBundle))]
pub(crate) struct Body {
    assets: Wanted,
    #[cfg_attr(feature = "openapi", schema(min_items = 1, pattern = "^(original|preview|thumbnail)$"))]
    #[serde(default = "original")]
    renditions: Vec<String>,
    #[serde(default)]
    extras: Vec<String>,
}

fn original() -> Vec<String> {
    vec![Rendition::Original.to_string()]
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "give \"all\" or a list of assets' ids")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AllOrSome))]
enum Wanted {
    All(#[cfg_attr(feature = "openapi", schema(inline))] All),
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<AssetId>))]
    These(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum All {
    #[serde(rename = "all")]
    All,
}

/// Requests several files as one zip. A repeated request for the same files returns the same bundle.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/s/{token}/bundles", operation_id = "ask_for_bundle", tag = "Recipients",
    params(api::openapi::Token),
    request_body(content = Body, description = "At most 512 KiB."),
    responses(
        (status = 202, description = "The bundle, which is ready or being prepared.", body = crate::bundles::status::Progress),
        (status = 403, description = "The link does not offer this download, or the request came from a page of another site."),
        (status = 409, description = "A file is not ingested yet or failed, or there are too many files for one zip."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 429, description = "Too many different bundles of this link were requested, or more requests than the site takes."),
    ),
))]
pub(crate) async fn ask(
    State(site): State<Site>,
    recipient: Recipient,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let outcome =
        bundle(&site, &recipient, body).await.map(|bundle| progress_document(StatusCode::ACCEPTED, &bundle));
    answer(&site, &recipient, outcome)
}

async fn bundle(
    site: &Site,
    recipient: &Recipient,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bundle, Refused> {
    let now = now();
    let visits = site.cloud.visits();
    let (visit, counts) =
        visits.enter_to_request_bundle(&recipient.token, recipient.visit.as_ref(), now).await?;
    let body = read(recipient, body)?;
    if visit.link().offer().is_none() || !body.extras.is_empty() {
        return Err(not_offered(NOT_OFFERED));
    }
    let holds = renditions(&visit, &body.renditions)?;
    let members = members(site, &visit, &counts, &body.assets).await?;
    let manifest = manifest(&visit, members, &holds).map_err(unfit)?;
    let frozen = manifest.freeze();
    let id = BundleId::of(&frozen);
    if let Some(existing) = site.cloud.bundles().find(&visit.link().id, &id).await?
        && existing.status != BundleStatus::Failed
    {
        return reuse(site, existing, now).await;
    }
    let bundle = Bundle {
        id,
        link: visit.link().id.clone(),
        holds,
        status: BundleStatus::Preparing,
        files: manifest.entries.len() as u64,
        bytes: size(&manifest)?,
        done_bytes: 0,
        reason: None,
        upload_id: None,
        updated: now,
        last_used: now,
    };
    let link = &visit.link().id;
    let network = ClientNetwork::of(&recipient.source_ip, link);
    // Only zips of selected files are limited: there are few different zips of all files, and recipients who select
    // many different files must not keep others from them.
    let (counted, room) = match body.assets {
        Wanted::All(All::All) => (None, None),
        Wanted::These(_) => match site.cloud.bundle_counts().count_request(link, &network, now).await? {
            Count::Counted(counted) => (Some(counted), Some(room(&counts))),
            Count::TooMany(wait) => {
                return Err(too_many(
                    "You have requested many different downloads of this link in a short time.",
                    wait,
                ));
            }
        },
    };
    // The manifest is written before the row, and the row before the message, so that an interrupted request can be
    // continued from the row.
    let (key, json) = (bundle.manifest_key(), "application/json");
    site.cloud.objects(Bucket::Bundles).put(&key, json, frozen.into(), None).await?;
    let put = site.cloud.bundles().put(&bundle, room).await?;
    // A request that started no new zip is not counted: another request started the same zip, or there is no room now.
    if let (Some(counted), PutBundle::Existing(_) | PutBundle::Deleting | PutBundle::NoRoom(_)) =
        (&counted, &put)
    {
        site.cloud.windows().give_back(counted).await?;
    }
    match put {
        PutBundle::New => {
            site.cloud.metrics().count(Metric::BundlesAsked);
            request_build(&site.cloud, &bundle).await?;
            Ok(bundle)
        }
        PutBundle::Existing(existing) => reuse(site, *existing, now).await,
        PutBundle::Deleting => Err(being_cleared_up()),
        PutBundle::NoRoom(wait) => {
            Err(too_many("Many different downloads of this link are being prepared or kept already.", wait))
        }
    }
}

/// The bytes that zips of some of a link's files may take.
fn room(counts: &Counts) -> u64 {
    u64::try_from(counts.total_bytes).unwrap_or_default().saturating_mul(ROOM_TIMES).max(ROOM_BYTES)
}

fn too_many(why: &str, wait: SignedDuration) -> Refused {
    let seconds = u64::try_from(wait.as_secs()).unwrap_or_default().max(1);
    let detail = format!(
        "{why} Wait {}, then try again. Until then you can download single files.",
        web::format::wait(seconds)
    );
    problem("Too many downloads", Problem::too_many(detail, seconds))
}

/// A zip of the same content is being deleted, which takes a moment, or until the next sweep if it was interrupted.
fn being_cleared_up() -> Refused {
    let detail = "An older zip of these files is just being cleared away. Try again in a moment.";
    problem("Try again in a moment", Problem::unavailable(detail, 2))
}

/// Returns a bundle that was requested before, and resends its message if its worker is silent.
async fn reuse(site: &Site, existing: Bundle, now: Timestamp) -> Result<Bundle, Refused> {
    if !site.cloud.bundles().note_use(&existing, now).await? {
        return Err(being_cleared_up());
    }
    resend_if_silent(&site.cloud, &existing, now).await?;
    Ok(existing)
}

fn read(recipient: &Recipient, body: Result<Bytes, BytesRejection>) -> Result<Body, Refused> {
    const HEADING: &str = "The request can't be used";
    if is_cross_site(&recipient.headers) {
        return Err(not_offered("Start the download from the link's own page."));
    }
    // A form of another site can't send this type, and a script's request would need our permission by CORS.
    let content_type =
        recipient.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(problem(
            HEADING,
            Problem::unsupported_media_type("Send the request as application/json."),
        ));
    }
    let json = api::body::object(body, "The request is too large. Ask for fewer files at once, or for all.")
        .map_err(|refused| problem(HEADING, refused))?;
    serde_path_to_error::deserialize(Value::Object(json)).map_err(|error| {
        let path = error.path().to_string();
        wrong_field(path.trim_start_matches('.'), &error.into_inner().to_string())
    })
}

fn wrong_field(field: &str, message: &str) -> Refused {
    problem("The request can't be used", Problem::unprocessable([FieldError::new(field, message)]))
}

/// The requested renditions; refuses any that the link does not offer.
fn renditions(visit: &OpenVisit, requested: &[String]) -> Result<Offer, Refused> {
    let mut holds = Offer::default();
    for (at, text) in requested.iter().enumerate() {
        let field = format!("renditions[{at}]");
        let rendition: Rendition =
            text.parse().map_err(|()| wrong_field(&field, "Give original, thumbnail or preview."))?;
        if !visit.link().offers(&rendition) {
            return Err(not_offered(NOT_OFFERED));
        }
        holds.renditions.insert(rendition);
    }
    if requested.is_empty() {
        return Err(wrong_field("renditions", "Name at least one rendition."));
    }
    Ok(holds)
}

/// The requested assets; refuses any that is not a member of the link's set.
async fn members(
    site: &Site,
    visit: &OpenVisit,
    counts: &Counts,
    wanted: &Wanted,
) -> Result<Vec<Asset>, Refused> {
    let set = visit.link().set();
    let ids = match wanted {
        Wanted::These(ids) => ids,
        Wanted::All(All::All) => {
            let files = usize::try_from(counts.asset_count).unwrap_or_default();
            let too_many = || {
                let detail = "There are more than 100,000 files, too many for one zip. Select some of them.";
                problem("Too many for one zip", Problem::conflict(detail))
            };
            if files > MOST_FILES {
                return Err(too_many());
            }
            let (mut members, mut after) = (Vec::new(), None);
            loop {
                let sets = site.cloud.sets();
                let page = PageOf { order: Order::Natural, after: after.as_ref(), limit: PAGE, sorted: 0 };
                let page = sets.list_members(&set, &page).await?;
                let page = page.unwrap_or_else(|| Page { items: vec![], next: None });
                members.extend(page.items);
                after = page.next;
                if after.is_none() {
                    return Ok(members);
                }
                // New files may have arrived since the figures were read.
                if members.len() > MOST_FILES {
                    return Err(too_many());
                }
            }
        }
    };
    if ids.is_empty() {
        return Err(wrong_field("assets", "Name at least one asset, or say \"all\"."));
    }
    let outside = || not_there("One of the files is not part of the link. Reload the page and select again.");
    let unique: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let ids: Vec<AssetId> =
        unique.into_iter().map(str::parse).collect::<Result<_, _>>().map_err(|_| outside())?;
    let members = site.cloud.sets().find_members(&set, &ids).await?;
    members.into_iter().collect::<Option<Vec<Asset>>>().ok_or_else(outside)
}

fn unfit(why: Unfit) -> Refused {
    match why {
        Unfit::NotOffered => not_offered(NOT_OFFERED),
        Unfit::Preparing(files) => {
            let files = count(files as u64, "file is", "files are");
            let detail = format!("{files} still being prepared. Try again in a moment.");
            problem("Still being prepared", Problem::conflict(detail))
        }
        Unfit::Unread(name) => {
            let name = without_invisible(&name);
            let detail =
                format!("“{name}” could not be read and can't go into a zip. Download it by itself.");
            problem("A file could not be read", Problem::conflict(detail))
        }
        Unfit::Nothing => wrong_field("assets", "There is nothing to download here."),
    }
}

/// Bytes of the zip.
fn size(manifest: &Manifest) -> Result<u64, Refused> {
    let layout =
        layout(&manifest.zip_entries()).map_err(|error| wrong_field("assets", &error.to_string()))?;
    Ok(layout.size)
}
