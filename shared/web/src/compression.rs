//! gzip for texts, done by the functions themselves: an HTTP API does not compress, and CloudFront serves only the app.
//!
//! A landing page that shows a hundred assets has 300 KB, and 20 KB after gzip (844 and 27 with a session token in each
//! URL, as on AWS); the rest is mostly random ids and signatures. Brotli would save about 3 KB more, but its encoder
//! and dictionary would enlarge every function's zip. Static files are compressed once, at the first request. The gate
//! page and answers to a search (`q`) without a bearer token are never compressed: their length would help an attacker
//! guess a secret in them (BREACH).

use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method};

use crate::problem::Problem;

/// Texts of fewer bytes are sent uncompressed: they fit in one network packet anyway.
pub const LEAST: usize = 1024;
/// Compression level for an answer to one request: little CPU time.
const ONCE: Compression = Compression::new(4);
/// Compression level for a text that is kept and sent many times.
const KEPT: Compression = Compression::best();

/// Marks an answer that must not be compressed, because it contains a secret and text that the request chooses: from
/// the length of many such answers an attacker could guess the secret (BREACH).
#[derive(Debug, Clone, Copy)]
pub struct NeverCompressed;

/// Compresses a router's text answers for clients that accept gzip.
///
/// Not compressed: answers marked [`NeverCompressed`], answers to methods other than `GET` and `HEAD`, and answers to a
/// search (`q`) without a bearer token. A bearer token makes a search safe, because another site can't make a browser
/// send one.
pub async fn compress(request: Request, next: Next) -> Response {
    let read_only = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_open_search = has_search(request.uri().query()) && !request.headers().contains_key(AUTHORIZATION);
    let takes_gzip = accepts_gzip(request.headers());
    let response = next.run(request).await;
    let length = response.body().size_hint().exact().unwrap_or(0);
    let is_left_plain = !read_only
        || is_open_search
        || response.extensions().get::<NeverCompressed>().is_some()
        || response.headers().contains_key(CONTENT_ENCODING)
        || !is_text(response.headers())
        || length < LEAST as u64;
    if is_left_plain {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    vary(&mut parts.headers);
    if !takes_gzip {
        return Response::from_parts(parts, body);
    }
    // The body is in memory already, since its length is known.
    let plain = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(plain) => plain,
        Err(error) => return axum::response::IntoResponse::into_response(Problem::internal(&error)),
    };
    let body = match gzip(&plain, ONCE) {
        Some(compressed) => {
            mark_gzip(&mut parts.headers);
            compressed
        }
        None => plain,
    };
    Response::from_parts(parts, Body::from(body))
}

/// A text that is sent many times. It is compressed for the first client that accepts gzip, then kept in both forms.
#[derive(Debug)]
pub struct KeptText {
    plain: Bytes,
    gzip: OnceLock<Option<Bytes>>,
}

impl KeptText {
    /// Keeps a text.
    #[must_use]
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: plain.into(), gzip: OnceLock::new() }
    }

    /// The body for a request with the headers `request`; adds the encoding to the headers `answer`, which must contain
    /// the content type already.
    pub fn body(&self, request: &HeaderMap, answer: &mut HeaderMap) -> Bytes {
        if self.plain.len() < LEAST || !is_text(answer) {
            return self.plain.clone();
        }
        vary(answer);
        if accepts_gzip(request)
            && let Some(compressed) = self.gzip.get_or_init(|| gzip(&self.plain, KEPT))
        {
            mark_gzip(answer);
            return compressed.clone();
        }
        self.plain.clone()
    }
}

fn mark_gzip(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
}

/// Tells caches to keep the gzip and the plain form apart.
pub fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
}

/// The compressed text, or none if that saves less than a quarter: Lambda sends binary bodies as base64, four bytes for
/// three.
fn gzip(plain: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), level);
    // Writing to memory can't fail; if it did, the plain text would still be a correct answer.
    encoder.write_all(plain).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < plain.len() / 4 * 3).then(|| compressed.into())
}

/// Whether a body of this type is text worth compressing.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/")
        || kind == "application/json"
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

fn has_search(query: Option<&str>) -> bool {
    // A name may be escaped: `%71` is a `q` as well.
    let name = |pair: &str| {
        percent_encoding::percent_decode_str(pair.split('=').next().unwrap_or_default()).collect::<Vec<u8>>()
    };
    query.unwrap_or_default().split('&').any(|pair| name(pair) == b"q")
}

/// Whether the client accepts gzip with at least the weight of the plain text (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut plain) = (None, None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for coding in values.flat_map(|value| value.split(',')) {
        let mut words = coding.split(';').map(str::trim);
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let weight = words.find_map(|word| word.strip_prefix("q=").or(word.strip_prefix("Q=")));
        // An unreadable weight counts as 0, which means "not acceptable".
        let weight = weight.map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
        match name.as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => any = Some(weight),
            "identity" => plain = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= plain.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn gzip_is_used_only_if_the_client_accepts_it() {
        for (values, accepted) in [
            (&["gzip"][..], true),
            (&["gzip, deflate, br, zstd"], true),
            (&["br", "GZIP;q=0.5"], true),
            (&["x-gzip"], true),
            (&["*"], true),
            (&["br;q=1, *;q=0.1"], true),
            (&["identity;q=0.5, gzip;q=0.5"], true),
            (&["identity;q=0, gzip;q=0.001"], true),
            (&[], false),
            (&[""], false),
            (&["br"], false),
            (&["identity"], false),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000, *"], false),
            (&["gzip;q=0.2, identity"], false),
            (&["gzip;q=x"], false),
            (&["gzipped"], false),
        ] {
            assert_eq!(accepts_gzip(&accepting(values)), accepted, "{values:?}");
        }
    }

    #[test]
    fn a_search_is_found_in_every_spelling() {
        for query in ["q=a", "view=list&q=", "q", "%71=a", "a=b&%71"] {
            assert!(has_search(Some(query)), "{query}");
        }
        for query in [None, Some(""), Some("view=q"), Some("qq=1&cursor=q")] {
            assert!(!has_search(query), "{query:?}");
        }
    }

    #[test]
    fn a_kept_text_is_compressed_once_and_only_if_that_saves_bytes() {
        let headers = |kind| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let text = KeptText::new("a { color: red }\n".repeat(200));
        let mut css = headers("text/css; charset=utf-8");
        let once = text.body(&accepting(&["gzip"]), &mut css);
        assert_eq!(
            (&css[CONTENT_ENCODING], &css[VARY]),
            (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        assert!(once.len() < 200);
        let again = text.body(&accepting(&["gzip"]), &mut headers("text/css"));
        assert_eq!(once.as_ptr(), again.as_ptr(), "the very same bytes");
        let mut plain = headers("text/css");
        assert_eq!(text.body(&accepting(&[]), &mut plain).len(), 3_400);
        assert!(plain.contains_key(VARY) && !plain.contains_key(CONTENT_ENCODING));
        for (kept, kind) in [(&KeptText::new("short"), "text/css"), (&text, "image/png")] {
            let mut headers = headers(kind);
            kept.body(&accepting(&["gzip"]), &mut headers);
            assert_eq!(headers.len(), 1, "{kind}");
        }
    }
}
