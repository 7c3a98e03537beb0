//! A visit: what opening a link gives a recipient, a short-lived, revocable right to that link alone.
//!
//! The gate page carries a random nonce. The POST that opens the link sends it back, and the visit is named after
//! it, so a doubled or retried POST finds the visit that the first one made. The cookie is the nonce and a tag that
//! only the link's row can make (a hash with the link's `visit_key`): changing the key ends every visit at once.
//!
//! With the gate page comes a cookie that says which browser holds the page. The visit remembers it, and is given a
//! second time only to that browser, or to one that has the visit's own cookie: knowing the nonce of somebody's page
//! is not having their visit. Whoever hands their cookies on shares their visit, as with any cookie.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{VisitId, hex_digest};
use crate::token::{base62, is_base62};

/// How long a visit lasts at most.
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

    /// As it stands in the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The visit it opens.
    pub fn visit_id(&self) -> VisitId {
        VisitId::of(&self.0)
    }
}

/// The random value by which a browser is known that holds a link's gate pages: 22 base62 characters in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    /// A new one from the operating system's random bytes.
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

    /// What a visit's row remembers of it.
    fn mark(&self) -> String {
        hex_digest("holder", self.0.as_bytes())
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder(…)")
    }
}

/// A secret of one link's row from which its visits' cookies are made. A new key ends all visits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitKey(String);

impl VisitKey {
    /// A new key from the operating system's random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(base62(random))
    }

    /// As it stands in the link's row, for the condition that security has not changed meanwhile.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn tag(&self, nonce: &Nonce) -> String {
        let hash = Sha256::new().chain_update(&self.0).chain_update([0]).chain_update(&nonce.0).finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash[..16]);
        base62(bits)
    }

    /// What a visit's row remembers of the key it was opened under.
    fn mark(&self) -> String {
        hex_digest("visit key", self.0.as_bytes())
    }

    /// The cookie of the visit that this nonce opened.
    pub fn cookie(&self, nonce: &Nonce) -> VisitCookie {
        VisitCookie { nonce: nonce.clone(), tag: self.tag(nonce) }
    }

    /// Whether the cookie was made with this key.
    pub fn made(&self, cookie: &VisitCookie) -> bool {
        // The time that this takes tells nothing of the tag.
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

    /// The visit it claims.
    pub fn visit_id(&self) -> VisitId {
        self.nonce.visit_id()
    }
}

impl std::fmt::Debug for VisitCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitCookie(…)")
    }
}

/// A visit's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Its name.
    pub id: VisitId,
    /// A hash of the key of the link it was opened under: it counts only while the link has that key.
    opened_under: String,
    /// A hash of what the browser's cookie said that opened it; none where it brought no such cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened_by: Option<String>,
    /// When the link was opened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub opened_at: Timestamp,
    /// When it ends: after [`VISIT_LASTS`], or with the link.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub ends_at: Timestamp,
}

impl Visit {
    /// The visit opened now with this nonce by this browser, on a link that has this key and ends at `link_ends`.
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

    /// Whether this browser opened it.
    pub fn was_opened_by(&self, holder: Option<&Holder>) -> bool {
        holder.is_some_and(|holder| self.opened_by.as_ref() == Some(&holder.mark()))
    }

    /// Whether it still counts on a link that has this key.
    pub fn is_open(&self, key: &VisitKey, now: Timestamp) -> bool {
        now < self.ends_at && self.opened_under == key.mark()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_good_for_its_own_key_alone() {
        let (key, other) = (VisitKey::from_random([1; 16]), VisitKey::from_random([2; 16]));
        let nonce = Nonce::from_random([9; 16]);
        let cookie = VisitCookie::parse(&key.cookie(&nonce).reveal()).unwrap();
        assert!(key.made(&cookie));
        assert!(!other.made(&cookie), "a visit opens one link only, and ends with the key");
        assert_eq!(cookie.visit_id(), nonce.visit_id());
    }

    #[test]
    fn a_known_nonce_is_not_a_visit() {
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
        assert!(!visit(None).was_opened_by(None), "no cookie is nobody's cookie");
        let old = r#"{"id":"ID","opened_under":"x","opened_at":1,"ends_at":2}"#;
        let old: Visit = serde_json::from_str(&old.replace("ID", nonce.visit_id().as_str())).unwrap();
        assert!(!old.was_opened_by(Some(&holder)), "as rows were before");
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
