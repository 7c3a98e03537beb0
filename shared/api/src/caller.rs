//! The user who sends a request: one extractor for each level that an endpoint may require.

use aws::Cloud;
use axum::extract::FromRequestParts;
use domain::gate::Viewer;
use domain::user::User;
use domain::user::level::Level;
use http::request::Parts;
use web::claims;
use web::problem::Problem;

use crate::Failure;

/// A signed-in user of any level whose account is enabled.
#[derive(Debug)]
pub struct Caller(pub User);

/// A signed-in user who may browse the library.
#[derive(Debug)]
pub struct Browser {
    /// The user.
    pub user: User,
    /// Their right to see assets.
    pub viewer: Viewer,
}

/// A signed-in user who may share.
#[derive(Debug)]
pub struct Sharer(pub User);

/// A signed-in administrator.
#[derive(Debug)]
pub struct Administrator(pub User);

/// Authenticates the user of a request, stores them, and checks that `may` accepts their level.
async fn admit(parts: &Parts, cloud: &Cloud, may: impl FnOnce(Level) -> bool) -> Result<User, Failure> {
    let user = claims::user_of_token(&parts.extensions, &cloud.settings().groups_claim)?;
    let user = cloud.users().record(user).await?;
    claims::require_level(&user, may)?;
    Ok(user)
}

impl FromRequestParts<Cloud> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Failure> {
        admit(parts, cloud, |_| true).await.map(Self)
    }
}

impl FromRequestParts<Cloud> for Browser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Failure> {
        let user = admit(parts, cloud, Level::can_browse).await?;
        let viewer =
            Viewer::of(&user).ok_or_else(|| Problem::forbidden("Your account can't see the library."))?;
        Ok(Self { user, viewer })
    }
}

impl FromRequestParts<Cloud> for Sharer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Failure> {
        admit(parts, cloud, Level::can_share).await.map(Self)
    }
}

impl FromRequestParts<Cloud> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Failure> {
        admit(parts, cloud, Level::is_administrator).await.map(Self)
    }
}
