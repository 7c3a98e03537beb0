//! A link's password. It can be hashed and compared, but never read back.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use serde::{Deserialize, Serialize};

/// The longest password in characters: enough for any passphrase, and short enough that hashing it can't be an attack.
pub const MAX_PASSWORD: usize = 200;

/// A password as typed. It is never printed.
#[derive(Clone)]
pub struct Password(String);

/// Why a text can't be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPassword {
    /// The text is empty.
    #[error("Type a password, or leave it out for a link without one.")]
    Empty,
    /// More than [`MAX_PASSWORD`] characters.
    #[error("Use at most {MAX_PASSWORD} characters.")]
    TooLong,
}

impl Password {
    /// A password of 1 to [`MAX_PASSWORD`] characters. It is not trimmed, and all kinds of characters are allowed.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn new(text: String) -> Result<Self, NotAPassword> {
        match text.chars().take(MAX_PASSWORD + 1).count() {
            0 => Err(NotAPassword::Empty),
            n if n > MAX_PASSWORD => Err(NotAPassword::TooLong),
            _ => Ok(Self(text)),
        }
    }

    /// Hashes the password with a new salt. Takes about 20 ms of CPU and 19 MiB, so do not call it on an async thread.
    pub fn hash(&self, salt: [u8; 16]) -> PasswordHash {
        let hash: phc::PasswordHash = hasher()
            .hash_password_with_salt(self.0.as_bytes(), &salt)
            .expect("a 16-byte salt and a bounded password are within argon2's limits");
        PasswordHash(hash.to_string())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Argon2id with 19 MiB, 2 passes and 1 lane: the first recommendation of OWASP's password storage cheat sheet.
fn hasher() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("constant parameters within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The Argon2id hash of a password, as a PHC string. Only this is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Whether this is the password that was hashed. Takes as long as hashing, so do not call it on an async thread.
    pub fn matches(&self, password: &Password) -> bool {
        phc::PasswordHash::new(&self.0)
            .is_ok_and(|hash| hasher().verify_password(password.0.as_bytes(), &hash).is_ok())
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_matches_and_no_other() {
        let password = Password::new("Ünïcode pass phrase".into()).unwrap();
        let hash = password.hash([3; 16]);
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hash.matches(&password));
        assert!(!hash.matches(&Password::new("Ünïcode pass phrase ".into()).unwrap()));
        assert_ne!(hash, password.hash([4; 16]), "each hash has its own salt");
    }

    #[test]
    fn a_password_has_a_limited_length_and_is_never_printed() {
        assert_eq!(Password::new(String::new()).unwrap_err(), NotAPassword::Empty);
        assert_eq!(Password::new("x".repeat(MAX_PASSWORD + 1)).unwrap_err(), NotAPassword::TooLong);
        let password = Password::new("ü".repeat(MAX_PASSWORD)).unwrap();
        assert_eq!(format!("{password:?} {:?}", password.hash([0; 16])), "Password(…) PasswordHash(…)");
    }

    #[test]
    fn a_broken_hash_matches_nothing() {
        assert!(!PasswordHash("plain".into()).matches(&Password::new("plain".into()).unwrap()));
    }
}
