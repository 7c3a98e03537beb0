//! The gate: the one way for a recipient's request to what a link shares.
//!
//! Every recipient request (page, list, thumbnail, preview, download, bundle) comes through [`approach`] and
//! [`Admitted::with_owner`], and leaves with an [`OpenVisit`] or a [`Refusal`]. Only an `OpenVisit` makes a
//! [`Permit`], and presigning takes nothing else: what can't be called without it can't be forgotten.

use jiff::Timestamp;

use crate::asset::{Asset, AssetFile, Rendition};
use crate::bundle::Bundle;
use crate::link::{Access, Link};
use crate::user::User;
use crate::visit::{Visit, VisitCookie};

/// Why a request gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No link has this token, or it was deleted: 404.
    #[error("no such link")]
    NotFound,
    /// The link was there and has ended: 410.
    #[error("the link has ended")]
    Gone,
    /// The link is there and wants to be opened first.
    #[error("the link has not been opened")]
    Closed(Gate),
}

/// What a gate page shows, and nothing of what is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Whether it asks for a password.
    pub needs_password: bool,
    /// The link's title, told only where there is no password.
    pub title: Option<String>,
}

impl Gate {
    /// The gate of a link.
    pub fn of(link: &Link) -> Self {
        let needs_password = link.password.is_some();
        Self { needs_password, title: (!needs_password).then(|| link.title.clone()) }
    }
}

/// A request that the link itself lets in; its owner has still to be seen.
#[derive(Debug)]
pub struct Admitted {
    link: Link,
    ends_at: Option<Timestamp>,
}

/// A request that found its link closed; its owner has still to be seen before the gate is shown.
#[derive(Debug)]
pub struct AtGate {
    link: Link,
}

/// How a request stands before the link.
#[derive(Debug)]
pub enum Approach {
    /// Let in.
    Admitted(Admitted),
    /// Stopped at the gate.
    AtGate(AtGate),
}

/// Judges a request by its link's row, and by the row of the visit that its cookie names.
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
        let ends_at = link.expires_at;
        return Ok(Approach::Admitted(Admitted { link, ends_at }));
    }
    let valid = visit.zip(cookie).filter(|(visit, cookie)| {
        visit.id == cookie.visit_id() && visit.is_open(&link.visit_key, now) && link.visit_key.made(cookie)
    });
    match valid {
        Some((visit, _)) => {
            let ends_at = Some(link.expires_at.map_or(visit.ends_at, |end| end.min(visit.ends_at)));
            Ok(Approach::Admitted(Admitted { link, ends_at }))
        }
        None if link.can_be_used(now) => Ok(Approach::AtGate(AtGate { link })),
        None => Err(Refusal::Gone),
    }
}

impl Admitted {
    /// The link, to know whose it is and what to read for it.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Lets the request in if the link's owner still stands.
    ///
    /// # Errors
    /// [`Refusal::Gone`] where the owner is gone or disabled.
    pub fn with_owner(self, owner: Option<&User>) -> Result<OpenVisit, Refusal> {
        stands(&self.link, owner)?;
        Ok(OpenVisit { link: self.link, ends_at: self.ends_at })
    }
}

impl AtGate {
    /// The link, to know whose it is.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// What to refuse with.
    pub fn with_owner(&self, owner: Option<&User>) -> Refusal {
        match stands(&self.link, owner) {
            Ok(()) => Refusal::Closed(Gate::of(&self.link)),
            Err(gone) => gone,
        }
    }
}

fn stands(link: &Link, owner: Option<&User>) -> Result<(), Refusal> {
    if owner.is_some_and(|owner| owner.id == link.owner && owner.enabled) {
        Ok(())
    } else {
        Err(Refusal::Gone)
    }
}

/// The proof that a recipient may see what a link shares. Only the gate makes it.
#[derive(Debug)]
pub struct OpenVisit {
    link: Link,
    ends_at: Option<Timestamp>,
}

