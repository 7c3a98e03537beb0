//! The document of a link.

use aws::Cloud;
use aws::rows::links::OwnedLink;
use domain::id::{AssetId, FolderId, LinkId, UserId};
use domain::invisible::without_invisible;
use domain::link::{Link, LinkStatus, LinkTerms, Target};
use domain::user::User;
use jiff::Timestamp;
use serde::Serialize;

use crate::links::owners::Owners;

/// The document of a link: its body without the password, and the fields that the site adds.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Link))]
pub(crate) struct LinkView {
    id: LinkId,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    url: String,
    target: TargetView,
    #[serde(flatten)]
    terms: LinkTerms,
    creator: CreatorView,
    created: Timestamp,
    updated: Timestamp,
    used: u32,
    uses_left: Option<u32>,
    has_password: bool,
    status: LinkStatus,
    /// Opened visits; for a link with a gate, as many as spent uses.
    visits: u32,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SharedTarget))]
struct TargetView {
    #[cfg_attr(feature = "openapi", schema(pattern = "^(asset|folder|selection)$"))]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    include_subfolders: Option<bool>,
    /// Its name when the link was created.
    name: String,
    /// For a selection: how many of its assets exist; in a list of links, how many were selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    count: Option<i64>,
    /// For a selection, if the link was read by its id: its assets. Some may have been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    assets: Option<Vec<AssetId>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Creator))]
struct CreatorView {
    id: UserId,
    /// `null` if the user was deleted.
    name: Option<String>,
}

impl LinkView {
    fn new(url: String, link: Link, owner: Option<&User>, count: Option<i64>, now: Timestamp) -> Self {
        let (kind, id, include_subfolders) = match &link.target {
            Target::Asset { id } => ("asset", Some(id.to_string()), None),
            Target::Folder { path, include_subfolders } => {
                ("folder", Some(FolderId::of(path).to_string()), Some(*include_subfolders))
            }
            Target::Selection => ("selection", None, None),
        };
        Self {
            url,
            target: TargetView {
                kind,
                id,
                include_subfolders,
                name: without_invisible(&link.target_name),
                count,
                assets: None,
            },
            creator: CreatorView { id: link.owner.clone(), name: owner.map(|owner| owner.name.clone()) },
            uses_left: link.uses_left(),
            has_password: link.password.is_some(),
            status: link.status(owner.is_some_and(|owner| owner.enabled), now),
            visits: link.used,
            id: link.id,
            terms: link.terms,
            created: link.created,
            updated: link.updated,
            used: link.used,
        }
    }

    /// Adds the assets of its selection.
    pub fn with_assets(mut self, assets: Vec<AssetId>) -> Self {
        if self.target.kind == "selection" {
            self.target.assets = Some(assets);
        }
        self
    }
}

/// The documents of several links, with one read for the figures of their selections.
///
/// # Errors
/// When the store fails.
pub(crate) async fn views(
    cloud: &Cloud,
    links: Vec<OwnedLink>,
    owners: &Owners,
    now: Timestamp,
) -> Result<Vec<LinkView>, aws::Error> {
    let is_selection = |owned: &OwnedLink| owned.link.target == Target::Selection;
    let sets: Vec<_> =
        links.iter().filter(|owned| is_selection(owned)).map(|owned| owned.link.set()).collect();
    let mut counts = cloud.sets().counts_of_many(&sets).await?.into_iter();
    let views = links.into_iter().map(|owned| {
        let count = is_selection(&owned).then(|| counts.next().unwrap_or_default().asset_count);
        let url = cloud.link_url(&owned.token);
        let owner = owners.of(&owned.link);
        LinkView::new(url, owned.link, owner, count, now)
    });
    Ok(views.collect())
}

/// The document of one link.
///
/// # Errors
/// When the store fails.
pub(crate) async fn view(
    cloud: &Cloud,
    owned: OwnedLink,
    owners: &mut Owners,
    now: Timestamp,
) -> Result<LinkView, aws::Error> {
    owners.read(cloud, std::iter::once(&owned.link)).await?;
    let count = match owned.link.target {
        Target::Selection => Some(cloud.sets().count_now(&owned.link.set()).await?.asset_count),
        Target::Asset { .. } | Target::Folder { .. } => None,
    };
    let url = cloud.link_url(&owned.token);
    let owner = owners.of(&owned.link).cloned();
    Ok(LinkView::new(url, owned.link, owner.as_ref(), count, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::link::Access;
    use domain::samples::{self, link_with_every_term};

    fn document(link: Link, owner: Option<&User>, count: Option<i64>) -> serde_json::Value {
        let url = "http://localhost/s/x".to_owned();
        serde_json::to_value(LinkView::new(url, link, owner, count, samples::moment())).unwrap()
    }

    #[test]
    fn a_link_keeps_its_secrets() {
        let link = link_with_every_term();
        let secrets = serde_json::to_value(&link).unwrap();
        let text = document(link, Some(&samples::owner()), None).to_string();
        for secret in ["password", "visit_key"] {
            assert!(!text.contains(secrets[secret].as_str().unwrap()), "{secret}");
        }
    }

    #[test]
    fn a_view_only_link_has_no_options_and_a_deleted_owner_no_name() {
        let mut link = Link { target: Target::Selection, password: None, ..link_with_every_term() };
        (link.terms.access, link.terms.options) = (Access::ViewOnly, None);
        let view = document(link, None, Some(2));
        assert_eq!(view["options"], serde_json::Value::Null);
        assert_eq!(view["target"], serde_json::json!({"kind": "selection", "name": "Press", "count": 2}));
        assert_eq!(view["creator"], serde_json::json!({"id": "carl", "name": null}));
        assert_eq!((&view["status"], &view["has_password"]), (&"owner_gone".into(), &false.into()));
    }
}
