//! Who may sign in: the sample users of a site that is for this machine alone, or whom a provider of one's own knows.

use std::time::Duration;

use axum::Router;
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::issuer::{CLIENT_ID, Issuer, Refused};
use crate::provider::{Denied, Discovered, Missing, Provider};

/// The longest pause before a provider that was away is asked again.
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
    /// The claims of the request's bearer token, as its issuer has them.
    ///
    /// # Errors
    /// When there is no token that holds, or nobody can say.
    pub async fn claims(&self, headers: &HeaderMap, now: Timestamp) -> Result<Map<String, Value>, Denied> {
        let token = bearer(headers).ok_or(Refused)?;
        match self {
            Self::Samples(issuer) => Ok(issuer.verify(token, now)?),
            Self::Provider(provider) => provider.verify(token, now).await,
        }
    }

    /// The routes below `/auth`; a provider has its own at its own address.
    pub fn router(&self) -> Option<Router> {
        match self {
            Self::Samples(issuer) => Some(issuer.router()),
            Self::Provider(_) => None,
        }
    }

    /// The app where users sign in here; `store_origin` is where its pictures come from. `found` is what a provider
    /// says of itself, once it has.
    pub fn app(&self, store_origin: String, found: Option<&Discovered>) -> Router {
        let (issuer, client_id, issuer_origins) = match self {
            Self::Samples(issuer) => (issuer.url(), CLIENT_ID.to_owned(), Vec::new()),
            Self::Provider(provider) => {
                let named = provider.named().clone();
                (named.issuer, named.client_id, found.map(Discovered::asked_by_the_app).unwrap_or_default())
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

/// Asks a provider that was away again and again, until it says what it is.
pub async fn wait_for(provider: &Provider) -> Discovered {
    let mut pause = Duration::from_secs(1);
    loop {
        tokio::time::sleep(pause).await;
        match provider.discover().await {
            Ok(found) => {
                tracing::warn!(issuer = provider.named().issuer, "the sign-in provider answers now");
                return found;
            }
            Err(Missing::Away(why)) => tracing::debug!(why, "the sign-in provider is still away"),
            // It may be starting, or stand behind a proxy that is.
            Err(Missing::Unfit(why)) => tracing::warn!(why, "the sign-in provider can't be used yet"),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
