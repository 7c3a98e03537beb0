//! The cookies of recipients: random secrets, each for one link. One is for the visit, the other (`holder`) for the
//! gate page before it.

use std::time::Duration;

use http::header::{COOKIE, HeaderMap, HeaderValue};

/// Writes and reads one kind of cookie. Its name begins with `__Secure-` on https only, because browsers refuse that
/// prefix on plain http.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieWriter {
    https: bool,
    names: (&'static str, &'static str),
}

/// A token or secret that can't be part of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cookie's token and secret are letters, digits, `-` and `_`")]
pub struct NotCookieText;

impl CookieWriter {
    /// The cookie of a visit (`__Secure-visit`, `visit`), for a site at this address.
    #[must_use]
    pub fn of_visit(site_url: &str) -> Self {
        Self::new(site_url, ("__Secure-visit", "visit"))
    }

    /// The cookie of a browser that has a link's gate page (`__Secure-holder`, `holder`), for a site at this address.
    #[must_use]
    pub fn of_holder(site_url: &str) -> Self {
        Self::new(site_url, ("__Secure-holder", "holder"))
    }

    fn new(site_url: &str, names: (&'static str, &'static str)) -> Self {
        let https = site_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        Self { https, names }
    }

    /// Its name, with or without `__Secure-`.
    #[must_use]
    pub fn name(self) -> &'static str {
        if self.https { self.names.0 } else { self.names.1 }
    }

    /// The value of a `Set-Cookie` header for the path `/s/{token}`; it expires after `max_age`, in whole seconds.
    ///
    /// # Errors
    /// When token or secret is anything but letters, digits, `-` and `_`.
    pub fn set(self, token: &str, secret: &str, max_age: Duration) -> Result<HeaderValue, NotCookieText> {
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !plain(token) || !plain(secret) {
            return Err(NotCookieText);
        }
        let secure = if self.https { "; Secure" } else { "" };
        let text = format!(
            "{}={secret}; Path=/s/{token}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            self.name(),
            max_age.as_secs()
        );
        HeaderValue::from_str(&text).map_err(|_| NotCookieText)
    }

    /// The secret in a request's cookie, if any. The first of several counts, because browsers send the one with the
    /// longest path first.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| name.trim() == self.name())
            .map(|(_, secret)| secret.trim())
            .filter(|secret| !secret.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_A_DAY: Duration = Duration::from_secs(43_200);

    #[test]
    fn the_cookie_is_sent_to_one_link_and_hidden_from_scripts() {
        let cookie = CookieWriter::of_visit("https://vitrine.example");
        assert_eq!(
            cookie.set("abcABC123", "5ec7e7", HALF_A_DAY).unwrap(),
            "__Secure-visit=5ec7e7; Path=/s/abcABC123; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"
        );
        let local = CookieWriter::of_visit("http://localhost:8080");
        assert_eq!(
            local.set("abc", "5ec7e7", HALF_A_DAY).unwrap(),
            "visit=5ec7e7; Path=/s/abc; Max-Age=43200; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn the_gate_page_and_the_visit_have_different_cookies() {
        let cookies =
            |url| [CookieWriter::of_visit(url), CookieWriter::of_holder(url)].map(CookieWriter::name);
        assert_eq!(cookies("https://vitrine.example"), ["__Secure-visit", "__Secure-holder"]);
        assert_eq!(cookies("http://localhost:8080"), ["visit", "holder"]);
    }

    #[test]
    fn a_hostile_text_is_refused_in_a_cookie() {
        let cookie = CookieWriter::of_visit("https://vitrine.example");
        for hostile in ["", "a; Path=/", "a\r\nX: y", "a b", "ü", "a,b", "a/../b"] {
            assert_eq!(cookie.set(hostile, "ok", HALF_A_DAY), Err(NotCookieText), "{hostile:?}");
            assert_eq!(cookie.set("ok", hostile, HALF_A_DAY), Err(NotCookieText), "{hostile:?}");
        }
    }

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        let cookie = CookieWriter::of_visit("https://vitrine.example");
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(COOKIE, HeaderValue::from_static(value));
            }
            cookie.read(&headers).map(str::to_owned)
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["a=b; __Secure-visit=5ec7; c=d"]).as_deref(), Some("5ec7"));
        assert_eq!(read(&["a=b", "__Secure-visit=5ec7"]).as_deref(), Some("5ec7"));
        assert_eq!(read(&["visit=5ec7", "x__Secure-visit=1; __Secure-visit="]), None);
        assert_eq!(read(&["__Secure-visit=1; __Secure-visit=2"]).as_deref(), Some("1"));
    }
}
