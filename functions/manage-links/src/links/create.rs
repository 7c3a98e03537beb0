//! `POST /api/links`: creates a link.

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
use domain::link::{Link, LinkTerms, Offer};
use domain::password::{Password, PasswordHash};
use domain::set::Set;
use domain::token::LinkToken;
use domain::visit::VisitKey;
use http::StatusCode;
use http::header::LOCATION;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::owners::Owners;
use crate::links::target::{self, Found, TargetRequest};
use crate::links::view::view;

/// Creates a link on an asset, a folder or a selection.
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
        faults.extend(link_body::parse_title(None).err());
    }
    // For a missing target no option is reported as a fault.
    let eligible = match &found {
        Some(found) => Offer::eligible(&found.counts),
        None => body.options.clone().value().unwrap_or_default(),
    };
    let now = clock::now();
    let password = link_body::parse_password(std::mem::take(&mut body.password), &mut faults).value();
    let terms = LinkTerms::usual().change(body, &eligible, now, &mut faults);
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
    let link = Link {
        id: token.link_id(),
        owner: user.id.clone(),
        target,
        target_name,
        terms,
        used: 0,
        password,
        visit_key: VisitKey::from_random(random::bytes()),
        created: now,
        updated: now,
        revision: 0,
    };
    // The list is written first, so that no link is ever seen without its assets.
    if let Set::List(list) = link.set() {
        cloud.lists().put_selection(&list, &assets, now).await?;
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

/// Finds the target of a body; if it has faults, adds them to `faults` and returns `None`.
async fn resolve_target(
    cloud: &Cloud,
    body: TargetBody,
    faults: &mut Faults,
) -> Result<Option<Found>, aws::Error> {
    let request = match TargetRequest::parse(body) {
        Ok(request) => request,
        Err(wrong_fields) => {
            faults.add_under("target", wrong_fields);
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

/// Hashes a password on a blocking thread.
///
/// # Errors
/// 500 when the thread panicked.
pub(crate) async fn hash(password: Password) -> Result<PasswordHash, Problem> {
    let salt = random::bytes();
    tokio::task::spawn_blocking(move || password.hash(salt)).await.map_err(|e| Problem::internal(&e))
}
