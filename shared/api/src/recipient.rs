//! A recipient's request: the link's token, the cookies, and the client's address.

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
    /// The site with these stores.
    ///
    /// # Errors
    /// When the store's address can't be used in a content security policy.
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

/// Completes a router for recipients. An unknown address, such as a token with a slash in it, is answered like an
/// unknown token; a wrong method gets the message `wrong_method`; a body of more than `max_body` bytes is refused.
pub fn for_recipients(
    routes: Router<Site>,
    max_body: usize,
    wrong_method: &'static str,
    site: Site,
) -> Router {
    let router = routes
        .fallback(refuse_unknown)
        .method_not_allowed_fallback(move || async move { Problem::method_not_allowed(wrong_method) })
        .layer(DefaultBodyLimit::max(max_body));
    with_delivery(router).with_state(site)
}

async fn refuse_unknown(State(site): State<Site>, headers: HeaderMap) -> Response {
    refuse(&Refusal::NotFound, "", &headers, &site.headers)
}

/// A request of a recipient, before the gate has judged it.
#[derive(Debug)]
pub struct Recipient {
    /// The token in the URL, which may be malformed.
    pub token: String,
    /// The visit's cookie.
    pub visit: Option<VisitCookie>,
    /// The cookie of a browser that has a gate page of the link.
    pub holder: Option<Holder>,
    /// Whether the request must change nothing, as HEAD.
    pub only_looks: bool,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The client's IP address.
    pub source_ip: String,
    path: HashMap<String, String>,
}

impl Recipient {
    /// A parameter of the path; empty if it is not UTF-8, because no resource has an empty name.
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
            // A path that is not UTF-8 is answered like an unknown token.
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
