//! The security headers of every answer.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Uri;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// `Strict-Transport-Security`: for a year (in seconds) a browser uses only https.
pub const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The headers of pages, whose content security policy allows images and media from the store.
#[derive(Debug, Clone)]
pub struct Headers {
    policy: HeaderValue,
}

/// The store's address is not an absolute http or https URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store's address is not an http or https URL: {0}")]
pub struct NotAnOrigin(String);

impl Headers {
    /// For a store at this URL; only the URL's origin is used.
    ///
    /// # Errors
    /// When it is not an absolute http or https URL.
    pub fn new(store_url: &str) -> Result<Self, NotAnOrigin> {
        let error = || NotAnOrigin(store_url.to_owned());
        let uri: Uri = store_url.parse().map_err(|_| error())?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(error()) };
        // A URI's host may contain `;` and `,`, which would end this part of the policy and start another.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if !matches!(scheme, "http" | "https") || !host.bytes().all(plain) {
            return Err(error());
        }
        let store = match uri.port_u16() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {store}; \
             media-src {store}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy).map_err(|_| error())?;
        Ok(Self { policy })
    }

    /// For the gate page and pages behind it: never cached, indexed or framed.
    #[must_use]
    pub fn gated_page(&self) -> HeaderMap {
        let mut headers = gated();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        );
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
        headers
    }
}

/// For JSON and redirects behind the gate: never cached or indexed.
#[must_use]
pub fn gated() -> HeaderMap {
    HeaderMap::from_iter([
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ])
}

/// Adds `Strict-Transport-Security` to answers that are sent by https. Subdomains are left out, as they may belong to
/// others.
pub async fn secure_transport(request: Request, next: Next) -> Response {
    // The gateway overwrites this header, so clients can't forge it.
    let by_https = request.headers().get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let mut response = next.run(request).await;
    if by_https {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    response
}

/// For a file whose path contains a hash of its content: cached for a year.
#[must_use]
pub fn immutable() -> HeaderMap {
    HeaderMap::from_iter([
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gated_pages_run_no_inline_script_and_are_not_kept() {
        let headers = Headers::new("http://localhost:8081/vitrine-assets?x=1").unwrap().gated_page();
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
        assert!(policy.contains("img-src 'self' data: http://localhost:8081;"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("vitrine-assets"));
        assert_eq!(headers[CACHE_CONTROL], "private, no-store");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(headers["x-robots-tag"], "noindex");
        assert!(headers.contains_key("permissions-policy"));
        assert_eq!(gated()[CACHE_CONTROL], "private, no-store");
        assert_eq!(immutable()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    }

    #[test]
    fn an_address_that_would_change_the_policy_is_refused() {
        for hostile in
            ["", "/relative", "localhost:8081", "ftp://store", "http://a;script-src *", "http://a b"]
        {
            assert!(Headers::new(hostile).is_err(), "{hostile:?}");
        }
        assert!(Headers::new("https://assets.s3.eu-west-1.amazonaws.com").is_ok());
        assert!(Headers::new("http://[::1]:9000").is_ok());
    }
}
