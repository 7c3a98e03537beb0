//! The organisation's own identity provider (OpenID Connect). As for API Gateway's JWT authoriser, only its issuer URL is
//! set; the URLs of its endpoints and keys are in the configuration that it publishes
//! (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>).

mod crypto;
mod document;
mod keys;

use std::{net::IpAddr, sync::Arc};

use http::Uri;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::{Map, Value};

use crate::issuer::InvalidToken;
use document::Client;
pub use document::Discovered;
use keys::Keys;

/// How many seconds the provider's clock may differ from ours.
const LEEWAY: u64 = 60;

/// The settings of a provider: `--oidc-issuer`, `--oidc-client-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// The issuer URL, exactly as in the `iss` of its tokens.
    pub issuer: String,
    /// The app's public client id at the provider.
    pub client_id: String,
}

/// Why the provider can't be used with its settings.
#[derive(Debug, thiserror::Error)]
pub enum BadProvider {
    /// The issuer URL is not https, or not a URL.
    #[error(
        "--oidc-issuer {0:?} is not an address like https://login.example.org (http is allowed only on this machine)"
    )]
    Address(String),
    /// The client id is empty.
    #[error("--oidc-client-id is empty: give the client id of Vitrine at the provider")]
    ClientId,
    /// The answer at that address is not of an OpenID Connect provider, or of another one.
    #[error("--oidc-issuer {issuer} can't be used: {why}")]
    Unfit {
        /// The issuer URL of the settings.
        issuer: String,
        /// The reason, for the operator.
        why: String,
    },
    /// The system's root certificates can't be used.
    #[error("a TLS connection to the sign-in provider is not possible: {0}")]
    Tls(String),
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The token is not valid.
    #[error(transparent)]
    InvalidToken(#[from] InvalidToken),
    /// The token can't be checked, because the provider's keys could not be fetched.
    #[error("the provider's keys can't be fetched")]
    Unavailable,
}

/// Why a document of the provider could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no answer, or one that says to try again.
    #[error("it does not answer: {0}")]
    Unreachable(String),
    /// The answer is not that of the provider of the settings.
    #[error("{0}")]
    Unfit(String),
}

/// The provider; cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    settings: ProviderSettings,
    client: Client,
    keys: Keys,
}

impl Provider {
    /// The provider with these settings. It gets no request yet.
    ///
    /// # Errors
    /// If the settings are not valid, or TLS is not possible.
    pub fn new(settings: ProviderSettings) -> Result<Self, BadProvider> {
        if !is_secure(&settings.issuer) {
            return Err(BadProvider::Address(settings.issuer));
        }
        if settings.client_id.trim().is_empty() {
            return Err(BadProvider::ClientId);
        }
        crypto::install();
        let client = client().map_err(BadProvider::Tls)?;
        Ok(Self(Arc::new(Inner { settings, client, keys: Keys::default() })))
    }

    /// The provider's settings.
    pub fn settings(&self) -> &ProviderSettings {
        &self.0.settings
    }

    /// Fetches the provider's configuration.
    ///
    /// # Errors
    /// If the provider does not answer, or is not the one of the settings.
    pub async fn discover(&self) -> Result<Discovered, FetchError> {
        document::discover(&self.0.client, &self.0.settings.issuer).await
    }

    /// The claims of an ID token of this provider for the app that is valid at `now`. Only the algorithms RS256 and ES256
    /// are accepted, and only the provider's own keys; keys inside the token are ignored.
    ///
    /// # Errors
    /// If the token is not valid, or can't be checked.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, Denied> {
        let header = decode_header(token).map_err(|_| InvalidToken)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(InvalidToken.into());
        }
        let get = || async {
            let found = self.discover().await?;
            document::fetch_keys(&self.0.client, &found.jwks_uri).await
        };
        let key = self.0.keys.find(header.kid.as_deref(), header.alg, now, get).await?;
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&self.0.settings.issuer]);
        rules.set_audience(&[&self.0.settings.client_id]);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        let token = decode::<Map<String, Value>>(token, &key, &rules).map_err(|_| InvalidToken)?;
        Ok(token.claims)
    }
}

/// Whether a URL is https, or http on this machine, where nobody can read the traffic.
fn is_secure(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    if uri.query().is_some() || authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    scheme == "https" || (scheme == "http" && is_here)
}

/// An HTTP client that trusts the system's root certificates (or those of `SSL_CERT_FILE`). It follows no redirects, so
/// that only the provider's own host can answer.
fn client() -> Result<Client, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found.errors.first().map_or("there are none".to_owned(), ToString::to_string);
        return Err(format!("the system's root certificates can't be read ({why})"));
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    Ok(legacy::Client::builder(TokioExecutor::new()).build(connector))
}

#[cfg(test)]
mod tests;
