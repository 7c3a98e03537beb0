//! `GET /api/share-options?kind=&id=` and `POST /api/share-options`: the download options that a new link on a target may
//! offer. With `?link=`: the options that an existing link's target can offer now.

use std::collections::{BTreeMap, BTreeSet};

use api::Failure;
use api::body;
use api::caller::Sharer;
use api::query::Query;
use aws::Cloud;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use domain::field_error::FieldError;
use domain::library::counts::Counts;
use domain::link::Offer;
use domain::link::body::TargetBody;
use domain::link::offer::OfferDocument;
use domain::user::User;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::owned;
use crate::links::target::{self, TargetRequest};

/// The download options that may be offered, and the number of assets.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ShareOptions {
    original: bool,
    thumbnail: bool,
    preview: bool,
    #[cfg_attr(feature = "openapi", schema(max_items = 0))]
    views: BTreeSet<String>,
    #[cfg_attr(feature = "openapi", schema(max_items = 0))]
    presets: BTreeSet<String>,
    pdf: bool,
    attributes: bool,
    attribute_history: bool,
    count: i64,
    /// How many assets are of each kind, such as `image` and `pdf`.
    kinds: BTreeMap<&'static str, i64>,
}

impl ShareOptions {
    fn new(counts: &Counts) -> Self {
        let OfferDocument {
            original,
            thumbnail,
            preview,
            views,
            presets,
            pdf,
            attributes,
            attribute_history,
        } = Offer::eligible(counts).into();
        Self {
            original,
            thumbnail,
            preview,
            views,
            presets,
            pdf: pdf.is_some(),
            attributes: !attributes.is_empty(),
            attribute_history,
            count: counts.asset_count,
            kinds: counts.kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect(),
        }
    }
}

/// Reads the options that a link on an asset or a folder can have, or an existing link.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/share-options", operation_id = "read_share_options", tag = "Links",
    params(crate::openapi::WhichTarget),
    responses(
        (status = 200, description = "The options.", body = ShareOptions),
        (status = 404, description = "The user has no such link."),
    ),
))]
pub(crate) async fn by_query(
    State(cloud): State<Cloud>,
    Sharer(user): Sharer,
    uri: Uri,
) -> Result<Json<ShareOptions>, Failure> {
    let query = Query::read(&uri, &["kind", "id", "include_subfolders", "link"]);
    match query.get("link").map(str::to_owned) {
        Some(link) => of_link(&cloud, &user, query, &link).await,
        None => of_target(&cloud, target_of(query)?).await,
    }
}

/// Reads the options that a link on any target can have.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/share-options", operation_id = "ask_share_options", tag = "Links",
    request_body(content = domain::openapi::TargetDocument, description = "At most 1 MB."),
    responses((status = 200, description = "The options.", body = ShareOptions)),
))]
pub(crate) async fn by_body(
    State(cloud): State<Cloud>,
    _: Sharer,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<ShareOptions>, Failure> {
    of_target(&cloud, body::document(body::object(bytes, TOO_LARGE)?)?).await
}

fn target_of(mut query: Query) -> Result<TargetBody, Problem> {
    let kind = query.require("kind", "Choose asset or folder.", |kind| match kind {
        "selection" => Err(FieldError::new("kind", "Send a selection's assets by POST.")),
        kind => Ok(kind.to_owned()),
    });
    let include_subfolders =
        query.parse("include_subfolders", "Give true or false.", |text| text.parse().ok());
    let id = query.get("id").map(str::to_owned);
    query.finish()?;
    Ok(TargetBody { kind: kind.unwrap_or_default(), id, assets: None, include_subfolders })
}

async fn of_target(cloud: &Cloud, body: TargetBody) -> Result<Json<ShareOptions>, Failure> {
    let request = TargetRequest::parse(body).map_err(Problem::unprocessable)?;
    let found = target::find(cloud, request).await?;
    let found = found.map_err(|fault| Problem::unprocessable([fault]))?;
    Ok(Json(ShareOptions::new(&found.counts)))
}

async fn of_link(
    cloud: &Cloud,
    user: &User,
    query: Query,
    link: &str,
) -> Result<Json<ShareOptions>, Failure> {
    if ["kind", "id", "include_subfolders"].iter().any(|name| query.get(name).is_some()) {
        let message = "Give a link or a target, not both.";
        return Err(Problem::unprocessable([FieldError::new("link", message)]).into());
    }
    query.finish()?;
    let link = owned::find(user, cloud, link).await?.link;
    Ok(Json(ShareOptions::new(&cloud.sets().count_now(&link.set()).await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_by_kind_and_id() {
        let read = |query: &str| {
            let uri = format!("/api/share-options?{query}").parse().unwrap();
            target_of(Query::read(&uri, &["kind", "id", "include_subfolders", "link"]))
        };
        let folder = read("kind=folder&id=x&include_subfolders=true").unwrap();
        assert_eq!((folder.kind.as_str(), folder.id.as_deref()), ("folder", Some("x")));
        assert_eq!(folder.include_subfolders, Some(true));
        assert_eq!(read("id=x").unwrap_err().fields(), ["kind"]);
        assert_eq!(read("kind=selection").unwrap_err().fields(), ["kind"]);
        let neither = read("kind=folder&id=x&include_subfolders=1").unwrap_err();
        assert_eq!(neither.fields(), ["include_subfolders"]);
    }
}
