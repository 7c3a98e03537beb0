//! JSON Web Tokens, signed with Ed25519 (RFC 7515, RFC 8037) and no other algorithm: a token with another header than ours
//! is refused, so that a token can't choose its algorithm.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_compact::{KeyPair, Seed, Signature};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A token is missing, malformed, altered, expired, or from another issuer. The error does not say which, since that would
/// help an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is missing or not valid")]
pub struct InvalidToken;

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

    pub(super) fn verify(&self, token: &str) -> Result<Map<String, Value>, InvalidToken> {
        let (signed, signature) = token.rsplit_once('.').ok_or(InvalidToken)?;
        let (header, payload) = signed.split_once('.').ok_or(InvalidToken)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken);
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| InvalidToken)?;
        if header != self.header() {
            return Err(InvalidToken);
        }
        self.pair.pk.verify(signed, &signature).map_err(|_| InvalidToken)?;
        serde_json::from_slice(&decode(payload)?).map_err(|_| InvalidToken)
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
    fn a_token_is_valid_and_any_change_makes_it_invalid() {
        let key = Key::from_seed([7; 32]);
        let claims = Map::from_iter([("sub".to_owned(), json!("ada"))]);
        let token = key.sign(&claims);
        assert_eq!(key.verify(&token), Ok(claims));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.verify(std::str::from_utf8(&changed).unwrap()), Err(InvalidToken), "at {at}");
        }
    }

    #[test]
    fn a_token_of_another_key_or_without_algorithm_is_invalid() {
        let token = Key::from_seed([7; 32]).sign(&Map::new());
        assert_eq!(Key::from_seed([8; 32]).verify(&token), Err(InvalidToken));
        let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(Key::from_seed([7; 32]).verify(&format!("{none}.e30.")), Err(InvalidToken));
        for garbage in ["", ".", "..", "a.b.c", "ä.ö.ü"] {
            assert_eq!(Key::from_seed([7; 32]).verify(garbage), Err(InvalidToken));
        }
    }

    #[test]
    fn the_key_set_has_the_public_key_of_the_rfcs_example() {
        // RFC 8037, appendix A: the private and the public key.
        let seed = BASE64_URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = Key::from_seed(seed.try_into().unwrap());
        assert_eq!(key.jwks()["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    }
}
