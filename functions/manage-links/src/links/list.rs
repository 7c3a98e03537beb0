//! `GET /api/links?status=&q=&sort=&owner=me|all&cursor=&limit=`: a page of the user's own links, or of all links.

use api::Failure;
use api::caller::Browser;
use api::query::{Query, USUAL_LIMIT};
use aws::rows::link_list::{LinkOrder, Whose};
use aws::rows::table::Cursor;
use aws::{Cloud, clock};
use axum::Json;
use axum::extract::State;
use domain::field_error::FieldError;
use domain::link::{Link, LinkStatus};
use domain::name::name_contains;
use domain::user::User;
use http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use web::problem::Problem;

use crate::links::owners::Owners;
use crate::links::view::{LinkView, views};

/// A filtered list reads at most this many rounds of this many links, then answers with what it has and a cursor.
const ROUNDS: usize = 10;
const ROUND: usize = 200;

/// A page of links. With a filter it may be short, even empty, and still have a next one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Links {
    items: Vec<LinkView>,
    next: Option<String>,
}

/// The filter by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WantedStatus {
    /// Links with this status.
    Is(LinkStatus),
    /// Disabled links, which this site can't have yet.
    Disabled,
}

/// The parsed query.
#[derive(Debug, PartialEq)]
struct ListLinks {
    all: bool,
    status: Option<WantedStatus>,
    typed: Option<String>,
    order: LinkOrder,
    after: Option<Cursor>,
    limit: usize,
}

impl ListLinks {
    fn read(uri: &Uri) -> Result<Self, Problem> {
        let mut query = Query::read(uri, &["status", "q", "sort", "owner", "cursor", "limit"]);
        let all = query.parse("owner", "Give me or all.", |owner| match owner {
            "me" => Some(false),
            "all" => Some(true),
            _ => None,
        });
        let statuses = "Give active, expired, used_up, disabled or owner_gone.";
        let wanted = query.parse("status", statuses, |status| match status {
            "active" => Some(WantedStatus::Is(LinkStatus::Active)),
            "expired" => Some(WantedStatus::Is(LinkStatus::Expired)),
            "used_up" => Some(WantedStatus::Is(LinkStatus::UsedUp)),
            "owner_gone" => Some(WantedStatus::Is(LinkStatus::OwnerGone)),
            "disabled" => Some(WantedStatus::Disabled),
            _ => None,
        });
        let order = query.parse("sort", "Sort by created, -created, title or -title.", |sort| match sort {
            "-created" => Some(LinkOrder::Newest),
            "created" => Some(LinkOrder::Oldest),
            "title" => Some(LinkOrder::Title),
            "-title" => Some(LinkOrder::TitleDescending),
            _ => None,
        });
        let list = Self {
            all: all.unwrap_or_default(),
            status: wanted,
            typed: query.typed(),
            order: order.unwrap_or(LinkOrder::Newest),
            after: query.cursor(),
            limit: query.limit(USUAL_LIMIT),
        };
        query.finish()?;
        Ok(list)
    }

    fn is_filtered(&self) -> bool {
        self.status.is_some() || self.typed.is_some()
    }

    /// Whether a link belongs in the list. The typed text is searched in the title, the target's name and, in the list
    /// of all links, the creator's name.
    fn wants(&self, link: &Link, owner: Option<&User>, now: Timestamp) -> bool {
        let has_status = match self.status {
            None => true,
            Some(WantedStatus::Is(status)) => {
                link.status(owner.is_some_and(|owner| owner.enabled), now) == status
            }
            Some(WantedStatus::Disabled) => false,
        };
        has_status
            && self.typed.as_deref().is_none_or(|typed| {
                name_contains(&link.terms.title, typed)
                    || name_contains(&link.target_name, typed)
                    || (self.all && owner.is_some_and(|owner| name_contains(&owner.name, typed)))
            })
    }
}

