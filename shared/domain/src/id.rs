//! Typed, opaque identifiers. Each is 32 lower-case hexadecimal digits: the first 128 bits of a SHA-256.
//!
//! An id is a hash of what it identifies (a token, an object key, a folder path), so that a repeated event finds the
//! row that it wrote before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 over `domain`, a zero byte and `data`, in hexadecimal.
pub(crate) fn hex_digest(domain: &str, data: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(domain.as_bytes());
    hash.update([0]);
    hash.update(data);
    hex(&hash.finalize()[..16])
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// The text does not have the shape of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 lower-case hexadecimal digits")]
pub struct NotAnId;

fn check(text: String) -> Result<String, NotAnId> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if text.len() == 32 && digits { Ok(text) } else { Err(NotAnId) }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[0-9a-f]{32}$"))]
        pub struct $name(String);

        impl $name {
            /// The id's digits, as in keys and URLs.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                check(text).map(Self)
            }
        }
        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                check(text.to_owned()).map(Self)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hex_id! {
    /// A link's id in keys of rows and objects, in logs and in the users' API: the hash of the secret in its URL.
    LinkId
}
hex_id! {
    /// An asset's id: the hash of its object key, so that the same file is the same asset.
    AssetId
}
hex_id! {
    /// A folder's id: the hash of its path.
    FolderId
}
hex_id! {
    /// A list's id: that of the link which shares it.
    ListId
}
hex_id! {
    /// A bundle's id: the hash of its manifest, so that the same content is built only once.
    BundleId
}
hex_id! {
    /// A visit's id: the hash of the nonce that opened it.
    VisitId
}
hex_id! {
    /// A mailing's id: the hash of the client's id of the request, so that a repeated request is the same mailing.
    MailingId
}

/// The longest id of a user, in bytes: what OpenID Connect allows for a `sub` (core 1.0, section 2).
const MAX_USER_ID: usize = 255;

/// A user's id: the identity provider's `sub`, 1 to 255 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 255))]
pub struct UserId(String);

/// What can't be the id of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user's id has 1 to {MAX_USER_ID} bytes and no control characters")]
pub struct NotAUserId;

impl UserId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = NotAUserId;
    fn try_from(text: String) -> Result<Self, NotAUserId> {
        let fits = (1..=MAX_USER_ID).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(NotAUserId) }
    }
}

impl std::str::FromStr for UserId {
    type Err = NotAUserId;
    fn from_str(text: &str) -> Result<Self, NotAUserId> {
        text.to_owned().try_into()
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> String {
        id.0
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl LinkId {
    /// The id of the token in a URL. A malformed token also gets an id, which no link has, so that it takes the same
    /// look-up and gets the same answer as an unknown token.
    pub fn of(token: &str) -> Self {
        Self(hex_digest("link", token.as_bytes()))
    }
}

impl ListId {
    /// The id of the selection that a link shares.
    pub fn of_link(link: &LinkId) -> Self {
        Self(link.0.clone())
    }
}

impl AssetId {
    /// The id from its 16 bytes, as lists keep it.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// Its 16 bytes.
    pub fn to_bytes(&self) -> [u8; 16] {
        u128::from_str_radix(&self.0, 16).unwrap_or_default().to_be_bytes()
    }

    /// The id of the asset at an object key.
    pub fn of(key: &str) -> Self {
        Self(hex_digest("asset", key.as_bytes()))
    }
}

impl FolderId {
    /// The id of the folder at a path such as `Press/Autumn`; the top of the library has the empty path.
    pub fn of(path: &str) -> Self {
        Self(hex_digest("folder", path.as_bytes()))
    }
}

impl BundleId {
    /// The id of the bundle with this manifest.
    pub fn of(manifest: &[u8]) -> Self {
        Self(hex_digest("bundle", manifest))
    }
}

impl MailingId {
    /// The id of the mailing of the request with this id.
    pub fn of(request_id: &str) -> Self {
        Self(hex_digest("mailing", request_id.as_bytes()))
    }
}

impl VisitId {
    /// The id of the visit that a nonce opens.
    pub(crate) fn of(nonce: &str) -> Self {
        Self(hex_digest("visit", nonce.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_has_the_same_id_and_kinds_differ() {
        assert_eq!(AssetId::of("library/a.jpg"), AssetId::of("library/a.jpg"));
        assert_ne!(AssetId::of("x").as_str(), FolderId::of("x").as_str());
    }

    #[test]
    fn a_users_id_is_what_an_identity_provider_may_give() {
        for good in ["carl", "248289761001", "auth0|5f7c8ec7c33c6c004bbafe82", "a b", &*"x".repeat(255)] {
            assert_eq!(good.parse::<UserId>().unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", "a\0", &*"x".repeat(256)] {
            assert_eq!(bad.parse::<UserId>(), Err(NotAUserId), "{bad:?}");
        }
    }

    #[test]
    fn an_assets_id_is_its_bytes() {
        for id in [AssetId::of("a"), AssetId::from_bytes([0; 16]), AssetId::from_bytes([255; 16])] {
            assert_eq!(AssetId::from_bytes(id.to_bytes()), id);
        }
    }

    #[test]
    fn only_ids_parse() {
        assert!(AssetId::of("a").as_str().parse::<AssetId>().is_ok());
        for bad in ["", "abc", "ABCDEF0123456789ABCDEF0123456789", "../../../../../../../../../../etc"] {
            assert_eq!(bad.parse::<AssetId>(), Err(NotAnId), "{bad}");
        }
    }
}
