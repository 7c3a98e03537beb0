//! What the OpenAPI document says of queries, which are read field by field.
#![expect(dead_code, reason = "for the document alone")]

use utoipa::{IntoParams, ToSchema};

/// Which assets are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAssets {
    /// A folder, as `folder:ID`; the whole library unless given.
    #[param(pattern = "^(folder:.+)?$")]
    r#in: Option<String>,
    /// In which order: by name, or the newest first.
    #[param(inline)]
    sort: Option<AssetSort>,
}

#[derive(ToSchema)]
#[schema(default = "name")]
enum AssetSort {
    #[schema(rename = "name")]
    Name,
    #[schema(rename = "-created")]
    Newest,
}
