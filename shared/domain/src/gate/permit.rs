//! The right to load one object, which signing a URL requires.

use jiff::Timestamp;

use crate::asset::Asset;
use crate::object::Bucket;
use crate::user::User;

/// The right to load one object by a presigned URL. It is made by an `OpenVisit`, or for a signed-in user by a
/// [`Viewer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    bucket: Bucket,
    key: String,
    save_as: Option<String>,
    ends_at: Option<Timestamp>,
}

impl Permit {
    /// The right to show an object of the assets bucket in a page.
    pub(super) fn to_show(key: &str, ends_at: Option<Timestamp>) -> Self {
        Self { bucket: Bucket::Assets, key: key.to_owned(), save_as: None, ends_at }
    }

    /// The right to download an object under this file name.
    pub(super) fn to_save(bucket: Bucket, key: String, name: String, ends_at: Option<Timestamp>) -> Self {
        Self { bucket, key, save_as: Some(name), ends_at }
    }

    /// The object's bucket.
    pub fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name of the downloaded file; `None` for an object that a page shows.
    pub fn save_as(&self) -> Option<&str> {
        self.save_as.as_deref()
    }

    /// The end of the right: no URL may be valid after it.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.ends_at
    }
}

/// The proof that a signed-in user may look at the library.
#[derive(Debug)]
pub struct Viewer(());

impl Viewer {
    /// The proof for a user who is enabled and may browse.
    pub fn of(user: &User) -> Option<Self> {
        (user.enabled && user.level.can_browse()).then_some(Self(()))
    }

    /// The permit to show an asset's thumbnail.
    pub fn thumbnail(&self, asset: &Asset) -> Option<Permit> {
        asset.thumbnail.as_ref().map(|file| Permit::to_show(&file.key, None))
    }

    /// The permit to show an asset's preview.
    pub fn preview(&self, asset: &Asset) -> Option<Permit> {
        asset.preview.as_ref().map(|file| Permit::to_show(&file.key, None))
    }
}
