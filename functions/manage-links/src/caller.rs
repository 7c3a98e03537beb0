//! Who calls, and which links are theirs.

use aws::Cloud;
use aws::rows::links::OwnedLink;
use axum::extract::FromRequestParts;
use domain::user::User;
use domain::user::level::Level;
use http::request::Parts;
use web::claims;
use web::problem::Problem;

use crate::failed;

/// A signed-in user who may at least browse.
pub(crate) struct Caller(pub User);

impl FromRequestParts<Cloud> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Problem> {
        let user = cloud
            .users()
            .remember(claims::seen(&parts.extensions, &cloud.settings().groups_claim)?)
            .await
            .map_err(failed)?;
        claims::admit(&user, Level::can_browse)?;
        Ok(Self(user))
    }
}

/// A signed-in user who may share.
pub(crate) struct Sharer(pub Caller);

impl FromRequestParts<Cloud> for Sharer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, cloud).await?;
        claims::admit(&caller.0, Level::can_share)?;
        Ok(Self(caller))
    }
}

impl Caller {
    /// Whether a link is theirs to see and manage: their own, or any for an administrator.
    fn manages(&self, owner: &str) -> bool {
        self.0.id == owner || self.0.level.is_administrator()
    }

    /// A link of theirs.
    ///
    /// # Errors
    /// One same 404 for an id that is none, that no link has, or that somebody else's link has.
    pub async fn link(&self, cloud: &Cloud, id: &str) -> Result<OwnedLink, Problem> {
        let owned = match id.parse() {
            Ok(id) => cloud.links().find(&id).await.map_err(failed)?,
            Err(_) => None,
        };
        owned
            .filter(|owned| self.manages(&owned.link.owner))
            .ok_or_else(|| Problem::not_found("You have no link with this id. It may have been deleted."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_its_owners_and_the_administrators() {
        let user = |id: &str, level| User {
            id: id.into(),
            name: String::new(),
            email: String::new(),
            level,
            enabled: true,
            service_account: false,
        };
        assert!(Caller(user("carl", Level::Consumer)).manages("carl"));
        assert!(!Caller(user("cora", Level::Director)).manages("carl"));
        assert!(!Caller(user("", Level::Director)).manages("carl"));
        assert!(Caller(user("ada", Level::Administrator)).manages("carl"));
    }
}
