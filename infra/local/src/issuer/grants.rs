//! Authorization codes between sign-in and token. A code can be used once, within a minute, with the verifier of the client
//! that requested it (RFC 7636). Codes are kept in memory, so after a restart a user signs in again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::SampleUser;

const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// The sign-in that a code belongs to.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub user: &'static SampleUser,
    pub redirect_uri: String,
    /// SHA-256 of the verifier, base64url (`S256`).
    pub challenge: String,
    pub nonce: Option<String>,
}

#[derive(Default)]
pub(super) struct Grants(Mutex<HashMap<String, (Grant, Timestamp)>>);

/// A random secret of 192 bits, which is valid in a URL.
pub(super) fn random_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(aws::random::bytes::<24>())
}

impl Grants {
    /// Makes a new code for `grant`.
    pub(super) fn issue(&self, grant: Grant, now: Timestamp) -> String {
        let code = random_secret();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, until)| now < *until);
        open.insert(code.clone(), (grant, now + CODE_LIFE));
        code
    }

    /// The grant of `code`, if verifier and redirect are right and the code is not expired. The code can't be used again
    /// in any case.
    pub(super) fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Option<Grant> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (grant, until) = open.remove(code)?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let right = challenge == grant.challenge && redirect_uri == grant.redirect_uri && now < until;
        right.then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            user: &super::super::SAMPLE_USERS[0],
            redirect_uri: "http://localhost:1/".to_owned(),
            // RFC 7636, appendix B.
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            nonce: None,
        }
    }

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn a_code_can_be_used_once() {
        let (grants, now) = (Grants::default(), Timestamp::UNIX_EPOCH);
        let code = grants.issue(grant(), now);
        assert!(grants.redeem(&code, VERIFIER, "http://localhost:1/", now).is_some());
        assert!(grants.redeem(&code, VERIFIER, "http://localhost:1/", now).is_none());
    }

    #[test]
    fn a_code_can_not_be_used_after_a_try_with_a_wrong_verifier_redirect_or_time() {
        let (grants, now) = (Grants::default(), Timestamp::UNIX_EPOCH);
        for (verifier, redirect, at) in [
            ("wrong", "http://localhost:1/", now),
            (VERIFIER, "http://localhost:1/other", now),
            (VERIFIER, "http://localhost:1/", now + CODE_LIFE),
        ] {
            let code = grants.issue(grant(), now);
            assert!(grants.redeem(&code, verifier, redirect, at).is_none());
            assert!(grants.redeem(&code, VERIFIER, "http://localhost:1/", now).is_none());
        }
    }
}
