//! A recipient's request: the link's token, the visit that the cookie names, and what else it says of who sent it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use aws::Cloud;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, RawPathParams, State};
use axum::response::Response;
use domain::gate::Refusal;
use domain::visit::{Holder, VisitCookie};
use http::request::Parts;
use http::{HeaderMap, Method};
use web::delivery::with_delivery;
use web::headers::{Headers, NotAnOrigin};
use web::problem::Problem;
use web::recipient::{path_token, refuse, source_ip};
use web::visit_cookie::CookieWriter;

/// What the endpoints of recipients share.
#[derive(Clone)]
pub struct Site {
    /// The stores.
    pub cloud: Cloud,
    /// The headers of pages.
    pub headers: Arc<Headers>,
    /// The cookie of a visit.
    pub visit_cookie: CookieWriter,
    /// The cookie of a browser that holds a link's gate page.
    pub holder_cookie: CookieWriter,
}

impl Site {
    /// The site of these stores.
    ///
    /// # Errors
    /// When the store's address is unusable in a content security policy.
    pub fn new(cloud: &Cloud) -> Result<Self, NotAnOrigin> {
        let url = &cloud.settings().site_url;
        Ok(Self {
            cloud: cloud.clone(),
            headers: Arc::new(Headers::new(&cloud.store_origin())?),
            visit_cookie: CookieWriter::of_visit(url),
            holder_cookie: CookieWriter::of_holder(url),
        })
    }
}

/// A router for recipients: an address that is none, such as that of a token with a slash in it, is answered as any
/// token that opens nothing; another method than the address takes is told in the words of `wrong_method`; no body of
/// more than `max_body` bytes is read.
pub fn for_recipients(
    routes: Router<Site>,
    max_body: usize,
    wrong_method: &'static str,
    site: Site,
) -> Router {
    let router = routes
        .fallback(nowhere)
        .method_not_allowed_fallback(move || async move { Problem::method_not_allowed(wrong_method) })
        .layer(DefaultBodyLimit::max(max_body));
    with_delivery(router).with_state(site)
}

async fn nowhere(State(site): State<Site>, headers: HeaderMap) -> Response {
    refuse(&Refusal::NotFound, "", &headers, &site.headers)
}

/// A request of a recipient, before the gate has judged it.
#[derive(Debug)]
pub struct Recipient {
    /// What the URL has in a token's place, whatever it is.
    pub token: String,
    /// The visit that the cookie claims.
    pub visit: Option<VisitCookie>,
    /// The browser that sent it, if it holds a gate page of the link.
    pub holder: Option<Holder>,
    /// Whether nothing may change by it: a HEAD.
    pub only_looks: bool,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The client's address.
    pub source_ip: String,
    path: HashMap<String, String>,
}

impl Recipient {
    /// A parameter of the path; empty where it is not UTF-8, since no resource has an empty name.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<Site> for Recipient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let path: HashMap<String, String> = match RawPathParams::from_request_parts(parts, &()).await {
            Ok(path) => path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            // A path that is not UTF-8 names nothing; the gate answers it as any unknown token.
            Err(_) => HashMap::new(),
        };
        Ok(Self {
            token: path_token(parts, path.get("token").map_or("", String::as_str)),
            visit: site.visit_cookie.read(&parts.headers).and_then(VisitCookie::parse),
            holder: site.holder_cookie.read(&parts.headers).and_then(Holder::parse),
            only_looks: parts.method == Method::HEAD,
            headers: parts.headers.clone(),
            source_ip: source_ip(&parts.extensions).to_owned(),
            path,
        })
    }
}
