//! Who is asking: the link's token, the visit that the cookie names, and what else the request says of them.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use domain::gate::visit::VisitCookie;
use http::request::Parts;
use http::{HeaderMap, Method};
use web::recipient::source_ip;

use web::recipient::PathToken;

use crate::Site;

/// A request of a recipient, before the gate has judged it.
pub(crate) struct Recipient {
    /// What stands in the URL in a token's place.
    pub token: String,
    /// The visit that the cookie claims.
    pub visit: Option<VisitCookie>,
    /// Whether nothing may change by it: a HEAD.
    pub only_looks: bool,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The client's address.
    pub source_ip: String,
    places: HashMap<String, String>,
}

impl Recipient {
    /// What stands in a place of the path; empty where it does not decode, which nothing is named.
    pub fn place(&self, name: &str) -> &str {
        self.places.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<Site> for Recipient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let places: HashMap<String, String> = match RawPathParams::from_request_parts(parts, &()).await {
            Ok(places) => places.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            // A path that is not UTF-8 names nothing; the gate answers it as any unknown token.
            Err(_) => HashMap::new(),
        };
        Ok(Self {
            token: PathToken::of(parts).await.0,
            visit: site.cookie.read(&parts.headers).and_then(VisitCookie::parse),
            only_looks: parts.method == Method::HEAD,
            headers: parts.headers.clone(),
            source_ip: source_ip(&parts.extensions).to_owned(),
            places,
        })
    }
}
