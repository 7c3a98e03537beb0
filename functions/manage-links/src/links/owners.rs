//! The owners of the links in one answer, each read once.

use std::collections::HashMap;

use aws::{Cloud, Error};
use domain::id::UserId;
use domain::link::Link;
use domain::user::User;

/// Owners by id; `None` for deleted users.
#[derive(Debug, Default)]
pub(crate) struct Owners(HashMap<UserId, Option<User>>);

impl Owners {
    /// Starts with the user who sent the request, who is known already.
    pub fn knowing(user: &User) -> Self {
        Self(HashMap::from([(user.id.clone(), Some(user.clone()))]))
    }

    /// Reads the owners that are not known yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(&mut self, cloud: &Cloud, links: impl Iterator<Item = &Link>) -> Result<(), Error> {
        let mut wanted: Vec<UserId> =
            links.map(|link| &link.owner).filter(|owner| !self.0.contains_key(*owner)).cloned().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = cloud.users().find_many(&wanted).await?;
        self.0.extend(wanted.into_iter().zip(found));
        Ok(())
    }

    /// The owner of a link.
    pub fn of(&self, link: &Link) -> Option<&User> {
        self.0.get(&link.owner)?.as_ref()
    }
}
