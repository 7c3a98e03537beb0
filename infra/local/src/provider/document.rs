//! The two documents that a provider publishes: where its endpoints are, and its keys.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::{Missing, can_be_trusted};

/// A client of the provider's.
pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// How long the provider may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

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

async fn read(client: &Client, url: &str) -> Result<Bytes, Missing> {
    let unfit = |why: &dyn std::fmt::Display| Missing::Unfit(format!("{url}: {why}"));
    let uri = url.parse().map_err(|e| unfit(&e))?;
    let reading = async {
        let answer = client.get(uri).await.map_err(|e| Missing::Away(with_causes(&e)))?;
        match answer.status() {
            StatusCode::OK => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Missing::Away(format!("it answers {status}")));
            }
            status => return Err(unfit(&format!("answers {status}"))),
        }
        match Limited::new(answer.into_body(), LARGEST).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(e) if e.is::<LengthLimitError>() => Err(unfit(&"is larger than a provider's documents are")),
            Err(e) => Err(Missing::Away(with_causes(&*e))),
        }
    };
    let late = |_| Missing::Away(format!("no answer within {} s", ANSWERS_WITHIN.as_secs()));
    tokio::time::timeout(ANSWERS_WITHIN, reading).await.map_err(late)?
}

/// The error with its causes, which say why.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}
