//! A share link: its target, its terms, and how many of its uses are spent.

pub mod access;
pub mod body;
pub mod offer;
pub mod target;
pub mod terms;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::asset::Rendition;
use crate::id::{LinkId, UserId};
use crate::password::PasswordHash;
use crate::set::Set;
use crate::visit::VisitKey;

pub use access::Access;
pub use offer::Offer;
pub use target::Target;
pub use terms::LinkTerms;

/// A link's row. The token is not part of it: see [`crate::token::LinkToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id: the hash of its token.
    pub id: LinkId,
    /// The user it belongs to.
    pub owner: UserId,
    /// The asset, folder or selection that it shares.
    pub target: Target,
    /// The name of the target when the link was created.
    pub target_name: String,
    /// The terms that its creator chose.
    #[serde(flatten)]
    pub terms: LinkTerms,
    /// How many uses are spent. The number is kept in another row, so that openers and the owner never write the same row.
    #[serde(skip)]
    pub used: u32,
    /// The password's hash, if the link has a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    /// The secret that visits' cookies are made with. A change of the security replaces it, which ends all visits.
    pub visit_key: VisitKey,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created: Timestamp,
    /// When it was last edited.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated: Timestamp,
    /// Grows by one with each edit, so that no edit overwrites another one unnoticed.
    pub revision: u64,
}

/// Whether a link can be opened, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LinkStatus {
    /// It can be opened.
    Active,
    /// Its date has passed.
    Expired,
    /// All of its uses are spent. Open visits stay open.
    UsedUp,
    /// Its owner's account is disabled or deleted.
    OwnerGone,
}

impl Link {
    /// The set of the assets it shares.
    pub fn set(&self) -> Set {
        self.target.set(&self.id)
    }

    /// Its status at this moment.
    pub fn status(&self, owner_enabled: bool, now: Timestamp) -> LinkStatus {
        if !owner_enabled {
            LinkStatus::OwnerGone
        } else if self.has_expired(now) {
            LinkStatus::Expired
        } else if self.uses_left() == Some(0) {
            LinkStatus::UsedUp
        } else {
            LinkStatus::Active
        }
    }

    /// Whether its date has passed.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|end| now >= end)
    }

    /// The uses that are left; `None` for a link without a maximum.
    pub fn uses_left(&self) -> Option<u32> {
        self.terms.max_uses.map(|max| max.saturating_sub(self.used))
    }

    /// Whether a use can be spent now. The condition of `aws::rows::spend_use` has the same rule; a
    /// property test compares the two.
    pub fn can_be_used(&self, now: Timestamp) -> bool {
        !self.has_expired(now) && self.uses_left() != Some(0)
    }

    /// Whether recipients see a gate page first: because of a password, or because uses are counted.
    pub fn has_gate(&self) -> bool {
        self.password.is_some() || self.terms.max_uses.is_some()
    }

    /// What recipients may download; `None` for a view-only link.
    pub fn offer(&self) -> Option<&Offer> {
        self.terms.options.as_ref().filter(|_| self.terms.access == Access::Download)
    }

    /// Whether recipients may download this rendition.
    pub fn offers(&self, rendition: &Rendition) -> bool {
        self.offer().is_some_and(|offer| offer.renditions.contains(rendition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{link, link_with};

    #[test]
    fn a_link_ends_by_date_by_uses_or_with_its_owner() {
        let now = Timestamp::from_second(2_000).unwrap();
        let active = link();
        assert_eq!(active.status(true, now), LinkStatus::Active);
        assert_eq!(active.status(false, now), LinkStatus::OwnerGone);
        let expired = link_with(|terms| terms.expires_at = Some(now));
        assert_eq!(expired.status(true, now), LinkStatus::Expired);
        let used_up = Link { used: 2, ..link_with(|terms| terms.max_uses = Some(2)) };
        assert_eq!(used_up.status(true, now), LinkStatus::UsedUp);
        assert!(active.can_be_used(now) && !expired.can_be_used(now) && !used_up.can_be_used(now));
    }

    #[test]
    fn view_only_offers_nothing() {
        let view_only = link_with(|terms| terms.access = Access::ViewOnly);
        assert!(!view_only.offers(&Rendition::Original) && view_only.offer().is_none());
        assert!(link().offers(&Rendition::Original) && !link().offers(&Rendition::Preview));
        assert!(!link().offers(&Rendition::View("Back".into())));
    }
}
