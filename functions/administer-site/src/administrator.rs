//! Who calls.

use aws::Cloud;
use axum::extract::FromRequestParts;
use domain::user::User;
use domain::user::level::Level;
use http::request::Parts;
use web::claims;
use web::problem::Problem;

use crate::failed;

/// A signed-in administrator.
pub(crate) struct Administrator(pub User);

impl FromRequestParts<Cloud> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Problem> {
        let user = cloud
            .users()
            .remember(claims::seen(&parts.extensions, &cloud.settings().groups_claim)?)
            .await
            .map_err(failed)?;
        claims::admit(&user, Level::is_administrator)?;
        Ok(Self(user))
    }
}
