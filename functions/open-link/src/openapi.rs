//! What the OpenAPI document says of queries, which are read field by field.
#![expect(dead_code, reason = "for the document alone")]

use utoipa::{IntoParams, ToSchema};

/// In which order assets come.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Order {
    /// By name, or the newest first; unless given as they were picked, else by name.
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

/// How the page shows them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct View {
    /// `list`; anything else is cards.
    view: Option<String>,
}
