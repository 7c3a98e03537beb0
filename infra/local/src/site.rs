//! The site's own address, and the host names to which it answers.

use http::uri::Authority;

/// The address of the site.
#[derive(Debug, Clone)]
pub struct Site {
    origin: String,
    authority: Authority,
    port: u16,
    proxies: usize,
}

/// A `--public-url` that is not `scheme://host[:port]`.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an address like https://share.example.org")]
pub struct BadPublicUrl(String);

impl Site {
    /// The site on `port` of this machine.
    pub fn on_port(port: u16) -> Self {
        let authority = format!("localhost:{port}");
        Self {
            origin: format!("http://{authority}"),
            authority: authority.parse().expect("a name and a number are an authority"),
            port,
            proxies: 0,
        }
    }

    /// The site on `port` of this machine, which people reach as `url` through that number of reverse proxies.
    ///
    /// # Errors
    /// If `url` is not `http(s)://host[:port]`.
    pub fn behind(url: &str, port: u16, proxies: usize) -> Result<Self, BadPublicUrl> {
        let origin = url.trim_end_matches('/');
        let parsed = origin.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme));
        match parsed.and_then(|(_, rest)| rest.parse::<Authority>().ok()) {
            Some(authority) if !authority.as_str().contains('@') => {
                Ok(Self { origin: origin.to_owned(), authority, port, proxies })
            }
            _ => Err(BadPublicUrl(url.to_owned())),
        }
    }

    /// `scheme://host[:port]`, without a slash at its end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        self.origin.split_once("://").map_or("http", |(scheme, _)| scheme)
    }

    /// Its host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// How many reverse proxies a request passes. Each adds its client's address to `X-Forwarded-For`.
    pub fn proxies(&self) -> usize {
        self.proxies
    }

    /// Whether people reach the site through a reverse proxy.
    pub fn behind_proxy(&self) -> bool {
        self.proxies > 0
    }

    /// Whether a `Host` header names this site. Other names are refused, because an attacker's page whose name points to
    /// 127.0.0.1 could otherwise sign in as a sample user.
    pub fn answers_to(&self, host: &str) -> bool {
        let Ok(host) = host.parse::<Authority>() else { return false };
        let loopback =
            ["localhost", "127.0.0.1", "[::1]"].iter().any(|l| l.eq_ignore_ascii_case(host.host()));
        loopback || host.host().eq_ignore_ascii_case(self.authority.host())
    }

    /// Whether `url` is on the site itself, to which alone people are redirected after signing in.
    pub fn owns(&self, url: &str) -> bool {
        let port = self.port;
        [self.origin.clone(), format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")]
            .iter()
            .any(|own| {
                url.strip_prefix(own.as_str()).is_some_and(|rest| {
                    (rest.is_empty() || rest.starts_with('/'))
                        && !rest.contains(['\\', '#', '\r', '\n', '\t'])
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_its_own_origin_are_on_the_site() {
        let site = Site::behind("https://share.example.org/", 8080, 1).unwrap();
        for own in
            ["https://share.example.org/", "https://share.example.org/a?b=c", "http://localhost:8080/x"]
        {
            assert!(site.owns(own), "{own}");
        }
        for other in [
            "https://share.example.org.evil.test/",
            "https://share.example.org@evil.test/",
            "https://share.example.org:444/",
            "http://share.example.org/",
            "http://localhost:80801/",
            "//share.example.org/",
            "/x",
            "javascript:alert(1)",
        ] {
            assert!(!site.owns(other), "{other}");
        }
    }

    #[test]
    fn the_site_answers_only_to_its_own_names() {
        let site = Site::behind("https://share.example.org", 8080, 1).unwrap();
        for own in
            ["localhost:8080", "127.0.0.1:9", "[::1]:8080", "share.example.org", "Share.Example.org:443"]
        {
            assert!(site.answers_to(own), "{own}");
        }
        for other in ["evil.test", "localhost.evil.test", "", "a b", "share.example.org.evil.test"] {
            assert!(!site.answers_to(other), "{other}");
        }
    }

    #[test]
    fn a_public_url_must_be_an_origin() {
        for bad in ["share.example.org", "ftp://x", "https://", "https://a/b", "https://a@b"] {
            assert!(Site::behind(bad, 1, 1).is_err(), "{bad}");
        }
    }
}
