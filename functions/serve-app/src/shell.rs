//! The app's one HTML page, the same at every address of the app.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{StatusCode, Uri};
use web::compression::{KeptText, vary};
use web::pages::{ProblemPage, respond};
use web::problem::Problem;
use web::statics::{SHARED, StaticSet};

use crate::AppConfig;
use crate::etag::is_known;
use crate::files::{APP, SHELL, modules};

/// The page with its headers; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    headers: HeaderMap,
    page: RwLock<Arc<Page>>,
}

/// The page as it names the files of one moment.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) html: KeptText,
    pub(crate) etag: HeaderValue,
}

impl Page {
    /// # Errors
    /// When the folder of the app, which a debug build reads, has no shell.
    pub(crate) fn new(app: &StaticSet, shared: &StaticSet) -> Result<Self, std::io::Error> {
        let no_shell = || std::io::Error::other("functions/serve-app/app/shell.html can't be read");
        let shell = app.find(SHELL).ok_or_else(no_shell)?;
        let shell = std::str::from_utf8(&shell.bytes).map_err(|_| no_shell())?;
        let folder = format!("/app/{}", app.hash());
        // All modules are asked for at once, rather than one import after the other.
        let preloads: Vec<_> = modules(app)
            .map(|path| format!("  <link rel=\"modulepreload\" href=\"{folder}/{path}\">"))
            .collect();
        let html = shell
            .replace("{preloads}", &preloads.join("\n"))
            .replace("{app}", &folder)
            .replace("{static}", &format!("/static/{}", shared.hash()));
        Ok(Self { html: KeptText::new(html), etag: etag(app, shared) })
    }
}

/// Weak: it is the page's whatever the form that it is sent in.
fn etag(app: &StaticSet, shared: &StaticSet) -> HeaderValue {
    HeaderValue::try_from(format!("W/\"{}-{}\"", app.hash(), shared.hash())).expect("hex digits")
}

impl Shell {
    pub(crate) fn new(config: &AppConfig) -> Self {
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
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::try_from(policy(config)).expect("what `origin` lets pass"),
        );
        let page = Page::new(&APP.read(), &SHARED.read()).expect("the app has a shell");
        Self(Arc::new(Inner { headers, page: RwLock::new(Arc::new(page)) }))
    }

    /// The page that names the files as they are now.
    fn page(&self) -> Result<Arc<Page>, std::io::Error> {
        let (app, shared) = (APP.read(), SHARED.read());
        let last = Arc::clone(&self.0.page.read().unwrap_or_else(PoisonError::into_inner));
        if last.etag == etag(&app, &shared) {
            return Ok(last);
        }
        let now = Arc::new(Page::new(&app, &shared)?);
        *self.0.page.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&now);
        Ok(now)
    }
}

/// The page, at an address of the app.
pub(crate) async fn page(State(shell): State<Shell>, asked: HeaderMap) -> Response {
    let page = match shell.page() {
        Ok(page) => page,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut headers = shell.0.headers.clone();
    headers.insert(ETAG, page.etag.clone());
    if is_known(&asked, &page.etag) {
        vary(&mut headers);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = page.html.body(&asked, &mut headers);
    (headers, body).into_response()
}

/// Any other address.
pub(crate) async fn nowhere(State(Shell(shell)): State<Shell>) -> Response {
    let mut headers = shell.headers.clone();
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
