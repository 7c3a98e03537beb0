//! JSON Web Tokens signed with Ed25519 (RFC 7515, RFC 8037), and no other algorithm: a token's
//! header is compared, not obeyed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_compact::{KeyPair, Seed, Signature};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A token that can't be believed: malformed, tampered with, of another issuer or out of time.
/// Which of them is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is missing or does not hold")]
pub struct Refused;

/// The signing key.
pub(super) struct Key {
    pair: KeyPair,
    id: String,
}

impl Key {
    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        let pair = KeyPair::from_seed(Seed::new(seed));
        let digest = Sha256::digest(pair.pk.as_ref());
        Self { id: BASE64_URL_SAFE_NO_PAD.encode(&digest[..9]), pair }
    }

    pub(super) fn sign(&self, claims: &Map<String, Value>) -> String {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(Value::Object(claims.clone()).to_string());
        let signed = format!("{}.{payload}", self.header());
        let signature = self.pair.sk.sign(&signed, None);
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    pub(super) fn verify(&self, token: &str) -> Result<Map<String, Value>, Refused> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused);
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| Refused)?;
        if header != self.header() {
            return Err(Refused);
        }
        self.pair.pk.verify(signed, &signature).map_err(|_| Refused)?;
        serde_json::from_slice(&decode(payload)?).map_err(|_| Refused)
    }

    /// The public half as a JSON Web Key set.
    pub(super) fn jwks(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.pk.as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "alg": "EdDSA", "use": "sig"}]})
    }

    fn header(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": "EdDSA", "kid": self.id, "typ": "JWT"}).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_any_change_refuses_it() {
        let key = Key::from_seed([7; 32]);
        let claims = Map::from_iter([("sub".to_owned(), json!("ada"))]);
        let token = key.sign(&claims);
        assert_eq!(key.verify(&token), Ok(claims));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.verify(std::str::from_utf8(&changed).unwrap()), Err(Refused), "at {at}");
        }
    }

    #[test]
    fn another_key_or_no_algorithm_refuses_it() {
        let token = Key::from_seed([7; 32]).sign(&Map::new());
        assert_eq!(Key::from_seed([8; 32]).verify(&token), Err(Refused));
        let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(Key::from_seed([7; 32]).verify(&format!("{none}.e30.")), Err(Refused));
        for garbage in ["", ".", "..", "a.b.c", "ä.ö.ü"] {
            assert_eq!(Key::from_seed([7; 32]).verify(garbage), Err(Refused));
        }
    }

    #[test]
    fn the_key_set_verifies_the_published_vector() {
        // RFC 8037, appendix A: the key, and its public half.
        let seed = BASE64_URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = Key::from_seed(seed.try_into().unwrap());
        assert_eq!(key.jwks()["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    }
}
