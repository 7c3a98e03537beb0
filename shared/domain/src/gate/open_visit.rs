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
    pub(super) fn new(link: Link, ends_at: Option<Timestamp>) -> Self {
        Self { link, ends_at }
    }

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
        let offered = self.link.offer().into_iter().flat_map(|offer| &offer.renditions);
        offered.filter(|rendition| member.file(rendition).is_some()).cloned().collect()
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
    /// [`Denied::NotOffered`] for a view-only link, another link's bundle, or one of files that the link no longer
    /// offers.
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
