//! `GET /api/share-options?kind=&id=` and `POST /api/share-options`: what a link on a target may offer, before there
//! is one. With `?link=` it is what a link's target can offer now.

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
use domain::link::DownloadOptions;
use domain::link::body::TargetBody;
use domain::set::Counts;
use domain::user::User;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::owned;
use crate::links::target::{self, TargetRequest};

/// What may be offered, and of how many assets.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ShareOptions {
    original: bool,
    thumbnail: bool,
    preview: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, max_items = 0))]
    views: [String; 0],
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, max_items = 0))]
    presets: [String; 0],
    pdf: bool,
    attributes: bool,
    attribute_history: bool,
    count: i64,
}

impl ShareOptions {
    fn new(eligible: DownloadOptions, counts: Counts) -> Self {
        let DownloadOptions { original, thumbnail, preview } = eligible;
        Self {
            original,
            thumbnail,
            preview,
            views: [],
            presets: [],
            pdf: false,
            attributes: false,
            attribute_history: false,
            count: counts.asset_count,
        }
    }
}

/// What a link on an asset or a folder may offer; or what an existing link could.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/share-options", operation_id = "read_share_options", tag = "Links",
    params(crate::openapi::WhichTarget),
    responses(
        (status = 200, description = "What may be offered.", body = ShareOptions),
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

/// What a link on any target may offer.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/share-options", operation_id = "ask_share_options", tag = "Links",
    request_body(content = domain::openapi::TargetDocument, description = "At most 1 MB."),
    responses((status = 200, description = "What may be offered.", body = ShareOptions)),
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
    Ok(Json(ShareOptions::new(DownloadOptions::eligible(&found.head()), found.counts)))
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
    let head = cloud.sets().head(&link.set()).await?;
    let originals = DownloadOptions { original: true, ..DownloadOptions::default() };
    let eligible = head.as_ref().map_or(originals, DownloadOptions::eligible);
    Ok(Json(ShareOptions::new(eligible, head.map(|head| head.counts).unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_offered_has_the_contracts_shape() {
        let eligible = DownloadOptions { original: true, thumbnail: false, preview: true };
        let counts = Counts { asset_count: 2, ..Counts::default() };
        assert_eq!(
            serde_json::to_value(ShareOptions::new(eligible, counts)).unwrap(),
            serde_json::json!({
                "original": true, "thumbnail": false, "preview": true, "views": [], "presets": [], "pdf": false,
                "attributes": false, "attribute_history": false, "count": 2,
            })
        );
    }

    #[test]
    fn a_target_is_named_by_kind_and_id() {
        let read = |query: &str| {
            let uri = format!("/api/share-options?{query}").parse().unwrap();
            target_of(Query::read(&uri, &["kind", "id", "include_subfolders", "link"]))
        };
        let folder = read("kind=folder&id=x&include_subfolders=true").unwrap();
        assert_eq!((folder.kind.as_str(), folder.id.as_deref()), ("folder", Some("x")));
        assert_eq!(folder.include_subfolders, Some(true));
        let faulty = |query: &str| {
            let problem = serde_json::to_value(read(query).unwrap_err()).unwrap();
            problem["errors"][0]["field"].as_str().unwrap().to_owned()
        };
        assert_eq!(faulty("id=x"), "kind");
        assert_eq!(faulty("kind=selection"), "kind");
        assert_eq!(faulty("kind=folder&id=x&include_subfolders=1"), "include_subfolders");
    }
}
