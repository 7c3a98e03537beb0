//! A visit: a recipient's short-lived, revocable right to one link, which opening the link gives.
//!
//! The gate page contains a random nonce, and the POST that opens the link sends it back. The visit's id is the nonce's
//! hash, so a repeated POST finds the visit of the first one. The visit's cookie holds the nonce and a tag, which is a
//! hash with the link's secret `visit_key`; a new key ends every visit at once.
//!
//! The gate page also sets a cookie that identifies the browser, the holder, and the visit stores its hash. A repeated
//! POST gets the visit only with the same holder's cookie or the visit's own cookie, so knowing another page's nonce is
//! not enough.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{VisitId, hex_digest};
use crate::token::{base62, is_base62};

/// The longest time that a visit lasts.
pub const VISIT_LASTS: SignedDuration = SignedDuration::from_hours(12);

/// The random value of one gate page: 22 base62 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A new nonce from the operating system's random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(base62(random))
    }

    /// The nonce of a form field, if it has the shape of one.
    pub fn parse(text: &str) -> Option<Self> {
        is_base62(text, 22).then(|| Self(text.to_owned()))
    }

    /// The value, to be written into the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the visit that it opens.
    pub fn visit_id(&self) -> VisitId {
        VisitId::of(&self.0)
    }
}

/// The random value that identifies a browser with a link's gate page: 22 base62 characters in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    /// A new value from the operating system's random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(base62(random))
    }

    /// The cookie's value as sent, if it has the shape of one.
    pub fn parse(value: &str) -> Option<Self> {
        is_base62(value, 22).then(|| Self(value.to_owned()))
    }

    /// The value to set.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash, which a visit's row stores.
    fn mark(&self) -> String {
        hex_digest("holder", self.0.as_bytes())
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder(…)")
    }
}

/// A secret in a link's row, by which the cookies of its visits are made. A new key ends all visits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitKey(String);

impl VisitKey {
    /// A new key from the operating system's random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(base62(random))
    }

    /// The secret, for the condition that the link's security has not changed since it was read.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn tag(&self, nonce: &Nonce) -> String {
        let hash = Sha256::new().chain_update(&self.0).chain_update([0]).chain_update(&nonce.0).finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash[..16]);
        base62(bits)
    }

    /// Its hash, which a visit's row stores.
    fn mark(&self) -> String {
        hex_digest("visit key", self.0.as_bytes())
    }

    /// The cookie of the visit that this nonce opened.
    pub fn cookie(&self, nonce: &Nonce) -> VisitCookie {
        VisitCookie { nonce: nonce.clone(), tag: self.tag(nonce) }
    }

    /// Whether the cookie was made with this key.
    pub fn made(&self, cookie: &VisitCookie) -> bool {
        // Compared in constant time, so that the duration reveals nothing about the tag.
        self.tag(&cookie.nonce).as_bytes().ct_eq(cookie.tag.as_bytes()).into()
    }
}

impl std::fmt::Debug for VisitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitKey(…)")
    }
}

/// The value of a visit's cookie: nonce and tag, 44 base62 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct VisitCookie {
    nonce: Nonce,
    tag: String,
}

impl VisitCookie {
    /// The cookie's value as sent, if it has the shape of one.
    pub fn parse(value: &str) -> Option<Self> {
        is_base62(value, 44)
            .then(|| Self { nonce: Nonce(value[..22].to_owned()), tag: value[22..].to_owned() })
    }

    /// The value to set.
    pub fn reveal(&self) -> String {
        format!("{}{}", self.nonce.0, self.tag)
    }

    /// The id of the visit that it claims.
    pub fn visit_id(&self) -> VisitId {
        self.nonce.visit_id()
    }
}

impl std::fmt::Debug for VisitCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitCookie(…)")
    }
}

/// A recipient's right to a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The visit's id.
    pub id: VisitId,
    /// The hash of the link's key when the visit was opened. The visit is open only while the link has this key.
    opened_under: String,
    /// The hash of the holder's cookie of the browser that opened the visit; `None` if the browser sent no such cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened_by: Option<String>,
    /// When the link was opened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub opened_at: Timestamp,
    /// When the visit ends: after [`VISIT_LASTS`], or with the link.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub ends_at: Timestamp,
}

