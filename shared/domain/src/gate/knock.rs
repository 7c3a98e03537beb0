//! Opening a link by a `POST`. Link, owner and visit are judged as for a `GET` and in the same order, so that neither
//! answer reveals more than the other.

use jiff::Timestamp;

use crate::gate::Refusal;
use crate::gate::owner_is_live;
use crate::link::Link;
use crate::user::User;
use crate::visit::{Holder, Nonce, Visit, VisitCookie};

/// A request to open a link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The gate page's nonce; `None` if it does not have the shape of one.
    pub nonce: Option<&'a Nonce>,
    /// The visit that an earlier request with this nonce opened.
    pub visit: Option<&'a Visit>,
    /// The browser's visit cookie.
    pub cookie: Option<&'a VisitCookie>,
    /// The visit that the cookie names.
    pub cookie_visit: Option<&'a Visit>,
    /// The value of the cookie that came with the gate page, which identifies the browser.
    pub holder: Option<&'a Holder>,
    /// Whether the request's headers show that a browser sent it from the site's own page. Programs do not send them.
    pub from_own_page: bool,
}

/// The decision about a request to open a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock<'a> {
    /// The link has no gate, so there is nothing to open.
    NoGate,
    /// This browser has opened the link in another tab, so a second use would be wasted.
    AlreadyOpen,
    /// The browser does not send cookies back, so the visit would be lost at once.
    NoCookies,
    /// Another browser opened a visit with the nonce.
    OpenedElsewhere,
    /// There is no nonce, or its visit has ended: the recipient needs a new gate page.
    Stale,
    /// After the password (if there is one) is checked, a use may be spent; or the visit that this nonce opened is
    /// given to the browser again.
    MayOpen(&'a Nonce),
}

impl Opening<'_> {
    /// Whether this browser opened the visit. The cookie counts only if it was made with the link's key.
    pub fn is_from_who_opened(&self, link: &Link, visit: &Visit) -> bool {
        let by_cookie = self.genuine_cookie(link).is_some_and(|cookie| cookie.visit_id() == visit.id);
        visit.was_opened_by(self.holder) || by_cookie
    }

    fn genuine_cookie(&self, link: &Link) -> Option<&VisitCookie> {
        self.cookie.filter(|cookie| link.visit_key.made(cookie))
    }
}

