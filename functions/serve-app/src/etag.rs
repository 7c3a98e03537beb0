//! The check whether a client already has an answer.

use http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

/// Whether the headers of a request contain this ETag; the comparison is weak (RFC 9110, 13.1.2).
pub(crate) fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    fn opaque(etag: &[u8]) -> &[u8] {
        let etag = etag.trim_ascii();
        etag.strip_prefix(b"W/").unwrap_or(etag)
    }
    let contains_it = |known: &HeaderValue| {
        let mut listed = known.as_bytes().split(|byte| *byte == b',');
        listed.any(|one| opaque(one) == opaque(etag.as_bytes()) || one.trim_ascii() == b"*")
    };
    request.get_all(IF_NONE_MATCH).iter().any(contains_it)
}
