//! `GET /api/share-options?kind=&id=` and `POST /api/share-options`: what a link on a target may offer, before there
//! is one. With `?link=` it is what a link's target can offer now.

use aws::Cloud;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use domain::field_error::FieldError;
use domain::link::DownloadOptions;
use domain::link::body::TargetBody;
use domain::set::Counts;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;
use web::query::Query;

use crate::caller::{Caller, Sharer};
use crate::{body, failed, target};

/// What may be offered, and of how many assets.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct ShareOptions {
    original: bool,
    thumbnail: bool,
    preview: bool,
    views: [String; 0],
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

pub(crate) async fn of_named(
    State(cloud): State<Cloud>,
    Sharer(caller): Sharer,
    uri: Uri,
) -> Result<Json<ShareOptions>, Problem> {
    let query = Query::read(&uri, &["kind", "id", "include_subfolders", "link"])?;
    match query.get("link") {
        Some(link) => of_link(&cloud, &caller, &query, link).await,
        None => of_target(&cloud, named(&query).map_err(|fault| Problem::unprocessable([fault]))?).await,
    }
}

pub(crate) async fn of_body(
    State(cloud): State<Cloud>,
    _: Sharer,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<ShareOptions>, Problem> {
    of_target(&cloud, body::document(body::object(bytes)?)?).await
}

fn named(query: &Query) -> Result<TargetBody, FieldError> {
    let kind = query.get("kind").ok_or_else(|| FieldError::new("kind", "Choose asset or folder."))?;
    if kind == "selection" {
        return Err(FieldError::new("kind", "Send a selection's assets by POST."));
    }
    let include_subfolders =
        query.parse("include_subfolders", "Give true or false.", |text| text.parse().ok())?;
    Ok(TargetBody {
        kind: kind.to_owned(),
        id: query.get("id").map(str::to_owned),
        assets: None,
        include_subfolders,
    })
}

async fn of_target(cloud: &Cloud, body: TargetBody) -> Result<Json<ShareOptions>, Problem> {
    let asked = target::asked(body).map_err(Problem::unprocessable)?;
    let found = target::find(cloud, asked).await.map_err(failed)?;
    let found = found.map_err(|fault| Problem::unprocessable([fault]))?;
    Ok(Json(ShareOptions::new(DownloadOptions::eligible(&found.head()), found.counts)))
}

async fn of_link(
    cloud: &Cloud,
    caller: &Caller,
    query: &Query,
    link: &str,
) -> Result<Json<ShareOptions>, Problem> {
    if ["kind", "id", "include_subfolders"].iter().any(|name| query.get(name).is_some()) {
        let message = "Give a link or a target, not both.";
        return Err(Problem::unprocessable([FieldError::new("link", message)]));
    }
    let link = caller.link(cloud, link).await?.link;
    let head = cloud.sets().head(&link.set()).await.map_err(failed)?;
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
            named(&Query::read(&uri, &["kind", "id", "include_subfolders", "link"]).unwrap())
        };
        let folder = read("kind=folder&id=x&include_subfolders=true").unwrap();
        assert_eq!((folder.kind.as_str(), folder.id.as_deref()), ("folder", Some("x")));
        assert_eq!(folder.include_subfolders, Some(true));
        assert_eq!(read("id=x").unwrap_err().field, "kind");
        assert_eq!(read("kind=selection").unwrap_err().field, "kind");
        assert_eq!(read("kind=folder&id=x&include_subfolders=1").unwrap_err().field, "include_subfolders");
    }
}
