//! Typed, opaque identifiers. Each is 32 lower-case hexadecimal digits: the first 128 bits of a SHA-256.
//!
//! They are hashes of what they name (a token, an object key, a folder path), so that a repeated event finds the
//! row it made before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 over `domain`, a zero byte and `data`, in hexadecimal.
pub(crate) fn hex_digest(domain: &str, data: &[u8]) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    hash.update(domain.as_bytes());
    hash.update([0]);
    hash.update(data);
    hash.finalize()[..16].iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// What does not have the shape of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 lower-case hexadecimal digits")]
pub struct NotAnId;

fn checked(text: String) -> Result<String, NotAnId> {
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
            /// The id as it stands in keys and URLs.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                checked(text).map(Self)
            }
        }
        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                checked(text.to_owned()).map(Self)
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
    /// A link's name in keys, logs, object names and the users' API: the hash of its URL's secret.
    LinkId
}
hex_id! {
    /// An asset's name: the hash of its object key, so that the same file is the same asset.
    AssetId
}
hex_id! {
    /// A folder's name: the hash of its path.
    FolderId
}
hex_id! {
    /// A bundle's name: the hash of its manifest, so that the same content is built once.
    BundleId
}
hex_id! {
    /// A visit's name: the hash of the nonce it was opened with.
    VisitId
}
hex_id! {
    /// A mailing's name: the hash of the name that its client gave the request, so that the same request is one mailing.
    MailingId
}

impl LinkId {
    /// The id of whatever stands in a URL in a token's place. Malformed text gets an id too (one that nothing has),
    /// so that it costs the same look-up and the same answer as an unknown token.
    pub fn of(token: &str) -> Self {
        Self(hex_digest("link", token.as_bytes()))
    }
}

impl AssetId {
    /// The id of the asset kept at an object key.
    pub fn of(key: &str) -> Self {
        Self(hex_digest("asset", key.as_bytes()))
    }
}

impl FolderId {
    /// The id of the folder at a path such as `Press/Autumn`; the library itself is the empty path.
    pub fn of(path: &str) -> Self {
        Self(hex_digest("folder", path.as_bytes()))
    }
}

impl BundleId {
    /// The id of the bundle a manifest describes.
    pub fn of(manifest: &[u8]) -> Self {
        Self(hex_digest("bundle", manifest))
    }
}

impl MailingId {
    /// The id of the mailing that a request asks for.
    pub fn of(request: &str) -> Self {
        Self(hex_digest("mailing", request.as_bytes()))
    }
}

impl VisitId {
    /// The id of the visit a nonce opens.
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
    fn only_ids_parse() {
        assert!(AssetId::of("a").as_str().parse::<AssetId>().is_ok());
        for bad in ["", "abc", "ABCDEF0123456789ABCDEF0123456789", "../../../../../../../../../../etc"] {
            assert_eq!(bad.parse::<AssetId>(), Err(NotAnId), "{bad}");
        }
    }
}