/// Why an open visit does not get a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The link's access or options don't allow it: 403.
    #[error("the link does not offer this")]
    NotOffered,
    /// The asset has no such rendition: 404.
    #[error("the asset has no such rendition")]
    NoSuchFile,
}

impl OpenVisit {
    /// The link that was opened.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The thumbnail of a member of the link's set, to be shown.
    pub fn thumbnail(&self, member: &Asset) -> Option<Permit> {
        member.thumbnail.as_ref().map(|file| self.show(&file.key))
    }

    /// The preview of a member of the link's set, to be shown.
    pub fn preview(&self, member: &Asset) -> Option<Permit> {
        member.preview.as_ref().map(|file| self.show(&file.key))
    }

    /// The renditions that a member of the link's set can be downloaded as.
    pub fn renditions(&self, member: &Asset) -> Vec<Rendition> {
        let chosen = self.link.options.renditions();
        chosen.into_iter().filter(|rendition| self.file(member, rendition).is_ok()).collect()
    }

    /// A file of a member of the link's set, to be downloaded.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] or [`Denied::NoSuchFile`].
    pub fn download(&self, member: &Asset, rendition: &Rendition) -> Result<Permit, Denied> {
        let file = self.file(member, rendition)?;
        Ok(self.save(Bucket::Assets, file.key, file.file_name))
    }

    /// A file of a member of the link's set, to become an entry of a bundle.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] or [`Denied::NoSuchFile`].
    pub fn file(&self, member: &Asset, rendition: &Rendition) -> Result<AssetFile, Denied> {
        if !self.link.offers(rendition) {
            return Err(Denied::NotOffered);
        }
        member.file(rendition).ok_or(Denied::NoSuchFile)
    }

    /// A finished bundle of this link, to be downloaded.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] for a view-only link, another link's bundle, or one of renditions that the link no
    /// longer offers.
    pub fn bundle(&self, bundle: &Bundle) -> Result<Permit, Denied> {
        let offered = bundle.holds.renditions().iter().all(|rendition| self.link.offers(rendition));
        if self.link.access != Access::Download || bundle.link != self.link.id || !offered {
            return Err(Denied::NotOffered);
        }
        Ok(self.save(Bucket::Bundles, bundle.zip_key(), format!("{}.zip", self.link.title)))
    }

    fn show(&self, key: &str) -> Permit {
        Permit { bucket: Bucket::Assets, key: key.to_owned(), save_as: None, ends_at: self.ends_at }
    }

    fn save(&self, bucket: Bucket, key: String, name: String) -> Permit {
        Permit { bucket, key, save_as: Some(name), ends_at: self.ends_at }
    }
}

/// Which bucket an object lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Originals and renditions.
    Assets,
    /// Zips and their manifests.
    Bundles,
}

/// The right to one object, which presigning turns into a URL. Made by an [`OpenVisit`], or for a signed-in user by
/// [`Viewer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    bucket: Bucket,
    key: String,
    save_as: Option<String>,
    ends_at: Option<Timestamp>,
}

impl Permit {
    /// Where the object lies.
    pub fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The file name to save it under; `None` for an object that is shown in the page.
    pub fn save_as(&self) -> Option<&str> {
        self.save_as.as_deref()
    }

    /// The moment no URL may outlive.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.ends_at
    }
}

/// The proof that a signed-in user may look at the library.
#[derive(Debug)]
pub struct Viewer(());

impl Viewer {
    /// A user who may browse.
    pub fn of(user: &User) -> Option<Self> {
        (user.enabled && user.level.can_browse()).then_some(Self(()))
    }

    /// An asset's thumbnail, to be shown.
    pub fn thumbnail(&self, asset: &Asset) -> Option<Permit> {
        asset.thumbnail.as_ref().map(|file| Self::show(&file.key))
    }

    /// An asset's preview, to be shown.
    pub fn preview(&self, asset: &Asset) -> Option<Permit> {
        asset.preview.as_ref().map(|file| Self::show(&file.key))
    }

