//! A user as the API shows them, and what an id that is nobody's gets.

use domain::id::UserId;
use domain::user::User;
use domain::user::level::Level;
use serde::Serialize;
use web::problem::Problem;

/// A user, as administrators see them.
#[derive(Serialize)]
pub(crate) struct UserView {
    id: UserId,
    name: String,
    email: String,
    /// As of the last time they were here: it comes from their token.
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

/// 404, for an id that nobody has, or no longer.
pub(super) fn nobody() -> Problem {
    Problem::not_found(
        "No user has this id. Somebody who never signed in is not known here yet, and a deleted account is known no more.",
    )
}

/// The id in a request's path.
///
/// # Errors
/// 404 for what can't be a user's id.
pub(super) fn parse_id(id: &str) -> Result<UserId, Problem> {
    id.parse().map_err(|_| nobody())
}
