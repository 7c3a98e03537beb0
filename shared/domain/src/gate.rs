//! The gate: decides whether a recipient's request may see what a link shares.
//!
//! Every request of a recipient (page, list, thumbnail, preview, download, bundle) passes [`approach`] and
//! [`Admitted::with_owner`], which give an [`OpenVisit`] or a [`Refusal`]; a request that opens a link passes
//! [`knock()`]. Only an `OpenVisit` or a [`Viewer`] makes a [`Permit`], and signing a URL requires a `Permit`, so no
//! code can forget the check.

mod knock;
pub mod network;
mod open_visit;
mod permit;

use jiff::Timestamp;

pub use crate::gate::knock::{Knock, Opening, knock};
pub use crate::gate::open_visit::{Denied, OpenVisit};
pub use crate::gate::permit::{Permit, Viewer};
use crate::link::Link;
use crate::user::User;
use crate::visit::{Visit, VisitCookie};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No link has this token, or it was deleted: 404.
    #[error("no such link")]
    NotFound,
    /// The link has ended: 410.
    #[error("the link has ended")]
    Gone,
    /// The link must be opened first.
    #[error("the link has not been opened")]
    Closed(Gate),
}

/// What a gate page shows. It says nothing about the shared content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Whether it asks for a password.
    pub needs_password: bool,
    /// The link's title; `None` if there is a password.
    pub title: Option<String>,
}

impl Gate {
    /// The gate of a link.
    pub fn of(link: &Link) -> Self {
        let needs_password = link.password.is_some();
        Self { needs_password, title: (!needs_password).then(|| link.terms.title.clone()) }
    }
}

/// A request that the link lets in. The link's owner is still to be checked.
#[derive(Debug)]
pub struct Admitted {
    link: Link,
    ends_at: Option<Timestamp>,
}

/// A request whose link must be opened first. The link's owner is to be checked before the gate page is shown.
#[derive(Debug)]
pub struct AtGate {
    link: Link,
}

/// The result of judging a request without the link's owner.
#[derive(Debug)]
pub enum Approach {
    /// The request may see the content.
    Admitted(Admitted),
    /// The link must be opened first.
    AtGate(AtGate),
}

/// Judges a request by its link and by the visit that its cookie names.
///
/// # Errors
/// [`Refusal::NotFound`] or [`Refusal::Gone`].
pub fn approach(
    link: Option<Link>,
    visit: Option<&Visit>,
    cookie: Option<&VisitCookie>,
    now: Timestamp,
) -> Result<Approach, Refusal> {
    let link = link.ok_or(Refusal::NotFound)?;
    if link.has_expired(now) {
        return Err(Refusal::Gone);
    }
    if !link.has_gate() {
        let ends_at = link.terms.expires_at;
        return Ok(Approach::Admitted(Admitted { link, ends_at }));
    }
    let valid = visit.zip(cookie).filter(|(visit, cookie)| {
        visit.id == cookie.visit_id() && visit.is_open(&link.visit_key, now) && link.visit_key.made(cookie)
    });
    match valid {
        Some((visit, _)) => {
            let ends_at = Some(link.terms.expires_at.map_or(visit.ends_at, |end| end.min(visit.ends_at)));
            Ok(Approach::Admitted(Admitted { link, ends_at }))
        }
        None if link.can_be_used(now) => Ok(Approach::AtGate(AtGate { link })),
        None => Err(Refusal::Gone),
    }
}

impl Admitted {
    /// The link, by which the caller reads the owner and the content.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Lets the request in if the link's owner exists and is enabled.
    ///
    /// # Errors
    /// [`Refusal::Gone`] if the owner was deleted or disabled.
    pub fn with_owner(self, owner: Option<&User>) -> Result<OpenVisit, Refusal> {
        owner_is_live(&self.link, owner)?;
        Ok(OpenVisit::new(self.link, self.ends_at))
    }
}

impl AtGate {
    /// The link, by which the caller reads the owner.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The refusal: the gate page, or `Gone` if the owner was deleted or disabled.
    pub fn with_owner(&self, owner: Option<&User>) -> Refusal {
        match owner_is_live(&self.link, owner) {
            Ok(()) => Refusal::Closed(Gate::of(&self.link)),
            Err(gone) => gone,
        }
    }
}

