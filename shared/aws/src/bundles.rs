//! Bundles' rows, and the multipart uploads that make them.

use domain::bundle::Bundle;
use domain::id::{BundleId, LinkId};

use crate::Error;
use crate::table::{Item, Key, from_item};

pub(crate) fn key(link: &LinkId, bundle: &BundleId) -> Key {
    Key::new(crate::links::partition(link), format!("BUNDLE#{bundle}"))
}

pub(crate) fn read(item: Item) -> Result<Bundle, Error> {
    from_item("read a bundle", item)
}
