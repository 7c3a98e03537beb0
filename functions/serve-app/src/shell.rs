//! The app's HTML page, the same at every address of the app.

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

/// The page with the hashes of one state of the files.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) html: KeptText,
    pub(crate) etag: HeaderValue,
}

impl Page {
    /// Fills in the hashes and the list of modules.
    ///
    /// # Errors
    /// If the app's folder, which a debug build reads, has no shell.html.
    pub(crate) fn new(app: &StaticSet, shared: &StaticSet) -> Result<Self, std::io::Error> {
        let no_shell = || std::io::Error::other("functions/serve-app/app/shell.html can't be read");
        let shell = app.find(SHELL).ok_or_else(no_shell)?;
        let shell = std::str::from_utf8(&shell.bytes).map_err(|_| no_shell())?;
        let folder = format!("/app/{}", app.hash());
        // Preloads make the browser request all modules at once, not one import after the other.
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

/// A weak tag, because it is the same for the gzip and the plain form of the page.
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
            // With `same-origin` the sign-in window could not close itself.
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
            HeaderValue::try_from(policy(config)).expect("`origin` returns only characters of a header"),
        );
        let page = Page::new(&APP.read(), &SHARED.read()).expect("the app has a shell");
        Self(Arc::new(Inner { headers, page: RwLock::new(Arc::new(page)) }))
    }

    /// The page with the hashes of the current files.
    fn current_page(&self) -> Result<Arc<Page>, std::io::Error> {
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

/// Serves the page at an address of the app.
pub(crate) async fn serve_page(State(shell): State<Shell>, request: HeaderMap) -> Response {
    let page = match shell.current_page() {
        Ok(page) => page,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut headers = shell.0.headers.clone();
    headers.insert(ETAG, page.etag.clone());
    if is_known(&request, &page.etag) {
        vary(&mut headers);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = page.html.body(&request, &mut headers);
    (headers, body).into_response()
}

/// Serves every address that the app does not have.
pub(crate) async fn serve_not_found(State(Shell(shell)): State<Shell>) -> Response {
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

/// The content security policy: the site's own files, images of the store, and requests to the site and the issuer.
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

/// The origin of an http or https URL; none for any other text, so that it adds nothing to the policy.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    // A URI's host may contain `;` and `,`, which would end this part of the policy.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_plain = authority.as_str().bytes().all(plain) && matches!(scheme, "http" | "https");
    is_plain.then(|| format!("{scheme}://{authority}"))
}
