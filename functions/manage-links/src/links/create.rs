//! `POST /api/links`: a new link.

use api::Failure;
use api::body;
use api::caller::Sharer;
use aws::rows::links::OwnedLink;
use aws::{Cloud, Metric, clock, random};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use domain::field_error::Faults;
use domain::link::body::{self as link_body, Given, LinkBody, TargetBody};
use domain::link::{DownloadOptions, Link};
use domain::password::{Password, PasswordHash};
use domain::token::LinkToken;
use domain::visit::VisitKey;
use http::StatusCode;
use http::header::LOCATION;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::owners::Owners;
use crate::links::target::{self, Found, TargetRequest};
use crate::links::terms::{self, Terms};
use crate::links::view::view;

/// Shares an asset, a folder or a selection.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/links", operation_id = "create_link", tag = "Links",
    request_body(content = crate::openapi::NewLink, description = "At most 1 MB."),
    responses((
        status = 201, description = "The new link.", body = crate::links::view::LinkView,
        headers(("Location" = String, description = "Its address under `/api`.")),
    )),
))]
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Sharer(user): Sharer,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let (mut body, mut faults): (LinkBody, _) = body::fields(body::object(bytes, TOO_LARGE)?);

    let found = match std::mem::take(&mut body.target) {
        Given::Set(Some(target)) => resolve_target(&cloud, target, &mut faults).await?,
        Given::Set(None) | Given::Absent => {
            if !faults.has("target") {
                faults.add("target", "Say what to share: an asset, a folder or a selection.");
            }
            None
        }
    };
    if body.title == Given::Absent && !faults.has("title") {
        faults.extend(link_body::title(None).err());
    }
    // What a missing target could offer is nobody's fault.
    let everything = DownloadOptions { original: true, thumbnail: true, preview: true };
    let eligible = found.as_ref().map_or(everything, |found| DownloadOptions::eligible(&found.head()));
    let now = clock::now();
    let password = terms::password(std::mem::take(&mut body.password), &mut faults).value();
    let terms = Terms::usual().change(body, eligible, now, &mut faults);
    let found = match found {
        Some(found) if faults.is_empty() => found,
        _ => return Err(Problem::unprocessable(faults).into()),
    };

    let password = match password {
        Some(password) => Some(hash(password).await?),
        None => None,
    };
    let token = LinkToken::from_random(random::bytes());
    let Found { target, name: target_name, assets, .. } = found;
    let link = terms.onto(Link {
        id: token.link_id(),
        owner: user.id.clone(),
        target,
        target_name,
        title: String::new(),
        expires: None,
        time_zone: None,
        expires_at: None,
        max_uses: None,
        used: 0,
        password,
        visit_key: VisitKey::from_random(random::bytes()),
        access: domain::link::Access::ViewOnly,
        attributes: None,
        options: DownloadOptions::default(),
        created: now,
        updated: now,
        revision: 0,
    });
    // The set first: no link is ever seen without what it shares.
    if link.set().is_ordered() {
        cloud.sets().put_selection(&link.id, &link.title, &assets, now).await?;
    }
    let owned = OwnedLink { link, token };
    cloud.links().create(&owned).await?;
    cloud.metrics().count(Metric::LinksCreated);
    tracing::info!(link = %owned.link.id, "a link was created");

    let location = format!("/api/links/{}", owned.link.id);
    let view = view(&cloud, owned, &mut Owners::knowing(&user), now).await?;
    let view = view.with_assets(assets.into_iter().map(|asset| asset.id).collect());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view)).into_response())
}

/// The target of a body; `None` where it has faults, which join the others.
async fn resolve_target(
    cloud: &Cloud,
    body: TargetBody,
    faults: &mut Faults,
) -> Result<Option<Found>, aws::Error> {
    let request = match TargetRequest::parse(body) {
        Ok(request) => request,
        Err(several) => {
            faults.add_under("target", several);
            return Ok(None);
        }
    };
    Ok(match target::find(cloud, request).await? {
        Ok(found) => Some(found),
        Err(fault) => {
            faults.add_under("target", [fault]);
            None
        }
    })
}

/// A password's hash, computed off the async threads.
///
/// # Errors
/// 500 when the computation was broken off.
pub(crate) async fn hash(password: Password) -> Result<PasswordHash, Problem> {
    let salt = random::bytes();
    tokio::task::spawn_blocking(move || password.hash(salt)).await.map_err(|e| Problem::internal(&e))
}
