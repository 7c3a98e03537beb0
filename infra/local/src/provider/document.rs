//! The two documents that a provider publishes: where its endpoints are, and its keys.

use http::StatusCode;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;

use super::{Missing, can_be_trusted};

/// The largest document read, in bytes; Google's are 2 KB, Microsoft's keys 14.
const LARGEST: usize = 512 * 1024;

/// The most keys that a provider may have.
const MOST_KEYS: usize = 100;

/// What Vitrine needs of a provider's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pub(super) jwks_uri: String,
    end_session_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl Discovered {
    /// The addresses that the app asks in the background.
    pub fn asked_by_the_app(&self) -> Vec<String> {
        vec![self.token_endpoint.clone()]
    }
}

/// Reads a provider's description of itself, and holds it against the name under which it was asked for.
pub(super) async fn discover(client: &Client, issuer: &str) -> Result<Discovered, Missing> {
    // Some issuers' names end in a slash, which belongs to the name and not to the address.
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found: Discovered = serde_json::from_slice(&read(client, &url).await?)
        .map_err(|e| Missing::Unfit(format!("{url} does not describe an OpenID Connect provider ({e})")))?;
    if found.issuer != issuer {
        let theirs = &found.issuer;
        return Err(Missing::Unfit(format!(
            "the provider calls itself {theirs:?}; name it so, to the letter"
        )));
    }
    let endpoints = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
    if let Some(open) = endpoints
        .into_iter()
        .chain(&found.end_session_endpoint)
        .find(|url| !can_be_trusted(url_without_query(url)))
    {
        return Err(Missing::Unfit(format!("its endpoint {open:?} is not reached by https")));
    }
    let methods = found.code_challenge_methods_supported.as_ref();
    if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(Missing::Unfit("it does not offer PKCE (S256), which Vitrine signs in by".to_owned()));
    }
    Ok(found)
}

fn url_without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Reads a provider's keys (RFC 7517): those that sign with RS256 or ES256. Others are passed over.
pub(super) async fn keys(client: &Client, url: &str) -> Result<Vec<Jwk>, Missing> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(&read(client, url).await?)
        .map_err(|e| Missing::Unfit(format!("{url} is no set of keys ({e})")))?;
    let keys = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok());
    Ok(keys.filter(signs).collect())
}

fn signs(key: &Jwk) -> bool {
    let for_signatures = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let fits = match &key.algorithm {
        AlgorithmParameters::RSA(_) => true,
        AlgorithmParameters::EllipticCurve(curve) => curve.curve == EllipticCurve::P256,
        _ => false,
    };
    for_signatures && fits
}

async fn read(client: &Client, url: &str) -> Result<Vec<u8>, Missing> {
    let away = |e: reqwest::Error| Missing::Away(with_causes(&e.without_url()));
    let mut answer = client.get(url).send().await.map_err(away)?;
    match answer.status() {
        StatusCode::OK => {}
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(Missing::Away(format!("it answers {status}")));
        }
        status => return Err(Missing::Unfit(format!("{url} answers {status}"))),
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Missing::Unfit(format!("{url} is larger than a provider's documents are")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error with its causes, in which reqwest says why.
fn with_causes(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}
