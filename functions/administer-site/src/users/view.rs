//! The document of a user, and the answer for an unknown id.

use domain::user::User;
use domain::user::level::Level;
use serde::Serialize;
use web::problem::Problem;

/// The document of a user, for administrators.
#[derive(Serialize)]
pub(crate) struct UserView {
    id: String,
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

/// Whether a text could be a user's id: OpenID Connect Core, section 2, limits ids to 255 characters, and a text longer
/// than a row's key (2,048 bytes) would be an error of the store.
pub(super) fn could_be_an_id(id: &str) -> bool {
    (1..=1_000).contains(&id.len())
}
