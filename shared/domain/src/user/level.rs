//! A user's level.

use serde::{Deserialize, Serialize};

/// A user's level. A higher one may do all that a lower one may; the numbers leave room for levels in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(description = "What a user may do, in rising order.")
)]
pub enum Level {
    /// May sign in, but sees nothing.
    NoAccess = 0,
    /// May look at the library.
    Browser = 1,
    /// May create links.
    Consumer = 2,
    /// May add files.
    Importer = 3,
    /// May edit attributes.
    Producer = 4,
    /// May manage content.
    Manager = 7,
    /// May direct managers.
    Director = 8,
    /// May see and manage everything.
    Administrator = 9,
}

impl Level {
    /// The level of an identity provider's group, such as `consumer`.
    pub fn from_group(group: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(group)).ok()
    }

    /// Whether the user may look at the library.
    pub fn can_browse(self) -> bool {
        self >= Level::Browser
    }

    /// Whether the user may create links.
    pub fn can_share(self) -> bool {
        self >= Level::Consumer
    }

    /// Whether the user may see and manage every link of the site.
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
