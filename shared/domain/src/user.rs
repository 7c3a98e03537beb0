//! Users, who sign in and own links.

pub mod level;

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::user::level::Level;

/// A user of the organisation, as the site has recorded them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The identity provider's `sub`.
    pub id: UserId,
    /// Their display name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// Their rank.
    pub level: Level,
    /// Whether the account is enabled. A disabled user can't use the API, and nobody can open their links.
    pub enabled: bool,
    /// Whether the account belongs to no person. Such accounts own permanent links.
    #[serde(default)]
    pub service_account: bool,
}
