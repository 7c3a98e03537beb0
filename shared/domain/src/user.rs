//! Who signs in and owns links.

pub mod level;

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::user::level::Level;

/// A user of the organisation, as the site remembers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The identity provider's `sub`.
    pub id: UserId,
    /// The name people know them by.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
    /// Their rank.
    pub level: Level,
    /// Whether the account is live. A disabled user signs in to nothing, and their links open no more.
    pub enabled: bool,
    /// Whether the account is not tied to a person. It is meant to own permanent links.
    #[serde(default)]
    pub service_account: bool,
}
