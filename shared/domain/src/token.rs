//! The secret in a link's URL.

use serde::{Deserialize, Serialize};

use crate::id::LinkId;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Encodes 128 bits in base62: 22 letters and digits.
pub(crate) fn base62(random: [u8; 16]) -> String {
    let mut rest = u128::from_be_bytes(random);
    let mut text = [b'0'; 22];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    text.iter().map(|b| char::from(*b)).collect()
}

pub(crate) fn is_base62(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The secret in a link's URL: 128 random bits in base62. It is all that is needed to open the link.
///
/// It is never logged (`Debug` hides it). Only `manage-links` and `send-email` read it from its row, for Copy URL and
/// mails.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkToken(String);

impl LinkToken {
    /// A new token from the operating system's random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(base62(random))
    }

    /// The id of the link that it opens.
    pub fn link_id(&self) -> LinkId {
        LinkId::of(&self.0)
    }

    /// The secret, to be written into a URL.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_keeps_all_128_bits_and_is_not_printed() {
        assert_eq!(base62([0; 16]), "0".repeat(22));
        assert_eq!(base62([0xff; 16]), "7n42DGM5Tflk9n8mt7Fhc7");
        let token = LinkToken::from_random([7; 16]);
        assert!(is_base62(token.reveal(), 22));
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(token.link_id(), LinkId::of(token.reveal()));
    }
}
