//! The local sign-in: an OpenID Connect issuer for a handful of sample users, so that the web app
//! and the authoriser follow the same path here as with Cognito. It asks for no password:
//! whoever reaches this machine's loopback may be any of them.

mod endpoints;
mod grants;
mod page;
mod token;
mod users;

use std::{fs, io, path::Path, sync::Arc};

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
    /// The issuer of `site`, with the signing key kept in `key_file` (made at the first start).
    pub fn open(site: Site, key_file: &Path) -> io::Result<Self> {
        let seed = match fs::read(key_file) {
            Ok(kept) => <[u8; 32]>::try_from(kept.as_slice())
                .map_err(|_| io::Error::other(format!("{} is not a signing key", key_file.display())))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let seed = aws::random::bytes::<32>();
                write_secret(key_file, &seed)?;
                seed
            }
            Err(e) => return Err(e),
        };
        Ok(Self(Arc::new(Inner { site, key: Key::from_seed(seed), grants: Grants::default() })))
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

    /// The claims of an access token of this issuer that holds at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, Refused> {
        let claims = self.0.key.verify(token)?;
        let second = |name: &str| claims.get(name).and_then(Value::as_i64).ok_or(Refused);
        let is = |name: &str, expected: &str| claims.get(name).and_then(Value::as_str) == Some(expected);
        let holds = second("iat")? <= now.as_second() + 60 && now.as_second() < second("exp")?;
        let ours = is("iss", &self.url()) && is("client_id", CLIENT_ID) && is("token_use", "access");
        if holds && ours { Ok(claims) } else { Err(Refused) }
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

/// Writes a file that its owner alone may read, whole or not at all.
fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let part = path.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(part, path)
}

#[cfg(test)]
mod tests;
