//! The document of a user, and the answer for an unknown id.

use domain::id::UserId;
use domain::user::User;
use domain::user::level::Level;
use serde::Serialize;
use web::problem::Problem;

/// The document of a user, for administrators.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = User))]
pub(crate) struct UserView {
    id: UserId,
    name: String,
    email: String,
    /// As of their last request, because it comes from their token.
    level: Level,
    enabled: bool,
    service_account: bool,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let User { id, name, email, level, enabled, service_account } = user;
        Self { id, name, email, level, enabled, service_account }
    }
}

/// 404, for an id that no user has, or no longer has.
pub(super) fn unknown_user() -> Problem {
    Problem::not_found(
        "No user has this id. People are known only after their first sign-in, and deleted accounts are no longer known.",
    )
}

/// Parses the id in a request's path.
///
/// # Errors
/// 404 for a text that can't be a user's id.
pub(super) fn parse_id(id: &str) -> Result<UserId, Problem> {
    id.parse().map_err(|_| unknown_user())
}
