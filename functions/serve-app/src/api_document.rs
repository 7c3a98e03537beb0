//! `GET /api/openapi.json`: the API's OpenAPI document.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};
use web::compression::{KeptText, vary};
use web::problem::Problem;
use web::statics::{StaticFile, StaticSet};

use crate::etag::is_known;

/// Written by `tests/openapi`, which also checks that it agrees with the code.
const DOCUMENT: &[u8] = include_bytes!("../../../shared/api/openapi.json");

struct Kept {
    text: KeptText,
    etag: HeaderValue,
}

static KEPT: LazyLock<Kept> = LazyLock::new(|| {
    let set = StaticSet::new(vec![StaticFile::new("openapi.json", DOCUMENT)]);
    let etag = HeaderValue::try_from(format!("W/\"{}\"", set.hash())).expect("hex digits");
    Kept { text: KeptText::new(DOCUMENT), etag }
});

/// Reads this document.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/openapi.json", operation_id = "read_document", tag = "About",
    security(()),
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the copy that the client has.")),
    responses(
        (status = 200, description = "The document.", content_type = "application/json",
         headers(("ETag" = String, description = "Changes with the document."))),
        (status = 304, description = "The document is the one that `If-None-Match` names."),
    ),
))]
pub(crate) async fn read(request: HeaderMap) -> Response {
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (ETAG, KEPT.etag.clone()),
    ]);
    if is_known(&request, &KEPT.etag) {
        vary(&mut headers);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = KEPT.text.body(&request, &mut headers);
    (headers, body).into_response()
}

/// Answers other methods.
pub(crate) async fn wrong_method(method: Method) -> Problem {
    Problem::method_not_allowed(format!("This address is read with GET, and does not take {method}."))
}
