//! A user as the API shows them, and what an id that is nobody's gets.

use domain::user::User;
use domain::user::level::Level;
use serde::Serialize;
use web::problem::Problem;

/// A user, as administrators see them.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = User))]
pub(crate) struct UserView {
    id: String,
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

/// Whether a text could be anybody's id: OpenID Connect Core, 2, ends them at
/// 255 characters; what is longer than a row's key (2,048 bytes) would be an error of the store.
pub(super) fn could_be_an_id(id: &str) -> bool {
    (1..=1_000).contains(&id.len())
}
