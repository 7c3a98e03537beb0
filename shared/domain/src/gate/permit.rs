//! The right to one object: what presigning takes.

use jiff::Timestamp;

use crate::asset::Asset;
use crate::object::Bucket;
use crate::user::User;

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
    /// To show an object of the library in a page.
    pub(super) fn to_show(key: &str, ends_at: Option<Timestamp>) -> Self {
        Self { bucket: Bucket::Assets, key: key.to_owned(), save_as: None, ends_at }
    }

    /// To save an object under this file name.
    pub(super) fn to_save(bucket: Bucket, key: String, name: String, ends_at: Option<Timestamp>) -> Self {
        Self { bucket, key, save_as: Some(name), ends_at }
    }

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
        asset.thumbnail.as_ref().map(|file| Permit::to_show(&file.key, None))
    }

    /// An asset's preview, to be shown.
    pub fn preview(&self, asset: &Asset) -> Option<Permit> {
        asset.preview.as_ref().map(|file| Permit::to_show(&file.key, None))
    }
}
