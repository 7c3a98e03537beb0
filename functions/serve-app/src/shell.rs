//! The app's one HTML page, the same at every address of the app.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{StatusCode, Uri};
use web::compression::{KeptText, vary};
use web::pages::{ProblemPage, respond};
use web::statics;

use crate::AppConfig;
use crate::files::{APP, modules};

const TEMPLATE: &str = include_str!("../app/shell.html");

/// The page with its headers; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    html: KeptText,
    headers: HeaderMap,
}

impl Shell {
    pub(crate) fn new(config: &AppConfig) -> Self {
        let app = format!("/app/{}", APP.hash());
        // All modules are asked for at once, rather than one import after the other.
        let preloads: Vec<_> =
            modules().map(|path| format!("  <link rel=\"modulepreload\" href=\"{app}/{path}\">")).collect();
        let html = TEMPLATE
            .replace("{preloads}", &preloads.join("\n"))
            .replace("{app}", &app)
            .replace("{static}", &format!("/static/{}", *statics::HASH));
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            // Not same-origin: the sign-in window then could not close itself.
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin-allow-popups"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ),
        ]);
        // Weak: it is the page's whatever the form that it is sent in.
        let etag = format!("W/\"{}-{}\"", APP.hash(), *statics::HASH);
        for (name, value) in [(CONTENT_SECURITY_POLICY, policy(config)), (ETAG, etag)] {
            headers
                .insert(name, HeaderValue::try_from(value).expect("hex digits, and what `origin` lets pass"));
        }
        Self(Arc::new(Inner { html: KeptText::new(html), headers }))
    }
}

/// The page, at an address of the app.
pub(crate) async fn page(State(Shell(shell)): State<Shell>, asked: HeaderMap) -> Response {
    // A weak comparison (RFC 9110, 13.1.2).
    fn opaque(etag: &[u8]) -> &[u8] {
        let etag = etag.trim_ascii();
        etag.strip_prefix(b"W/").unwrap_or(etag)
    }
    let is_known = |known: &HeaderValue| {
        let etag = opaque(shell.headers[ETAG].as_bytes());
        known
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|one| opaque(one) == etag || one.trim_ascii() == b"*")
    };
    let mut headers = shell.headers.clone();
    if asked.get_all(IF_NONE_MATCH).iter().any(is_known) {
        vary(&mut headers);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = shell.html.body(&asked, &mut headers);
    (headers, body).into_response()
}

/// Any other address.
pub(crate) async fn nowhere(State(Shell(shell)): State<Shell>) -> Response {
    let mut headers = shell.headers.clone();
    headers.remove(ETAG);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let page = ProblemPage {
        brand: "Vitrine".to_owned(),
        heading: "There is nothing here".to_owned(),
        detail: "The address may be mistyped, or what was here has moved.".to_owned(),
        back: None,
    };
    respond(StatusCode::NOT_FOUND, headers, &page)
}

/// What the page may load: its own files, pictures from the store, and answers of the issuer besides its own.
fn policy(config: &AppConfig) -> String {
    let store = origin(&config.store_origin).unwrap_or_default();
    let issuer: Vec<_> =
        std::iter::once(&config.issuer).chain(&config.issuer_origins).filter_map(|url| origin(url)).collect();
    let issuer = issuer.join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {store}; \
         connect-src 'self' {issuer}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The origin of an http or https URL. None for what is none: the policy then lets nothing more pass.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    // A policy's parts end at `;` and `,`, which a URI's host may hold.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_plain = authority.as_str().bytes().all(plain) && matches!(scheme, "http" | "https");
    is_plain.then(|| format!("{scheme}://{authority}"))
}
