//! What an open visit may see and download.

use jiff::Timestamp;

use crate::asset::{Asset, AssetFile, Rendition};
use crate::bundle::Bundle;
use crate::gate::permit::Permit;
use crate::link::Link;
use crate::object::Bucket;

/// The proof that a recipient may see what a link shares. Only the gate makes it.
#[derive(Debug)]
pub struct OpenVisit {
    link: Link,
    ends_at: Option<Timestamp>,
}

/// Why a recipient with an open visit may not download a file.
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
    pub(super) fn new(link: Link, ends_at: Option<Timestamp>) -> Self {
        Self { link, ends_at }
    }

    /// The link that was opened.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The permit to show the thumbnail of an asset that the link shares.
    pub fn thumbnail(&self, member: &Asset) -> Option<Permit> {
        member.thumbnail.as_ref().map(|file| self.show(&file.key))
    }

    /// The permit to show the preview of an asset that the link shares.
    pub fn preview(&self, member: &Asset) -> Option<Permit> {
        member.preview.as_ref().map(|file| self.show(&file.key))
    }

    /// The renditions of a shared asset that can be downloaded.
    pub fn renditions(&self, member: &Asset) -> Vec<Rendition> {
        let offered = self.link.offer().into_iter().flat_map(|offer| &offer.renditions);
        offered.filter(|rendition| member.file(rendition).is_some()).cloned().collect()
    }

    /// The permit to download a file of an asset that the link shares.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] or [`Denied::NoSuchFile`].
    pub fn download(&self, member: &Asset, rendition: &Rendition) -> Result<Permit, Denied> {
        let file = self.file(member, rendition)?;
        Ok(self.save(Bucket::Assets, file.key, file.file_name))
    }

    /// A file of a shared asset, to be put into a bundle.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] or [`Denied::NoSuchFile`].
    pub fn file(&self, member: &Asset, rendition: &Rendition) -> Result<AssetFile, Denied> {
        if !self.link.offers(rendition) {
            return Err(Denied::NotOffered);
        }
        member.file(rendition).ok_or(Denied::NoSuchFile)
    }

    /// The permit to download a finished bundle of this link.
    ///
    /// # Errors
    /// [`Denied::NotOffered`] if the link is view-only, the bundle belongs to another link, or the link no longer
    /// offers all files of the bundle.
    pub fn bundle(&self, bundle: &Bundle) -> Result<Permit, Denied> {
        let offered = self.link.offer().is_some_and(|offer| offer.includes(&bundle.holds));
        if bundle.link != self.link.id || !offered {
            return Err(Denied::NotOffered);
        }
        Ok(self.save(Bucket::Bundles, bundle.zip_key(), format!("{}.zip", self.link.terms.title)))
    }

    fn show(&self, key: &str) -> Permit {
        Permit::to_show(key, self.ends_at)
    }

    fn save(&self, bucket: Bucket, key: String, name: String) -> Permit {
        Permit::to_save(bucket, key, name, self.ends_at)
    }
}
