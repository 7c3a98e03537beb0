//! A share link: what it shares, on which terms, and how far it has been used.

pub mod body;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::asset::Rendition;
use crate::id::{AssetId, FolderId, LinkId};
use crate::password::PasswordHash;
use crate::set::{SetHead, SetRef};
use crate::visit::VisitKey;

/// What a link shares. It can't be changed after creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// One asset.
    Asset {
        /// Its id.
        id: AssetId,
    },
    /// A folder's assets as they are at each visit.
    Folder {
        /// Its id.
        id: FolderId,
        /// Whether the folders below it are shared too.
        #[serde(default)]
        include_subfolders: bool,
    },
    /// Assets picked at the moment of sharing, in their order. They are kept in the link's own set.
    Selection,
}

impl Target {
    /// The set of the assets it stands for.
    pub fn set(&self, link: &LinkId) -> SetRef {
        match self {
            Target::Asset { .. } | Target::Selection => SetRef::selection(link),
            Target::Folder { id, include_subfolders: false } => SetRef::folder(id),
            Target::Folder { id, include_subfolders: true } => SetRef::tree(id),
        }
    }
}

/// Whether recipients may download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Access {
    /// Previews and downloads.
    Download,
    /// Previews alone.
    ViewOnly,
}

/// Which renditions recipients may download.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadOptions {
    /// The files themselves.
    pub original: bool,
    /// The images of 150 px.
    pub thumbnail: bool,
    /// The images of 500 px.
    pub preview: bool,
}

impl DownloadOptions {
    /// What a link on a set may offer: the original always, the others where every asset has them.
    pub fn eligible(set: &SetHead) -> Self {
        let counts = set.counts;
        let all = |having: i64| counts.asset_count > 0 && having == counts.asset_count;
        Self { original: true, thumbnail: all(counts.with_thumbnail), preview: all(counts.with_preview) }
    }

    /// The chosen renditions, in the order pages offer them.
    pub fn renditions(self) -> Vec<Rendition> {
        [
            (self.original, Rendition::Original),
            (self.preview, Rendition::Preview),
            (self.thumbnail, Rendition::Thumbnail),
        ]
        .into_iter()
        .filter_map(|(chosen, rendition)| chosen.then_some(rendition))
        .collect()
    }
}

/// A link's row. The token is not part of it: see [`crate::token::LinkToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id: the hash of its token.
    pub id: LinkId,
    /// The user it belongs to.
    pub owner: String,
    /// What it shares.
    pub target: Target,
    /// What the target was called at creation.
    pub target_name: String,
    /// What recipients read at the top.
    pub title: String,
    /// The end by date as its creator gave it: a date or an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The time zone in which a date ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The instant at which it ends.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub expires_at: Option<Timestamp>,
    /// How many visits may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// How many were. Editing keeps it.
    pub used: u32,
    /// The password's hash, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    /// The secret that visits' cookies are made with; replaced when the security changes, which ends them.
    pub visit_key: VisitKey,
    /// Whether recipients may download.
    pub access: Access,
    /// The attributes shown in list view; `None` for the default ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<String>>,
    /// What may be downloaded; nothing for view only.
    #[serde(default)]
    pub options: DownloadOptions,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created: Timestamp,
    /// When it was last edited.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated: Timestamp,
    /// Grows by one with each edit, so that two editors can't overwrite each other unseen.
    pub revision: u64,
}

/// Where a link stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LinkStatus {
    /// It opens.
    Active,
    /// Its date has passed.
    Expired,
    /// Its uses are spent; visits that are open go on.
    UsedUp,
    /// Its owner's account is disabled or gone.
    OwnerGone,
}

impl Link {
    /// The set of the assets it shares.
    pub fn set(&self) -> SetRef {
        self.target.set(&self.id)
    }

    /// Where it stands now.
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
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// The visits that can still be spent, where their number is limited.
    pub fn uses_left(&self) -> Option<u32> {
        self.max_uses.map(|max| max.saturating_sub(self.used))
    }

    /// Whether a use can be spent now. `aws::rows::uses` asks DynamoDB the same question in its condition; a property
    /// test holds the two against each other.
    pub fn can_be_used(&self, now: Timestamp) -> bool {
        !self.has_expired(now) && self.uses_left() != Some(0)
    }

    /// Whether recipients first meet a gate page: where there is a password, or uses to be counted.
    pub fn has_gate(&self) -> bool {
        self.password.is_some() || self.max_uses.is_some()
    }

    /// Whether recipients may download this rendition.
    pub fn offers(&self, rendition: &Rendition) -> bool {
        self.access == Access::Download
            && match rendition {
                Rendition::Original => self.options.original,
                Rendition::Thumbnail => self.options.thumbnail,
                Rendition::Preview => self.options.preview,
                Rendition::View(_) | Rendition::Preset(_) => false,
            }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::set::Counts;

    pub(crate) fn owner() -> crate::user::User {
        crate::user::User {
            id: "carl".into(),
            name: "Carl".into(),
            email: "carl@example.org".into(),
            level: crate::user::level::Level::Consumer,
            enabled: true,
            service_account: false,
        }
    }

    pub(crate) fn link() -> Link {
        let at = Timestamp::from_second(1_000).unwrap();
        Link {
            id: LinkId::of("t"),
            owner: "carl".into(),
            target: Target::Selection,
            target_name: "3 assets".into(),
            title: "Autumn".into(),
            expires: None,
            time_zone: None,
            expires_at: None,
            max_uses: None,
            used: 0,
            password: None,
            visit_key: VisitKey::from_random([1; 16]),
            access: Access::Download,
            attributes: None,
            options: DownloadOptions { original: true, ..Default::default() },
            created: at,
            updated: at,
            revision: 0,
        }
    }

    #[test]
    fn a_link_ends_by_date_by_uses_or_with_its_owner() {
        let now = Timestamp::from_second(2_000).unwrap();
        let active = link();
        assert_eq!(active.status(true, now), LinkStatus::Active);
        assert_eq!(active.status(false, now), LinkStatus::OwnerGone);
        let expired = Link { expires_at: Some(now), ..link() };
        assert_eq!(expired.status(true, now), LinkStatus::Expired);
        let used_up = Link { max_uses: Some(2), used: 2, ..link() };
        assert_eq!(used_up.status(true, now), LinkStatus::UsedUp);
        assert!(active.can_be_used(now) && !expired.can_be_used(now) && !used_up.can_be_used(now));
    }

    #[test]
    fn view_only_offers_nothing() {
        let options = DownloadOptions { original: true, thumbnail: true, preview: true };
        let view_only = Link { access: Access::ViewOnly, options, ..link() };
        assert!(options.renditions().iter().all(|rendition| !view_only.offers(rendition)));
        assert!(link().offers(&Rendition::Original) && !link().offers(&Rendition::Preview));
        assert!(!link().offers(&Rendition::View("Back".into())));
    }

    #[test]
    fn a_rendition_is_eligible_when_every_asset_has_it() {
        let head = |asset_count, with_preview| SetHead {
            name: String::new(),
            path: String::new(),
            parent: None,
            counts: Counts { asset_count, with_preview, ..Counts::default() },
        };
        assert!(DownloadOptions::eligible(&head(2, 2)).preview);
        assert!(!DownloadOptions::eligible(&head(2, 1)).preview);
        assert!(!DownloadOptions::eligible(&head(0, 0)).preview);
    }
}
