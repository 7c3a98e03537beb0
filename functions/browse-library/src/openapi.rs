//! The queries of the OpenAPI document. They are types of their own, because the code reads queries field by field.
#![expect(dead_code, reason = "only for the document")]

use utoipa::{IntoParams, ToSchema};

/// Which folders are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFolders {
    /// A folder's id: only the folders in it, by name. If not given, all folders by path.
    #[param(pattern = "^([0-9a-f]{32})?$")]
    parent: Option<String>,
}

/// Which assets are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAssets {
    /// A folder, as `folder:ID`; the whole library if not given.
    #[param(pattern = "^(folder:.+)?$")]
    r#in: Option<String>,
    /// The order: by name, or the newest first. If not given, a folder's assets are listed by name, and those of the
    /// library by folder.
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