fn owner_is_live(link: &Link, owner: Option<&User>) -> Result<(), Refusal> {
    if owner.is_some_and(|owner| owner.id == link.owner && owner.enabled) {
        Ok(())
    } else {
        Err(Refusal::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, link, link_with, owner};
    use crate::visit::Nonce;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn enter(
        link: Link,
        visit: Option<&Visit>,
        cookie: Option<&VisitCookie>,
        now: i64,
    ) -> Result<OpenVisit, Refusal> {
        match approach(Some(link), visit, cookie, at(now))? {
            Approach::Admitted(admitted) => admitted.with_owner(Some(&owner())),
            Approach::AtGate(gate) => Err(gate.with_owner(Some(&owner()))),
        }
    }

    #[test]
    fn a_link_without_gate_opens_at_once_until_it_ends() {
        assert!(enter(link(), None, None, 2_000).is_ok());
        let ended = link_with(|terms| terms.expires_at = Some(at(2_000)));
        assert!(enter(ended.clone(), None, None, 1_999).is_ok());
        assert_eq!(enter(ended, None, None, 2_000).unwrap_err(), Refusal::Gone);
        assert_eq!(approach(None, None, None, at(0)).unwrap_err(), Refusal::NotFound);
    }

    #[test]
    fn a_bundle_may_be_downloaded_while_all_in_it_is_offered() {
        use crate::asset::Rendition;
        use crate::bundle::{Bundle, BundleStatus};
        use crate::link::{Access, Offer};

        let both = Offer::of([Rendition::Original, Rendition::Preview]);
        let bundle = Bundle {
            holds: both.clone(),
            status: BundleStatus::Ready,
            ..samples::bundle(&link().id, "manifest")
        };
        let given = |link: Link, bundle: &Bundle| {
            enter(link, None, None, 2_000).unwrap().bundle(bundle).map(|permit| permit.key().to_owned())
        };
        assert_eq!(
            given(link_with(|terms| terms.options = Some(both.clone())), &bundle),
            Ok(bundle.zip_key())
        );
        assert_eq!(given(link(), &bundle), Err(Denied::NotOffered), "previews are no longer offered");
        let view_only = link_with(|terms| {
            (terms.access, terms.options) = (Access::ViewOnly, Some(both.clone()));
        });
        assert_eq!(given(view_only, &bundle), Err(Denied::NotOffered));
        let other = Bundle { link: crate::id::LinkId::of("other"), ..bundle };
        assert_eq!(
            given(link_with(|terms| terms.options = Some(both.clone())), &other),
            Err(Denied::NotOffered)
        );
    }

    #[test]
    fn a_gate_shows_the_title_only_without_a_password() {
        let counted = link_with(|terms| terms.max_uses = Some(1));
        let gate = Gate { needs_password: false, title: Some("Autumn".into()) };
        assert_eq!(enter(counted, None, None, 2_000).unwrap_err(), Refusal::Closed(gate));
        let locked = Link { password: Some(samples::password("x")), ..link() };
        let gate = Gate { needs_password: true, title: None };
        assert_eq!(enter(locked, None, None, 2_000).unwrap_err(), Refusal::Closed(gate));
    }

    #[test]
    fn a_visit_outlives_the_uses_but_not_its_time_its_key_or_the_link() {
        let nonce = Nonce::from_random([5; 16]);
        let counted = Link { used: 1, ..link_with(|terms| terms.max_uses = Some(1)) };
        let cookie = counted.visit_key.cookie(&nonce);
        let visit = Visit::open(&nonce, None, &counted.visit_key, at(2_000), None);
        assert!(enter(counted.clone(), Some(&visit), Some(&cookie), 2_001).is_ok());
        assert_eq!(enter(counted.clone(), None, Some(&cookie), 2_001).unwrap_err(), Refusal::Gone);
        assert_eq!(
            enter(counted.clone(), Some(&visit), Some(&cookie), 2_000 + 43_200).unwrap_err(),
            Refusal::Gone
        );
        let rekeyed = Link { visit_key: crate::visit::VisitKey::from_random([8; 16]), ..counted.clone() };
        assert_eq!(enter(rekeyed, Some(&visit), Some(&cookie), 2_001).unwrap_err(), Refusal::Gone);
        let mut expired = counted;
        expired.terms.expires_at = Some(at(2_001));
        assert_eq!(enter(expired, Some(&visit), Some(&cookie), 2_001).unwrap_err(), Refusal::Gone);
    }

    #[test]
    fn a_link_without_an_enabled_owner_is_gone() {
        let disabled = User { enabled: false, ..owner() };
        let other = User { id: "cora".parse().unwrap(), ..owner() };
        for owner in [None, Some(&disabled), Some(&other)] {
            let Ok(Approach::Admitted(admitted)) = approach(Some(link()), None, None, at(1)) else {
                panic!()
            };
            assert_eq!(admitted.with_owner(owner).unwrap_err(), Refusal::Gone);
            let counted = link_with(|terms| terms.max_uses = Some(1));
            let Ok(Approach::AtGate(gate)) = approach(Some(counted), None, None, at(1)) else { panic!() };
            assert_eq!(gate.with_owner(owner), Refusal::Gone);
        }
    }
}
