//! A user's rank.

use serde::{Deserialize, Serialize};

/// What a user may do, in rising order; the numbers leave room for ranks in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(description = "What a user may do, in rising order.")
)]
pub enum Level {
    /// Signed in, sees nothing.
    NoAccess = 0,
    /// Looks.
    Browser = 1,
    /// Looks and shares.
    Consumer = 2,
    /// Adds files.
    Importer = 3,
    /// Edits attributes.
    Producer = 4,
    /// Manages content.
    Manager = 7,
    /// Directs managers.
    Director = 8,
    /// Sees and manages everything.
    Administrator = 9,
}

impl Level {
    /// The level named by an identity provider's group, such as `consumer`.
    pub fn from_group(group: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(group)).ok()
    }

    /// May look at the library.
    pub fn can_browse(self) -> bool {
        self >= Level::Browser
    }

    /// May create links.
    pub fn can_share(self) -> bool {
        self >= Level::Consumer
    }

    /// Sees and manages every link of the site.
    pub fn is_administrator(self) -> bool {
        self == Level::Administrator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consumers_and_above_share() {
        assert_eq!(Level::from_group("consumer"), Some(Level::Consumer));
        assert_eq!(Level::from_group("king"), None);
        assert!(
            !Level::Browser.can_share() && Level::Consumer.can_share() && Level::Administrator.can_share()
        );
        assert!(!Level::NoAccess.can_browse());
    }
}