    fn show(key: &str) -> Permit {
        Permit { bucket: Bucket::Assets, key: key.to_owned(), save_as: None, ends_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;
    use crate::link::tests::link;
    use crate::password::Password;
    use crate::visit::Nonce;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn owner() -> User {
        User {
            id: "carl".into(),
            name: "Carl".into(),
            email: "carl@example.org".into(),
            level: Level::Consumer,
            enabled: true,
            service_account: false,
        }
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
        let ended = Link { expires_at: Some(at(2_000)), ..link() };
        assert!(enter(ended.clone(), None, None, 1_999).is_ok());
        assert_eq!(enter(ended, None, None, 2_000).unwrap_err(), Refusal::Gone);
        assert_eq!(approach(None, None, None, at(0)).unwrap_err(), Refusal::NotFound);
    }

    #[test]
    fn a_bundle_is_given_as_long_as_all_in_it_is_offered() {
        use crate::bundle::BundleStatus;
        use crate::id::BundleId;
        use crate::link::DownloadOptions;

        let both = DownloadOptions { original: true, preview: true, thumbnail: false };
        let bundle = Bundle {
            id: BundleId::of(b"manifest"),
            link: link().id,
            holds: both,
            status: BundleStatus::Ready,
            files: 1,
            bytes: 1,
            done_bytes: 1,
            reason: None,
            upload_id: None,
            updated: at(0),
            last_used: at(0),
        };
        let given = |link: Link, bundle: &Bundle| {
            enter(link, None, None, 2_000).unwrap().bundle(bundle).map(|permit| permit.key().to_owned())
        };
        assert_eq!(given(Link { options: both, ..link() }, &bundle), Ok(bundle.zip_key()));
        assert_eq!(given(link(), &bundle), Err(Denied::NotOffered), "previews are no longer offered");
        let view_only = Link { access: Access::ViewOnly, options: both, ..link() };
        assert_eq!(given(view_only, &bundle), Err(Denied::NotOffered));
        let other = Bundle { link: crate::id::LinkId::of("other"), ..bundle };
        assert_eq!(given(Link { options: both, ..link() }, &other), Err(Denied::NotOffered));
    }

    #[test]
    fn a_gate_tells_the_title_only_without_a_password() {
        let counted = Link { max_uses: Some(1), ..link() };
        let gate = Gate { needs_password: false, title: Some("Autumn".into()) };
        assert_eq!(enter(counted, None, None, 2_000).unwrap_err(), Refusal::Closed(gate));
        let locked = Link { password: Some(Password::new("x".into()).unwrap().hash([0; 16])), ..link() };
        let gate = Gate { needs_password: true, title: None };
        assert_eq!(enter(locked, None, None, 2_000).unwrap_err(), Refusal::Closed(gate));
    }

    #[test]
    fn a_visit_outlives_the_uses_but_not_its_time_its_key_or_the_link() {
        let nonce = Nonce::from_random([5; 16]);
        let counted = Link { max_uses: Some(1), used: 1, ..link() };
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
        let expired = Link { expires_at: Some(at(2_001)), ..counted };
        assert_eq!(enter(expired, Some(&visit), Some(&cookie), 2_001).unwrap_err(), Refusal::Gone);
    }

    #[test]
    fn a_link_dies_with_its_owner() {
        let disabled = User { enabled: false, ..owner() };
        let other = User { id: "cora".into(), ..owner() };
        for owner in [None, Some(&disabled), Some(&other)] {
            let Ok(Approach::Admitted(admitted)) = approach(Some(link()), None, None, at(1)) else {
                panic!()
            };
            assert_eq!(admitted.with_owner(owner).unwrap_err(), Refusal::Gone);
            let counted = Link { max_uses: Some(1), ..link() };
            let Ok(Approach::AtGate(gate)) = approach(Some(counted), None, None, at(1)) else { panic!() };
            assert_eq!(gate.with_owner(owner), Refusal::Gone);
        }
    }
}
