//! Fetches the two documents that a provider publishes: its configuration and its keys.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::{FetchError, is_secure};

/// The HTTP client for requests to the provider.
pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// How long the provider may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest size of a document in bytes. Google's have 2 KB, and Microsoft's keys have 14 KB.
const LARGEST: usize = 512 * 1024;

/// How many of a provider's keys are used.
const MOST_KEYS: usize = 100;

/// The parts of a provider's configuration that Vitrine needs.
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
    /// The endpoints to which the app sends requests by script, and which its content security policy must allow.
    pub fn endpoints_of_the_app(&self) -> Vec<String> {
        vec![self.token_endpoint.clone()]
    }
}

/// Fetches a provider's configuration, and checks that its issuer is the one of the settings.
pub(super) async fn discover(client: &Client, issuer: &str) -> Result<Discovered, FetchError> {
    // Some issuers end in a slash, which is not part of the address.
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found: Discovered = serde_json::from_slice(&fetch(client, &url).await?).map_err(|e| {
        FetchError::Unfit(format!("{url} is not the configuration of an OpenID Connect provider ({e})"))
    })?;
    if found.issuer != issuer {
        let theirs = &found.issuer;
        return Err(FetchError::Unfit(format!(
            "the provider's own issuer is {theirs:?}; give exactly that to --oidc-issuer"
        )));
    }
    let endpoints = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
    if let Some(open) = endpoints
        .into_iter()
        .chain(&found.end_session_endpoint)
        .find(|url| !is_secure(url_without_query(url)))
    {
        return Err(FetchError::Unfit(format!("its endpoint {open:?} is not https")));
    }
    let methods = found.code_challenge_methods_supported.as_ref();
    if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(FetchError::Unfit(
            "it does not offer PKCE (S256), which Vitrine needs to sign in".to_owned(),
        ));
    }
    Ok(found)
}

fn url_without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Fetches a provider's keys (RFC 7517) for RS256 and ES256. Other keys are ignored.
pub(super) async fn fetch_keys(client: &Client, url: &str) -> Result<Vec<Jwk>, FetchError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(&fetch(client, url).await?)
        .map_err(|e| FetchError::Unfit(format!("{url} is not a set of keys ({e})")))?;
    let keys = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok());
    Ok(keys.filter(can_sign).collect())
}

fn can_sign(key: &Jwk) -> bool {
    let for_signatures = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let fits = match &key.algorithm {
        AlgorithmParameters::RSA(_) => true,
        AlgorithmParameters::EllipticCurve(curve) => curve.curve == EllipticCurve::P256,
        _ => false,
    };
    for_signatures && fits
}

async fn fetch(client: &Client, url: &str) -> Result<Bytes, FetchError> {
    let unfit = |why: String| FetchError::Unfit(format!("{url} {why}"));
    let uri = url.parse::<Uri>().map_err(|e| unfit(format!("is not a valid URL ({e})")))?;
    let reading = async {
        let answer = client.get(uri).await.map_err(|e| FetchError::Unreachable(with_causes(&e)))?;
        match answer.status() {
            StatusCode::OK => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(FetchError::Unreachable(format!("it answers {status}")));
            }
            status => return Err(unfit(format!("answers {status}"))),
        }
        match Limited::new(answer.into_body(), LARGEST).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(e) if e.is::<LengthLimitError>() => Err(unfit(format!("is larger than {LARGEST} bytes"))),
            Err(e) => Err(FetchError::Unreachable(with_causes(&*e))),
        }
    };
    let late = |_| FetchError::Unreachable(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()));
    tokio::time::timeout(ANSWER_TIMEOUT, reading).await.map_err(late)?
}

/// The error with its causes, which have the reason.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}