/// Lists the user's own links, or all links of the site.
///
/// The newest link is first if `sort` is not given. With a filter a page may be short, even empty, and still have a next
/// one.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/links", operation_id = "list_links", tag = "Links",
    params(crate::openapi::WhichLinks, api::openapi::Typed, api::openapi::Page),
    responses((status = 200, description = "A page of links.", body = Links)),
))]
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Browser { user, .. }: Browser,
    uri: Uri,
) -> Result<Json<Links>, Failure> {
    let list = ListLinks::read(&uri)?;
    if list.all && !user.level.is_administrator() {
        let detail = "Only administrators can list all links. Use owner=me.";
        return Err(Problem::forbidden(detail).into());
    }
    let now = clock::now();
    let mut owners = Owners::knowing(&user);
    let found = find(&cloud, &list, &user, &mut owners, now).await?;
    let (found, next) = found.ok_or_else(|| Problem::unprocessable([too_many_to_sort()]))?;
    let found = cloud.links().add_secrets(found).await?;
    let items = views(&cloud, found, &owners, now).await?;
    Ok(Json(Links { items, next: next.map(|cursor| cursor.to_string()) }))
}

fn too_many_to_sort() -> FieldError {
    FieldError::new("sort", "There are too many links to sort them by title. Sort by created or -created.")
}

/// The links of the page, and where the next one starts; `None` if there are too many to sort.
async fn find(
    cloud: &Cloud,
    list: &ListLinks,
    user: &User,
    owners: &mut Owners,
    now: Timestamp,
) -> Result<Option<(Vec<Link>, Option<Cursor>)>, aws::Error> {
    let whose = if list.all { Whose::Site } else { Whose::Owner(&user.id) };
    let at_once = if list.is_filtered() { ROUND } else { list.limit };
    let mut found: Vec<Link> = Vec::new();
    let mut after = list.after.clone();
    for _ in 0..ROUNDS {
        let Some(page) = cloud.links().list(whose, list.order, after.as_ref(), at_once).await? else {
            return Ok(None);
        };
        owners.read(cloud, page.items.iter()).await?;
        let mut rest = page.items.into_iter();
        for link in rest.by_ref() {
            if list.wants(&link, owners.of(&link), now) {
                found.push(link);
            }
            if found.len() == list.limit {
                break;
            }
        }
        let is_cut = rest.len() > 0;
        after = match found.last() {
            Some(last) if is_cut => Some(list.order.place(last)),
            _ => page.next,
        };
        if found.len() == list.limit || after.is_none() {
            break;
        }
    }
    Ok(Some((found, after)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::samples::{self, link_with_every_term as link};

    fn read(query: &str) -> Result<ListLinks, Problem> {
        ListLinks::read(&format!("/api/links?{query}").parse().unwrap())
    }

    #[test]
    fn every_parameter_has_a_default() {
        let own = ListLinks {
            all: false,
            status: None,
            typed: None,
            order: LinkOrder::Newest,
            after: None,
            limit: 50,
        };
        assert_eq!(read("").unwrap(), own);
        assert_eq!(read("status=&q=&sort=&owner=&cursor=&limit=").unwrap(), own);
    }

    #[test]
    fn all_faults_are_named_in_one_answer() {
        let refused = read("status=on&sort=uses&owner=carl&cursor=*&limit=500").unwrap_err();
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.fields(), ["owner", "status", "sort", "cursor", "limit"]);
    }

    #[test]
    fn a_filter_tests_status_and_names() {
        let now = samples::moment();
        let wants = |query: &str, owner: Option<&User>| read(query).unwrap().wants(&link(), owner, now);
        let carl = samples::owner();
        assert!(wants("status=active", Some(&carl)) && !wants("status=expired", Some(&carl)));
        assert!(wants("status=owner_gone", None) && !wants("status=active", None));
        assert!(!wants("status=disabled", Some(&carl)));
        assert!(
            wants("q=AUT", Some(&carl)) && wants("q=press", Some(&carl)) && !wants("q=spring", Some(&carl))
        );
        assert!(wants("q=carl&owner=all", Some(&carl)) && !wants("q=carl", Some(&carl)));
    }
}
