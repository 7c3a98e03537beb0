//! The queries of the OpenAPI document. They are types of their own, because the code reads queries field by field.
#![expect(dead_code, reason = "only for the document")]

use utoipa::{IntoParams, ToSchema};

/// Which assets are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAssets {
    /// A folder, as `folder:ID`; the whole library if not given.
    #[param(pattern = "^(folder:.+)?$")]
    r#in: Option<String>,
    /// The order: by name, or the newest first.
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
