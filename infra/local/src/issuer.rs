//! The local sign-in: an OpenID Connect issuer for a handful of sample users, so that the web app
//! and the authoriser follow the same path here as with Cognito. It asks for no password:
//! whoever reaches this machine's loopback may be any of them.

mod endpoints;
mod grants;
mod page;
mod token;
mod users;

use std::sync::Arc;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::site::Site;
use grants::Grants;
use token::Key;
pub use token::Refused;
pub use users::{SAMPLE_USERS, SampleUser};

/// The client id of the web app, the one client there is.
pub const CLIENT_ID: &str = "vitrine-web";

/// How long a token holds.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// The issuer; cheap to clone.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    site: Site,
    key: Key,
    grants: Grants,
}

impl Issuer {
    /// The issuer of `site`, signing with the key that `seed` gives.
    pub fn new(site: Site, seed: [u8; 32]) -> Self {
        Self(Arc::new(Inner { site, key: Key::from_seed(seed), grants: Grants::default() }))
    }

    /// The issuer's name, as in `iss`.
    pub fn url(&self) -> String {
        format!("{}/auth", self.0.site.origin())
    }

    /// The routes, to be nested at `/auth`.
    pub fn router(&self) -> Router {
        endpoints::router(self.clone())
    }

    /// An access token for `user`, shaped like Cognito's, with name and email besides.
    pub fn access_token(&self, user: &SampleUser, now: Timestamp) -> String {
        let mut claims = self.claims(user, now);
        claims.insert("token_use".to_owned(), json!("access"));
        claims.insert("client_id".to_owned(), json!(CLIENT_ID));
        claims.insert("scope".to_owned(), json!("openid email profile"));
        claims.insert("jti".to_owned(), json!(grants::secret()));
        self.0.key.sign(&claims)
    }

    /// The id token that goes with it.
    fn id_token(&self, user: &SampleUser, nonce: Option<&str>, now: Timestamp) -> String {
        let mut claims = self.claims(user, now);
        claims.insert("token_use".to_owned(), json!("id"));
        claims.insert("aud".to_owned(), json!(CLIENT_ID));
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        self.0.key.sign(&claims)
    }

    /// The claims of a token of this issuer for the app that holds at `now`: an ID token (`aud`) or an access token
    /// (`client_id`, which is looked at only where there is no `aud`), as API Gateway's JWT authoriser takes them.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, Refused> {
        let claims = self.0.key.verify(token)?;
        let second = |name: &str| claims.get(name).and_then(Value::as_i64).ok_or(Refused);
        let is = |name: &str, expected: &str| claims.get(name).and_then(Value::as_str) == Some(expected);
        let holds = second("iat")? <= now.as_second() + 60 && now.as_second() < second("exp")?;
        let for_the_app =
            if claims.contains_key("aud") { is("aud", CLIENT_ID) } else { is("client_id", CLIENT_ID) };
        if holds && for_the_app && is("iss", &self.url()) { Ok(claims) } else { Err(Refused) }
    }

    fn claims(&self, user: &SampleUser, now: Timestamp) -> Map<String, Value> {
        let claims = json!({
            "iss": self.url(),
            "sub": user.sub,
            "username": user.name,
            "email": user.email(),
            "name": user.full_name,
            "cognito:groups": [user.level],
            "auth_time": now.as_second(),
            "iat": now.as_second(),
            "exp": (now + TOKEN_LIFE).as_second(),
        });
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests;
