//! What recipients' routes share: refusals, and whether the client is a browser or a program.

use axum::response::{IntoResponse, Response};
use domain::asset::Rendition;
use domain::gate::Refusal;
use domain::id::AssetId;
use http::header::ACCEPT;
use http::request::Parts;
use http::{Extensions, HeaderMap, StatusCode};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use percent_encoding::percent_decode_str;

use crate::headers::Headers;
use crate::pages::{EndedPage, ProblemPage, respond};
use crate::problem::Problem;

/// The token in the path: `routed`, as the router read it, unless the path was changed before it reached the router.
/// A malformed token is looked up like any other, so that it gets the same answer as an unknown one, in the same time.
#[must_use]
pub fn path_token(parts: &Parts, routed: &str) -> String {
    let raw = parts.extensions.raw_http_path();
    // lambda_http puts the path into a URL, which drops some characters and ends at others: `TOKEN%00` must not open
    // `TOKEN`. A path that was changed so holds no valid token, so the whole raw path is looked up.
    let is_changed = !raw.is_empty()
        && raw != parts.uri.path()
        && percent_decode_str(parts.uri.path()).decode_utf8().is_ok_and(|path| path != raw);
    if is_changed { raw.to_owned() } else { routed.to_owned() }
}

/// The site's name, until a site can choose its own.
pub const BRAND: &str = "Vitrine";

/// The path of a link's landing page.
#[must_use]
pub fn landing_path(token: &str) -> String {
    format!("/s/{token}")
}

/// The path from which a recipient downloads an asset as a rendition.
#[must_use]
pub fn download_path(token: &str, asset: &AssetId, rendition: &Rendition) -> String {
    format!("/s/{token}/assets/{asset}/{rendition}")
}

/// Whether the client accepts HTML, as a browser that follows a link does.
#[must_use]
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.contains("text/html"))
}

/// Whether the client accepts JSON by name, and no HTML.
#[must_use]
pub fn wants_json(headers: &HeaderMap) -> bool {
    let json = |accept: &str| accept.contains("application/json") && !accept.contains("text/html");
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(json)
}

/// Whether the browser says that another site sent this request. Only `Sec-Fetch-Site` is read, since a form's `Origin`
/// is `null` under our referrer policy; programs send neither.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// Whether a browser says that a page of this site sent this request; programs send no such header.
#[must_use]
pub fn is_from_own_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

/// The client's IP address as the gateway saw it; headers are not read, since they can be forged.
#[must_use]
pub fn source_ip(request: &Extensions) -> &str {
    match request.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().unwrap_or_default(),
        _ => "",
    }
}

/// The answer to a request that the gate refused. The answers for an ended link and for one that never existed differ
/// only in the status.
#[must_use]
pub fn refuse(refusal: &Refusal, token: &str, request: &HeaderMap, headers: &Headers) -> Response {
    match refusal {
        Refusal::NotFound => unavailable(StatusCode::NOT_FOUND, request, headers),
        Refusal::Gone => unavailable(StatusCode::GONE, request, headers),
        Refusal::Closed(gate) if wants_page(request) => {
            let page = ProblemPage {
                brand: BRAND.to_owned(),
                heading: "Open the link first".to_owned(),
                detail: "What you asked for is behind this link's first page.".to_owned(),
                back: is_plain(token).then(|| landing_path(token)),
            };
            tracing::debug!(
                gate.needs_password,
                "content of a link was requested before the link was opened"
            );
            respond(StatusCode::UNAUTHORIZED, headers.gated_page(), &page)
        }
        Refusal::Closed(gate) => {
            let detail = if gate.needs_password {
                "Open the link with its password first."
            } else {
                "Open the link first."
            };
            Problem::unauthorized(detail).with("needs_password", gate.needs_password).into_response()
        }
    }
}

/// "This link is not available", the same for every reason.
fn unavailable(status: StatusCode, request: &HeaderMap, headers: &Headers) -> Response {
    if wants_json(request) || !wants_page(request) {
        let detail = "This link is not available. It may have expired or been withdrawn. \
                      Ask the person who sent it for a new one.";
        let problem =
            if status == StatusCode::GONE { Problem::gone(detail) } else { Problem::not_found(detail) };
        return problem.with_title("Not available").into_response();
    }
    respond(status, headers.gated_page(), &EndedPage { brand: BRAND.to_owned() })
}

fn is_plain(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::gate::Gate;
    use http::HeaderValue;

    fn accepting(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))])
    }

    #[test]
    fn browsers_get_pages_and_programs_get_json() {
        let browser = accepting("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assert!(wants_page(&browser) && !wants_json(&browser));
        assert!(wants_json(&accepting("application/json")) && !wants_page(&accepting("*/*")));
    }

    #[test]
    fn a_closed_link_answers_401() {
        let headers = Headers::new("http://localhost:1").unwrap();
        let gate = Gate { needs_password: true, title: None };
        for accept in ["*/*", "text/html", "application/json"] {
            let answer = refuse(&Refusal::Closed(gate.clone()), "abc", &accepting(accept), &headers);
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        }
    }

    #[test]
    fn requests_from_other_sites_are_recognised() {
        let from = |site| {
            HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), HeaderValue::from_static(site))])
        };
        assert!(is_cross_site(&from("cross-site")) && is_cross_site(&from("same-site")));
        assert!(!is_cross_site(&from("same-origin")) && !is_cross_site(&HeaderMap::new()));
    }
}
