//! A cache of the provider's keys. They are fetched again when they are old, and when a token names a key that is not among
//! them, as after a rotation.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::{Denied, FetchError};
use crate::issuer::InvalidToken;

/// Age at which keys are fetched again, so that keys which the provider has withdrawn are no longer accepted.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Age at which keys are no longer used if the provider does not answer.
const EXPIRE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// The least time between two fetches, so that invalid tokens can't cause many requests to the provider.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The same if there are no keys yet, since users wait for the provider to answer.
const PAUSE_WITHOUT_KEYS: SignedDuration = SignedDuration::from_secs(1);

#[derive(Default)]
pub(super) struct Keys(Mutex<CachedKeys>);

#[derive(Default)]
struct CachedKeys {
    keys: Vec<Jwk>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Keys {
    /// The key that a token's header names, for its algorithm; `get` fetches the provider's keys. Calls during a fetch
    /// wait for it.
    ///
    /// # Errors
    /// If there is no such key, or the keys can't be fetched.
    pub(super) async fn find<F>(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
        get: impl FnOnce() -> F,
    ) -> Result<DecodingKey, Denied>
    where
        F: Future<Output = Result<Vec<Jwk>, FetchError>>,
    {
        let mut cached = self.0.lock().await;
        let younger = |than, at: Option<Timestamp>| at.is_some_and(|at| now.duration_since(at) < than);
        let is_fresh = cached.find(id, algorithm).is_some() && younger(REFRESH_AFTER, cached.fetched);
        let pause = if cached.fetched.is_some() { PAUSE } else { PAUSE_WITHOUT_KEYS };
        if !is_fresh && !younger(pause, cached.tried) {
            cached.tried = Some(now);
            match get().await {
                Ok(keys) => {
                    cached.keys = keys;
                    cached.fetched = Some(now);
                }
                Err(error) => tracing::warn!(%error, "the sign-in provider's keys can't be fetched"),
            }
        }
        if !younger(EXPIRE_AFTER, cached.fetched) {
            return Err(Denied::Unavailable);
        }
        let key = cached.find(id, algorithm).ok_or(InvalidToken)?;
        Ok(DecodingKey::from_jwk(key).map_err(|_| InvalidToken)?)
    }
}

impl CachedKeys {
    /// The key with this id; without an id, the only key for the algorithm.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Jwk> {
        let fits = |key: &&Jwk| match key.algorithm {
            AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(_) => algorithm == Algorithm::ES256,
            _ => false,
        };
        let mut fitting = self.keys.iter().filter(fits);
        match id {
            Some(id) => fitting.find(|key| key.common.key_id.as_deref() == Some(id)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}
