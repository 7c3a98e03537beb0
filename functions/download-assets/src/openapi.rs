//! The names in paths of the OpenAPI document.
#![expect(dead_code, reason = "only for the document")]

use utoipa::ToSchema;

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RenditionName {
    Original,
    Preview,
    Thumbnail,
}

#[derive(ToSchema)]
pub(crate) enum ExtraName {
    #[schema(rename = "pdf")]
    Pdf,
    #[schema(rename = "attributes.csv")]
    Csv,
    #[schema(rename = "attributes.xlsx")]
    Xlsx,
    #[schema(rename = "attribute_history.csv")]
    HistoryCsv,
}