/// Judges a request to open a link.
///
/// # Errors
/// [`Refusal::Gone`] if the link has ended, its owner was deleted or disabled, or its last use is spent.
pub fn knock<'a>(
    link: &Link,
    owner: Option<&User>,
    opening: &Opening<'a>,
    now: Timestamp,
) -> Result<Knock<'a>, Refusal> {
    if link.has_expired(now) {
        return Err(Refusal::Gone);
    }
    owner_is_live(link, owner)?;
    if !link.has_gate() {
        return Ok(Knock::NoGate);
    }
    let is_open = |visit: &&Visit| visit.is_open(&link.visit_key, now);
    let cookie = opening.genuine_cookie(link);
    if opening.from_own_page {
        if cookie.is_some() && opening.cookie_visit.filter(is_open).is_some() && opening.visit.is_none() {
            return Ok(Knock::AlreadyOpen);
        }
        if opening.holder.is_none() && cookie.is_none() && link.can_be_used(now) {
            return Ok(Knock::NoCookies);
        }
    }
    let open_visit = opening.visit.filter(is_open);
    // A repeated request of the same page: the answer to the first one may have been lost.
    let is_repeated = open_visit.is_some_and(|visit| opening.is_from_who_opened(link, visit));
    if !is_repeated && !link.can_be_used(now) {
        return Err(Refusal::Gone);
    }
    // With a password, only a recipient who knows it may learn of the other browser, so the caller checks that later.
    if open_visit.is_some() && !is_repeated && link.password.is_none() {
        return Ok(Knock::OpenedElsewhere);
    }
    let usable = opening.nonce.filter(|_| open_visit.is_some() || opening.visit.is_none());
    Ok(usable.map_or(Knock::Stale, Knock::MayOpen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, link, link_with, owner};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn counted_link() -> Link {
        link_with(|terms| terms.max_uses = Some(1))
    }

    fn locked_link() -> Link {
        Link { password: Some(samples::password("x")), ..link() }
    }

    #[test]
    fn opening_an_ended_link_is_refused_as_looking_at_it_is() {
        let (nonce, disabled) = (Nonce::from_random([5; 16]), User { enabled: false, ..owner() });
        let opening = Opening { nonce: Some(&nonce), ..Opening::default() };
        let live = owner();
        for link in [counted_link(), locked_link(), link()] {
            for owner in [None, Some(&disabled)] {
                assert_eq!(knock(&link, owner, &opening, at(2_000)), Err(Refusal::Gone));
            }
            let mut ended = link;
            ended.terms.expires_at = Some(at(2_000));
            assert_eq!(knock(&ended, Some(&live), &opening, at(2_000)), Err(Refusal::Gone));
        }
        let used = Link { used: 1, ..counted_link() };
        assert_eq!(knock(&used, Some(&live), &opening, at(2_000)), Err(Refusal::Gone));
    }

    #[test]
    fn each_request_to_open_gets_its_decision() {
        let (live, key) = (owner(), counted_link().visit_key);
        let (nonce, other) = (Nonce::from_random([5; 16]), Nonce::from_random([6; 16]));
        let (holder, stranger) = (Holder::from_random([3; 16]), Holder::from_random([4; 16]));
        let visit = Visit::open(&nonce, Some(&holder), &key, at(1_000), None);
        let elsewhere = Visit::open(&other, Some(&holder), &key, at(1_000), None);
        let ended = Visit::open(&nonce, Some(&holder), &key, at(1_000), Some(at(1_500)));
        let (cookie, tab) = (key.cookie(&nonce), key.cookie(&other));
        let program = Opening { nonce: Some(&nonce), ..Opening::default() };
        let page = Opening { holder: Some(&holder), from_own_page: true, ..program };
        let repeated = Opening { visit: Some(&visit), ..page };
        let used = Link { used: 1, ..counted_link() };
        for (case, link, opening, expected) in [
            ("no gate", link(), program, Ok(Knock::NoGate)),
            ("a program", counted_link(), program, Ok(Knock::MayOpen(&nonce))),
            ("a page", counted_link(), page, Ok(Knock::MayOpen(&nonce))),
            ("behind a password", locked_link(), page, Ok(Knock::MayOpen(&nonce))),
            ("no nonce", counted_link(), Opening { nonce: None, ..page }, Ok(Knock::Stale)),
            ("no cookies", counted_link(), Opening { holder: None, ..page }, Ok(Knock::NoCookies)),
            (
                "another tab",
                counted_link(),
                Opening { cookie: Some(&tab), cookie_visit: Some(&elsewhere), ..page },
                Ok(Knock::AlreadyOpen),
            ),
            ("repeated", counted_link(), repeated, Ok(Knock::MayOpen(&nonce))),
            ("repeated, the use spent", used.clone(), repeated, Ok(Knock::MayOpen(&nonce))),
            (
                "repeated with the visit's cookie",
                used.clone(),
                Opening { holder: None, cookie: Some(&cookie), cookie_visit: Some(&visit), ..repeated },
                Ok(Knock::MayOpen(&nonce)),
            ),
            (
                "a stranger's, the use spent",
                used,
                Opening { holder: Some(&stranger), ..repeated },
                Err(Refusal::Gone),
            ),
            (
                "a stranger's",
                counted_link(),
                Opening { holder: Some(&stranger), ..repeated },
                Ok(Knock::OpenedElsewhere),
            ),
            (
                "a stranger's behind a password",
                Link { visit_key: key.clone(), ..locked_link() },
                Opening { holder: Some(&stranger), ..repeated },
                Ok(Knock::MayOpen(&nonce)),
            ),
            (
                "its visit has ended",
                counted_link(),
                Opening { visit: Some(&ended), ..page },
                Ok(Knock::Stale),
            ),
        ] {
            assert_eq!(knock(&link, Some(&live), &opening, at(2_000)), expected, "{case}");
        }
    }
}
