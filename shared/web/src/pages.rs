//! Recipients' pages: plain data in, HTML out.

mod ended;
mod gate;
mod landing;
mod problem_page;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};

pub use ended::EndedPage;
pub use gate::{GateError, GatePage};
pub use landing::{
    Access, AssetCard, AssetState, Download, DownloadOption, Ends, LandingPage, Picture, Preview,
    PreviewKind, View,
};
pub use problem_page::ProblemPage;

use crate::problem::Problem;

/// Answers with a page under these headers (see [`crate::headers::Headers::gated_page`]).
pub fn respond(status: StatusCode, mut headers: HeaderMap, page: &impl Template) -> Response {
    // The page must name the current static files, which a debug build reads anew.
    crate::statics::SHARED.read();
    match page.render() {
        Ok(html) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            (status, headers, html).into_response()
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// An icon of icons.svg, hidden from screen readers: the words beside it or the button's label describe it.
fn icon(name: &str) -> askama::filters::Safe<String> {
    debug_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    let url = crate::statics::url("icons.svg");
    askama::filters::Safe(format!(
        "<svg class=\"glyph\" aria-hidden=\"true\"><use href=\"{url}#{name}\"/></svg>"
    ))
}
