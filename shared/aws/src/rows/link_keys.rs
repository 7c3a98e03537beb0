//! The keys of the rows of a link.

use domain::id::LinkId;

use crate::rows::table::Key;

pub(crate) fn partition_key(id: &LinkId) -> String {
    format!("LINK#{id}")
}

pub(crate) fn key(id: &LinkId) -> Key {
    Key::new(partition_key(id), "LINK")
}

pub(crate) fn used_key(link: &LinkId) -> Key {
    Key::new(partition_key(link), "USED")
}

pub(crate) fn token_key(id: &LinkId) -> Key {
    Key::new(format!("TOKEN#{id}"), "TOKEN")
}