impl Visit {
    /// A visit that this browser opens now with this nonce, on a link that has this key and ends at `link_ends`.
    pub fn open(
        nonce: &Nonce,
        holder: Option<&Holder>,
        key: &VisitKey,
        now: Timestamp,
        link_ends: Option<Timestamp>,
    ) -> Self {
        let ends_at = now.saturating_add(VISIT_LASTS).unwrap_or(Timestamp::MAX);
        Self {
            id: nonce.visit_id(),
            opened_under: key.mark(),
            opened_by: holder.map(Holder::mark),
            opened_at: now,
            ends_at: link_ends.map_or(ends_at, |end| end.min(ends_at)),
        }
    }

    /// Whether this browser opened the visit.
    pub fn was_opened_by(&self, holder: Option<&Holder>) -> bool {
        holder.is_some_and(|holder| self.opened_by.as_ref() == Some(&holder.mark()))
    }

    /// Whether the visit is still open on a link that now has this key.
    pub fn is_open(&self, key: &VisitKey, now: Timestamp) -> bool {
        now < self.ends_at && self.opened_under == key.mark()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_valid_for_its_own_key_only() {
        let (key, other) = (VisitKey::from_random([1; 16]), VisitKey::from_random([2; 16]));
        let nonce = Nonce::from_random([9; 16]);
        let cookie = VisitCookie::parse(&key.cookie(&nonce).reveal()).unwrap();
        assert!(key.made(&cookie));
        assert!(!other.made(&cookie), "a visit opens one link only, and ends with the key");
        assert_eq!(cookie.visit_id(), nonce.visit_id());
    }

    #[test]
    fn a_nonce_alone_makes_no_cookie() {
        let key = VisitKey::from_random([1; 16]);
        let nonce = Nonce::from_random([9; 16]);
        let forged = VisitCookie::parse(&format!("{}{}", nonce.as_str(), "0".repeat(22))).unwrap();
        assert!(!key.made(&forged));
    }

    #[test]
    fn a_visit_knows_the_browser_that_opened_it_and_no_other() {
        let (key, nonce) = (VisitKey::from_random([1; 16]), Nonce::from_random([9; 16]));
        let (holder, other) = (Holder::from_random([3; 16]), Holder::from_random([4; 16]));
        let now = Timestamp::from_second(1_000_000).unwrap();
        let visit = |by| Visit::open(&nonce, by, &key, now, None);
        assert!(visit(Some(&holder)).was_opened_by(Holder::parse(holder.reveal()).as_ref()));
        assert!(!visit(Some(&holder)).was_opened_by(Some(&other)));
        assert!(!visit(Some(&holder)).was_opened_by(None));
        assert!(!visit(None).was_opened_by(None), "two missing cookies are not the same browser");
        let old = r#"{"id":"ID","opened_under":"x","opened_at":1,"ends_at":2}"#;
        let old: Visit = serde_json::from_str(&old.replace("ID", nonce.visit_id().as_str())).unwrap();
        assert!(!old.was_opened_by(Some(&holder)), "rows without a holder can be read");
    }

    #[test]
    fn only_cookies_parse() {
        for bad in [
            "",
            "x",
            &"a".repeat(43),
            &"a".repeat(45),
            &"é".repeat(22),
            "../../../../../../../../../../../../../../xx",
        ] {
            assert!(VisitCookie::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_visit_ends_after_12_hours_or_with_the_link() {
        let nonce = Nonce::from_random([9; 16]);
        let now = Timestamp::from_second(1_000_000).unwrap();
        let soon = Timestamp::from_second(1_000_060).unwrap();
        let key = VisitKey::from_random([1; 16]);
        let visit = Visit::open(&nonce, None, &key, now, None);
        assert_eq!(visit.ends_at, now + VISIT_LASTS);
        assert!(visit.is_open(&key, now) && !visit.is_open(&key, visit.ends_at));
        assert!(!visit.is_open(&VisitKey::from_random([2; 16]), now), "a new key ends it");
        assert_eq!(Visit::open(&nonce, None, &key, now, Some(soon)).ends_at, soon);
    }
}
