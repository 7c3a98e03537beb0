//! `PATCH /api/links/{id}`: changes the fields that the body names. Spent uses stay spent.

use api::Failure;
use api::body;
use api::caller::Sharer;
use aws::rows::links::{Edited, OwnedLink};
use aws::{Cloud, clock, random};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use domain::link::body::{self as link_body, Given, LinkBody};
use domain::link::{Link, LinkTerms, Offer};
use domain::password::PasswordHash;
use domain::visit::VisitKey;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::create::hash;
use crate::links::owned;
use crate::links::owners::Owners;
use crate::links::view::{LinkView, view};

/// Tries of an edit; each one after the first starts from the row that another writer has changed.
const TRIES: u32 = 6;

/// Changes those terms of a link that are in the body.
///
/// The number of spent uses does not change. A new password or access ends all open visits.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/links/{id}", operation_id = "edit_link", tag = "Links",
    params(("id" = domain::id::LinkId, Path, description = "The link.")),
    request_body(content = domain::openapi::TermsDocument, description = "At most 1 MB."),
    responses(
        (status = 200, description = "The link as it is now.", body = LinkView),
        (status = 409, description = "Another request changed the link at the same time. Read it again."),
    ),
))]
pub(crate) async fn edit(
    State(cloud): State<Cloud>,
    Sharer(user): Sharer,
    Path(id): Path<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<LinkView>, Failure> {
    let object = body::object(bytes, TOO_LARGE)?;
    let names_target = object.contains_key("target");
    let (mut body, mut faults): (LinkBody, _) = body::fields(object);
    if names_target {
        faults.forget("target");
        faults.add("target", "What a link shares can't be changed. Create another link.");
    }
    let password = link_body::parse_password(std::mem::take(&mut body.password), &mut faults);
    let mut hashed: Option<Given<PasswordHash>> = None;
    for _ in 0..TRIES {
        let was = owned::find(&user, &cloud, &id).await?;
        let now = clock::now();
        let eligible = match (&body.access, &body.options) {
            (Given::Absent, Given::Absent) => Offer::default(),
            _ => eligible(&cloud, &was.link).await?,
        };
        let mut faults = faults.clone();
        let terms = was.link.terms.clone().change(body.clone(), &eligible, now, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::unprocessable(faults).into());
        }
        let password = match &hashed {
            Some(hashed) => hashed.clone(),
            None => hashed.insert(hash_given(password.clone()).await?).clone(),
        };
        let mut link = edited(&was.link, terms, password, random::bytes());
        let mut owners = Owners::knowing(&user);
        if link == was.link {
            return Ok(Json(view(&cloud, was, &mut owners, now).await?));
        }
        link.updated = now;
        link.revision += 1;
        let edited = OwnedLink { link, token: was.token };
        match cloud.links().edit(&was.link, &edited.link).await? {
            Edited::Done => {
                tracing::info!(link = %edited.link.id, "a link was edited");
                return Ok(Json(view(&cloud, edited, &mut owners, now).await?));
            }
            Edited::Outdated => {
                tracing::debug!(link = %edited.link.id, "another writer changed the link first")
            }
        }
    }
    Err(Problem::conflict("This link is being changed by others at the moment. Try again.").into())
}

/// The download options that the link's target can offer now.
async fn eligible(cloud: &Cloud, link: &Link) -> Result<Offer, aws::Error> {
    Ok(Offer::eligible(&cloud.sets().count_now(&link.set()).await?))
}

async fn hash_given(password: Given<domain::password::Password>) -> Result<Given<PasswordHash>, Problem> {
    Ok(match password {
        Given::Absent => Given::Absent,
        Given::Set(None) => Given::Set(None),
        Given::Set(Some(password)) => Given::Set(Some(hash(password).await?)),
    })
}

/// The link on new terms. If its security changes (password or access), it gets a new visit key, which ends all visits
/// opened on the old terms.
fn edited(was: &Link, terms: LinkTerms, password: Given<PasswordHash>, fresh: [u8; 16]) -> Link {
    let mut link = Link { terms, ..was.clone() };
    if let Given::Set(password) = password {
        link.password = password;
    }
    if link.password != was.password || link.terms.access != was.terms.access {
        link.visit_key = VisitKey::from_random(fresh);
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::link::Access;
    use domain::samples::{self, link_with_every_term as link};

    fn edit(json: &str, password: Given<PasswordHash>) -> Link {
        let mut faults = domain::field_error::Faults::default();
        let now = samples::moment();
        let terms =
            link().terms.change(serde_json::from_str(json).unwrap(), &Offer::originals(), now, &mut faults);
        assert!(faults.is_empty());
        edited(&link(), terms, password, [9; 16])
    }

    #[test]
    fn after_two_uses_a_limit_of_three_leaves_one() {
        let edited = edit(r#"{"max_uses": 3}"#, Given::Absent);
        assert_eq!((edited.used, edited.uses_left()), (2, Some(1)));
        assert_eq!(edit(r#"{"max_uses": 1}"#, Given::Absent).uses_left(), Some(0));
    }

    #[test]
    fn only_a_change_of_security_ends_open_visits() {
        let other = samples::password("other");
        assert_ne!(edit("{}", Given::Set(Some(other))).visit_key, link().visit_key);
        let removed = edit("{}", Given::Set(None));
        assert!(removed.password.is_none() && removed.visit_key != link().visit_key);
        let view_only = edit(r#"{"access": "view_only"}"#, Given::Absent);
        assert!(view_only.terms.access == Access::ViewOnly && view_only.visit_key != link().visit_key);
        let kept =
            edit(r#"{"title": "x", "expires": null, "max_uses": 9, "access": "download"}"#, Given::Absent);
        assert_eq!((kept.visit_key, kept.password), (link().visit_key, link().password));
        assert_eq!(edit("{}", Given::Absent), link(), "nothing named, nothing changed");
    }
}
