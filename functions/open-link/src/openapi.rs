//! The queries of the OpenAPI document. They are types of their own, because the code reads queries field by field.
#![expect(dead_code, reason = "only for the document")]

use utoipa::{IntoParams, ToSchema};

/// The order of assets.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Order {
    /// By name, or the newest first. If not given, a selection keeps its order, a folder's assets are sorted by name, and those of a
    /// folder with its subfolders by folder.
    #[param(inline)]
    sort: Option<AssetSort>,
}

#[derive(ToSchema)]
enum AssetSort {
    #[schema(rename = "name")]
    Name,
    #[schema(rename = "-created")]
    Newest,
}

/// How the page shows assets.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct View {
    /// `list`; any other value shows cards.
    view: Option<String>,
}
