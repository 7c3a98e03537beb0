//! The local sign-in: an OpenID Connect issuer for the sample users, so that the web app and the authoriser work as with
//! Cognito. It asks for no password, so every user of this machine can sign in as any of them.

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
pub use token::InvalidToken;
use token::Key;
pub use users::{SAMPLE_USERS, SampleUser};

/// The client id of the web app, which is the only client.
pub const CLIENT_ID: &str = "vitrine-web";

/// How long a token is valid.
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
    /// The issuer of `site`, with the signing key made from `seed`.
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

    /// An access token for `user` in Cognito's form, which also has name and email.
    pub fn access_token(&self, user: &SampleUser, now: Timestamp) -> String {
        let mut claims = self.claims(user, now);
        claims.insert("token_use".to_owned(), json!("access"));
        claims.insert("client_id".to_owned(), json!(CLIENT_ID));
        claims.insert("scope".to_owned(), json!("openid email profile"));
        claims.insert("jti".to_owned(), json!(grants::random_secret()));
        self.0.key.sign(&claims)
    }

    /// The ID token of the same sign-in.
    fn id_token(&self, user: &SampleUser, nonce: Option<&str>, now: Timestamp) -> String {
        let mut claims = self.claims(user, now);
        claims.insert("token_use".to_owned(), json!("id"));
        claims.insert("aud".to_owned(), json!(CLIENT_ID));
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        self.0.key.sign(&claims)
    }

    /// The claims of a token that is valid at `now`. As with API Gateway's JWT authoriser it may be an ID token (`aud`) or
    /// an access token (`client_id`, which counts only if there is no `aud`).
    ///
    /// # Errors
    /// If the token is not from this issuer, not for the app, or not valid now.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, InvalidToken> {
        let claims = self.0.key.verify(token)?;
        let second = |name: &str| claims.get(name).and_then(Value::as_i64).ok_or(InvalidToken);
        let is = |name: &str, expected: &str| claims.get(name).and_then(Value::as_str) == Some(expected);
        let is_valid_now = second("iat")? <= now.as_second() + 60 && now.as_second() < second("exp")?;
        let for_the_app =
            if claims.contains_key("aud") { is("aud", CLIENT_ID) } else { is("client_id", CLIENT_ID) };
        if is_valid_now && for_the_app && is("iss", &self.url()) { Ok(claims) } else { Err(InvalidToken) }
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
