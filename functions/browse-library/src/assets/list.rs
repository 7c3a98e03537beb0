//! `GET /api/assets?in=folder:ID&q=&sort=name|-created&cursor=&limit=`: the assets of a folder, or of the whole
//! library.

use api::Failure;
use api::caller::Browser;
use api::query::{Query, USUAL_LIMIT};
use aws::rows::order::Order;
use aws::rows::search::READ_TO_SEARCH;
use aws::rows::sets::PageOf;
use aws::rows::table::Cursor;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::State;
use domain::field_error::FieldError;
use domain::id::FolderId;
use domain::library::query::Query as Words;
use domain::set::Set;
use http::Uri;
use serde::Serialize;
use web::problem::Problem;

use crate::assets::view::AssetView;
use crate::folders::read::not_found;

/// The most assets that are read to sort them.
const SORTED: usize = 10_000;

fn too_many_to_sort() -> FieldError {
    let message =
        "There are too many assets to sort by name. Leave it out to list them by folder, or name a folder.";
    FieldError::new("sort", message)
}

/// A page of assets. With `q` it may be short, even empty, and still have a next one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Assets {
    items: Vec<AssetView>,
    next: Option<String>,
}

/// The parsed query.
#[derive(Debug, PartialEq)]
struct ListAssets {
    /// The folder's id as given; `None` for the whole library.
    folder: Option<String>,
    query: Option<Words>,
    order: Order,
    after: Option<Cursor>,
    limit: usize,
}

impl ListAssets {
    fn parse(uri: &Uri) -> Result<Self, Problem> {
        let mut query = Query::read(uri, &["in", "q", "sort", "cursor", "limit"]);
        let folder = query.parse_with("in", parse_folder);
        let order = query.parse("sort", "Sort by name or -created.", |sort| match sort {
            "name" => Some(Order::Name),
            "-created" => Some(Order::Newest),
            _ => None,
        });
        let list = Self {
            folder,
            query: query.words(),
            order: order.unwrap_or(Order::Natural),
            after: query.cursor(),
            limit: query.limit(USUAL_LIMIT),
        };
        query.finish()?;
        Ok(list)
    }
}

fn parse_folder(within: &str) -> Result<String, FieldError> {
    let message = match within.split_once(':') {
        Some(("folder", id)) if !id.is_empty() => return Ok(id.to_owned()),
        Some(("collection", _)) => "This site has no collections.",
        Some(("search", _)) => "This site has no saved searches.",
        _ => "Give a folder such as folder:ID, or leave it out for the whole library.",
    };
    Err(FieldError::new("in", message))
}

/// Lists the assets of a folder, or of the whole library.
///
/// With `q` a page may be short, even empty, and still have a next one.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/assets", operation_id = "list_assets", tag = "Library",
    params(crate::openapi::WhichAssets, api::openapi::Words, api::openapi::Page),
    responses(
        (status = 200, description = "A page of assets.", body = Assets),
        (status = 404, description = "No folder has this id."),
    ),
))]
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Browser { viewer, .. }: Browser,
    uri: Uri,
) -> Result<Json<Assets>, Failure> {
    let list = ListAssets::parse(&uri)?;
    let (set, count) = match &list.folder {
        None => (Set::library(), 0),
        Some(id) => {
            let id: FolderId = id.parse().map_err(|_| not_found())?;
            let folder = cloud.folders().find(&id).await?.ok_or_else(not_found)?;
            (Set::Folder(folder.path), folder.own.asset_count)
        }
    };
    let page = PageOf { order: list.order, after: list.after.as_ref(), limit: list.limit, sorted: SORTED };
    let page = match &list.query {
        Some(query) if list.folder.is_none() || count > READ_TO_SEARCH => {
            Some(cloud.words().search_set(&set, query, &page).await?)
        }
        Some(query) => cloud.sets().search_members(&set, query, &page).await?,
        None => cloud.sets().list_members(&set, &page).await?,
    };
    let page = page.ok_or_else(|| Problem::unprocessable([too_many_to_sort()]))?;
    let now = clock::now();
    let mut items = Vec::with_capacity(page.items.len());
    for asset in page.items {
        items.push(AssetView::of(asset, &viewer, &cloud, now)?);
    }
    Ok(Json(Assets { items, next: page.next.map(|cursor| cursor.to_string()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str) -> Vec<String> {
        let problem = ListAssets::parse(&format!("/api/assets?{query}").parse().unwrap()).unwrap_err();
        assert_eq!(problem.status(), 422, "{query}");
        problem.fields().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_parameter_has_a_default() {
        let list = ListAssets::parse(&"/api/assets".parse().unwrap()).unwrap();
        let library = ListAssets { folder: None, query: None, order: Order::Natural, after: None, limit: 50 };
        assert_eq!(list, library);
    }

    #[test]
    fn all_faults_are_named_in_one_answer() {
        assert_eq!(faults("in=collection:1"), ["in"]);
        assert_eq!(faults("in=search:1&sort=size&cursor=!&limit=0"), ["in", "sort", "cursor", "limit"]);
        assert_eq!(faults("in=folder:"), ["in"]);
        assert_eq!(faults("order=name"), ["order"]);
    }
}
