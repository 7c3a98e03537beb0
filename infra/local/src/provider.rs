//! An identity provider of one's own (OpenID Connect), as API Gateway's JWT authoriser knows one: by its name. Where
//! its endpoints and keys are, it says itself
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

use crate::issuer::Refused;
use document::Client;
pub use document::Discovered;
use keys::Keys;

/// Seconds by which its clock and this one may differ.
const LEEWAY: u64 = 60;

/// What names a provider: `--oidc-issuer`, `--oidc-client-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The issuer, to the letter as its tokens have it in `iss`.
    pub issuer: String,
    /// The app's public client id there.
    pub client_id: String,
}

/// Why the provider can't be used as it was named.
#[derive(Debug, thiserror::Error)]
pub enum BadProvider {
    /// Its name is no address that can be trusted.
    #[error(
        "--oidc-issuer {0:?} is not an address like https://login.example.org (http is for this machine alone)"
    )]
    Address(String),
    /// The client id is empty.
    #[error("--oidc-client-id is empty: give the id under which Vitrine is known at the provider")]
    ClientId,
    /// What answers there is not a provider, or another one.
    #[error("--oidc-issuer {issuer} can't be used: {why}")]
    Unfit {
        /// The issuer as named.
        issuer: String,
        /// What is wrong there, in words.
        why: String,
    },
    /// The system's root certificates.
    #[error("no TLS to the sign-in provider: {0}")]
    Tls(String),
}

/// Why a token lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It does not hold.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody can say: the provider's keys are not to be had.
    #[error("the provider's keys are not to be had")]
    Unavailable,
}

/// Why a document of the provider's could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// No answer, or one that says to come again.
    #[error("it does not answer: {0}")]
    Away(String),
    /// An answer that no provider of this name gives.
    #[error("{0}")]
    Unfit(String),
}

/// The provider; cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    named: Named,
    client: Client,
    keys: Keys,
}

impl Provider {
    /// The provider of this name. Asks it nothing yet.
    pub fn new(named: Named) -> Result<Self, BadProvider> {
        if !can_be_trusted(&named.issuer) {
            return Err(BadProvider::Address(named.issuer));
        }
        if named.client_id.trim().is_empty() {
            return Err(BadProvider::ClientId);
        }
        crypto::install();
        let client = client().map_err(BadProvider::Tls)?;
        Ok(Self(Arc::new(Inner { named, client, keys: Keys::default() })))
    }

    /// What names it.
    pub fn named(&self) -> &Named {
        &self.0.named
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// When it is away, or not the provider that was named.
    pub async fn discover(&self) -> Result<Discovered, Missing> {
        document::discover(&self.0.client, &self.0.named.issuer).await
    }

    /// The claims of an ID token of this provider for the app that holds at `now`: signed with RS256 or ES256 by one
    /// of the provider's keys, whatever the token itself says of them.
    ///
    /// # Errors
    /// When it does not hold, or nobody can say.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, Denied> {
        let header = decode_header(token).map_err(|_| Refused)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(Refused.into());
        }
        let get = || async {
            let found = self.discover().await?;
            document::keys(&self.0.client, &found.jwks_uri).await
        };
        let key = self.0.keys.find(header.kid.as_deref(), header.alg, now, get).await?;
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&self.0.named.issuer]);
        rules.set_audience(&[&self.0.named.client_id]);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        let token = decode::<Map<String, Value>>(token, &key, &rules).map_err(|_| Refused)?;
        Ok(token.claims)
    }
}

/// https anywhere; http on this machine, where nobody listens in.
fn can_be_trusted(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    if uri.query().is_some() || authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    scheme == "https" || (scheme == "http" && is_here)
}

/// A client that trusts the system's roots (or those that `SSL_CERT_FILE` names), and follows no redirect: a provider
/// answers under its own name.
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
