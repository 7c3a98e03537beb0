//! Opening a link: what a `POST` to it may do. The same link, visit and owner are judged as for a `GET`, in the same
//! order, so that no answer tells more than the other.

use jiff::Timestamp;

use crate::gate::Refusal;
use crate::gate::owner_is_live;
use crate::link::Link;
use crate::user::User;
use crate::visit::{Holder, Nonce, Visit, VisitCookie};

/// What a request to open a link brings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The gate page's nonce, if it has the shape of one.
    pub nonce: Option<&'a Nonce>,
    /// The visit that this nonce has opened already.
    pub visit: Option<&'a Visit>,
    /// The visit's cookie of the browser.
    pub cookie: Option<&'a VisitCookie>,
    /// The visit that the cookie names.
    pub cookie_visit: Option<&'a Visit>,
    /// The browser, as the gate page's cookie names it.
    pub holder: Option<&'a Holder>,
    /// Whether a browser says that it sends this from the site's own page. Programs do not.
    pub from_own_page: bool,
}

/// What a request to open a link may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock<'a> {
    /// Nothing is to be opened: the link has no gate.
    NoGate,
    /// This browser has opened the link in another tab: a second visit would be spent for nothing.
    AlreadyOpen,
    /// The browser sends no cookie back: what it opens would be lost at once.
    NoCookies,
    /// The nonce has opened a visit for another browser.
    OpenedElsewhere,
    /// The nonce is none, or its visit has ended: a fresh gate page is needed.
    Stale,
    /// Once the password is right, where there is one, a use may be spent; or the visit that this nonce has opened is
    /// given again.
    MayOpen(&'a Nonce),
}

impl Opening<'_> {
    /// Whether this browser opened the visit. The cookie counts only where it was made with the link's key.
    pub fn is_from_who_opened(&self, link: &Link, visit: &Visit) -> bool {
        let by_cookie = self.made_cookie(link).is_some_and(|cookie| cookie.visit_id() == visit.id);
        visit.was_opened_by(self.holder) || by_cookie
    }

    fn made_cookie(&self, link: &Link) -> Option<&VisitCookie> {
        self.cookie.filter(|cookie| link.visit_key.made(cookie))
    }
}

/// Judges a request to open a link.
///
/// # Errors
/// [`Refusal::Gone`] where the link has ended, its owner is gone or disabled, or its last use is spent.
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
    let cookie = opening.made_cookie(link);
    if opening.from_own_page {
        if cookie.is_some() && opening.cookie_visit.filter(is_open).is_some() && opening.visit.is_none() {
            return Ok(Knock::AlreadyOpen);
        }
        if opening.holder.is_none() && cookie.is_none() && link.can_be_used(now) {
            return Ok(Knock::NoCookies);
        }
    }
    let open_visit = opening.visit.filter(is_open);
    // An earlier attempt of the same page, whose answer may have been lost.
    let is_repeated = open_visit.is_some_and(|visit| opening.is_from_who_opened(link, visit));
    if !is_repeated && !link.can_be_used(now) {
        return Err(Refusal::Gone);
    }
    // Behind a password, whoever knows it hears of the other browser; before it nobody does.
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

    fn counted() -> Link {
        link_with(|terms| terms.max_uses = Some(1))
    }

    fn locked() -> Link {
        Link { password: Some(samples::password("x")), ..link() }
    }

    #[test]
    fn a_link_is_gone_for_whoever_knocks_as_for_whoever_looks() {
        let (nonce, disabled) = (Nonce::from_random([5; 16]), User { enabled: false, ..owner() });
        let opening = Opening { nonce: Some(&nonce), ..Opening::default() };
        let live = owner();
        for link in [counted(), locked(), link()] {
            for owner in [None, Some(&disabled)] {
                assert_eq!(knock(&link, owner, &opening, at(2_000)), Err(Refusal::Gone));
            }
            let mut ended = link;
            ended.terms.expires_at = Some(at(2_000));
            assert_eq!(knock(&ended, Some(&live), &opening, at(2_000)), Err(Refusal::Gone));
        }
        let used = Link { used: 1, ..counted() };
        assert_eq!(knock(&used, Some(&live), &opening, at(2_000)), Err(Refusal::Gone));
    }

    #[test]
    fn what_a_request_may_do() {
        let (live, key) = (owner(), counted().visit_key);
        let (nonce, other) = (Nonce::from_random([5; 16]), Nonce::from_random([6; 16]));
        let (holder, stranger) = (Holder::from_random([3; 16]), Holder::from_random([4; 16]));
        let visit = Visit::open(&nonce, Some(&holder), &key, at(1_000), None);
        let elsewhere = Visit::open(&other, Some(&holder), &key, at(1_000), None);
        let ended = Visit::open(&nonce, Some(&holder), &key, at(1_000), Some(at(1_500)));
        let (cookie, tab) = (key.cookie(&nonce), key.cookie(&other));
        let program = Opening { nonce: Some(&nonce), ..Opening::default() };
        let page = Opening { holder: Some(&holder), from_own_page: true, ..program };
        let repeated = Opening { visit: Some(&visit), ..page };
        let used = Link { used: 1, ..counted() };
        for (case, link, opening, expected) in [
            ("no gate", link(), program, Ok(Knock::NoGate)),
            ("a program", counted(), program, Ok(Knock::MayOpen(&nonce))),
            ("a page", counted(), page, Ok(Knock::MayOpen(&nonce))),
            ("behind a password", locked(), page, Ok(Knock::MayOpen(&nonce))),
            ("no nonce", counted(), Opening { nonce: None, ..page }, Ok(Knock::Stale)),
            ("no cookies", counted(), Opening { holder: None, ..page }, Ok(Knock::NoCookies)),
            (
                "another tab",
                counted(),
                Opening { cookie: Some(&tab), cookie_visit: Some(&elsewhere), ..page },
                Ok(Knock::AlreadyOpen),
            ),
            ("repeated", counted(), repeated, Ok(Knock::MayOpen(&nonce))),
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
                counted(),
                Opening { holder: Some(&stranger), ..repeated },
                Ok(Knock::OpenedElsewhere),
            ),
            (
                "a stranger's behind a password",
                Link { visit_key: key.clone(), ..locked() },
                Opening { holder: Some(&stranger), ..repeated },
                Ok(Knock::MayOpen(&nonce)),
            ),
            ("its visit has ended", counted(), Opening { visit: Some(&ended), ..page }, Ok(Knock::Stale)),
        ] {
            assert_eq!(knock(&link, Some(&live), &opening, at(2_000)), expected, "{case}");
        }
    }
}
