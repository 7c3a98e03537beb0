//! Who calls, as each endpoint takes them.

use aws::Cloud;
use axum::extract::FromRequestParts;
use domain::gate::Viewer;
use domain::user::User;
use domain::user::level::Level;
use http::request::Parts;
use web::claims;
use web::problem::Problem;

use crate::failed;

/// A signed-in user whose account is live, of any level.
pub(crate) struct Caller(pub User);

impl FromRequestParts<Cloud> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Problem> {
        let user = cloud
            .users()
            .remember(claims::seen(&parts.extensions, &cloud.settings().groups_claim)?)
            .await
            .map_err(failed)?;
        claims::admit(&user, |_| true)?;
        Ok(Self(user))
    }
}

/// A signed-in user who may look at the library.
pub(crate) struct Browser(pub Viewer);

impl FromRequestParts<Cloud> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Problem> {
        let Caller(user) = Caller::from_request_parts(parts, cloud).await?;
        claims::admit(&user, Level::can_browse)?;
        let viewer =
            Viewer::of(&user).ok_or_else(|| Problem::forbidden("Your account can't see the library."))?;
        Ok(Self(viewer))
    }
}
