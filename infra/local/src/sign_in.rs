//! Decides who may sign in: the sample users if the site is only for this machine, otherwise the users of the organisation's
//! identity provider.

use std::time::Duration;

use axum::Router;
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::issuer::{CLIENT_ID, InvalidToken, Issuer};
use crate::provider::{Denied, Discovered, FetchError, Provider};

/// The longest pause between two requests to a provider that does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where users sign in; cheap to clone.
#[derive(Clone)]
pub enum SignIn {
    /// The sample users, at the site's own issuer, which asks for no password.
    Samples(Issuer),
    /// The organisation's users, at its identity provider.
    Provider(Provider),
}

impl SignIn {
    /// The claims of the request's bearer token.
    ///
    /// # Errors
    /// If there is no valid token, or it can't be checked.
    pub async fn claims(&self, headers: &HeaderMap, now: Timestamp) -> Result<Map<String, Value>, Denied> {
        let token = bearer(headers).ok_or(InvalidToken)?;
        match self {
            Self::Samples(issuer) => Ok(issuer.verify(token, now)?),
            Self::Provider(provider) => provider.verify(token, now).await,
        }
    }

    /// The routes below `/auth`; `None` for a provider, which has its own address.
    pub fn router(&self) -> Option<Router> {
        match self {
            Self::Samples(issuer) => Some(issuer.router()),
            Self::Provider(_) => None,
        }
    }

    /// The router of the users' app; `store_origin` is the origin of its pictures. `found` is the provider's configuration,
    /// if it was fetched already.
    pub fn app(&self, store_origin: String, found: Option<&Discovered>) -> Router {
        let (issuer, client_id, issuer_origins) = match self {
            Self::Samples(issuer) => (issuer.url(), CLIENT_ID.to_owned(), Vec::new()),
            Self::Provider(provider) => {
                let settings = provider.settings().clone();
                let origins = found.map(Discovered::endpoints_of_the_app).unwrap_or_default();
                (settings.issuer, settings.client_id, origins)
            }
        };
        serve_app::router(serve_app::AppConfig {
            issuer,
            client_id,
            issuer_origins,
            sign_out_url: None,
            store_origin,
        })
    }
}

/// Fetches the configuration of a provider that did not answer, again and again until it succeeds.
pub async fn wait_for_provider(provider: &Provider) -> Discovered {
    let mut pause = Duration::from_secs(1);
    loop {
        tokio::time::sleep(pause).await;
        match provider.discover().await {
            Ok(found) => {
                tracing::warn!(issuer = provider.settings().issuer, "the sign-in provider answers now");
                return found;
            }
            Err(FetchError::Unreachable(why)) => {
                tracing::debug!(why, "the sign-in provider still does not answer");
            }
            // The provider, or a proxy before it, may be starting.
            Err(FetchError::Unfit(why)) => tracing::warn!(why, "the sign-in provider can't be used yet"),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
