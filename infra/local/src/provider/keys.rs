//! The provider's keys, kept for a while: they are fetched anew when they grow old, and when a token names one that is
//! not among them, as after a rotation.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::{Denied, Missing};
use crate::issuer::Refused;

/// After so long keys are fetched anew: what the provider took back opens nothing any more.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// So long they are good where the provider does not answer.
const GOOD: SignedDuration = SignedDuration::from_hours(24);

/// The least time between two fetches, whatever tokens people send.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The same while there are no keys at all, and people wait for the provider to come back.
const PAUSE_WITHOUT_KEYS: SignedDuration = SignedDuration::from_secs(1);

#[derive(Default)]
pub(super) struct Keys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: Vec<Jwk>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Keys {
    /// The key that a token's header names, for its algorithm; `get` fetches the provider's keys. Who comes while
    /// keys are fetched waits for them.
    pub(super) async fn find<F>(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
        get: impl FnOnce() -> F,
    ) -> Result<DecodingKey, Denied>
    where
        F: Future<Output = Result<Vec<Jwk>, Missing>>,
    {
        let mut kept = self.0.lock().await;
        let younger = |than, at: Option<Timestamp>| at.is_some_and(|at| now.duration_since(at) < than);
        let is_fresh = kept.find(id, algorithm).is_some() && younger(FRESH, kept.fetched);
        let pause = if kept.fetched.is_some() { PAUSE } else { PAUSE_WITHOUT_KEYS };
        if !is_fresh && !younger(pause, kept.tried) {
            kept.tried = Some(now);
            match get().await {
                Ok(keys) => {
                    kept.keys = keys;
                    kept.fetched = Some(now);
                }
                Err(error) => tracing::warn!(%error, "the sign-in provider's keys can't be had"),
            }
        }
        if !younger(GOOD, kept.fetched) {
            return Err(Denied::Unavailable);
        }
        let key = kept.find(id, algorithm).ok_or(Refused)?;
        Ok(DecodingKey::from_jwk(key).map_err(|_| Refused)?)
    }
}

impl Kept {
    /// The key of this id; without an id the only one that fits.
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
