//! Finds a link that a user may manage.

use api::Failure;
use aws::Cloud;
use aws::rows::links::OwnedLink;
use domain::id::UserId;
use domain::user::User;
use web::problem::Problem;

/// Finds a link that this user may manage.
///
/// # Errors
/// The same 404 for a malformed id, an unknown id, and the id of somebody else's link.
pub(crate) async fn find(user: &User, cloud: &Cloud, id: &str) -> Result<OwnedLink, Failure> {
    let owned = match id.parse() {
        Ok(id) => cloud.links().find(&id).await?,
        Err(_) => None,
    };
    let owned = owned.filter(|owned| manages(user, &owned.link.owner));
    let missing = || Problem::not_found("You have no link with this id. It may have been deleted.");
    Ok(owned.ok_or_else(missing)?)
}

/// Whether a user may manage the links of `owner`: users their own, administrators all.
fn manages(user: &User, owner: &UserId) -> bool {
    user.id == *owner || user.level.is_administrator()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::samples;
    use domain::user::level::Level;

    #[test]
    fn owners_and_administrators_manage_a_link() {
        let user = |id: &str, level| User { level, ..samples::user(id) };
        let carl = samples::user_id("carl");
        assert!(manages(&user("carl", Level::Consumer), &carl));
        assert!(!manages(&user("cora", Level::Director), &carl));
        assert!(manages(&user("ada", Level::Administrator), &carl));
    }
}
