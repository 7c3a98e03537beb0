//! A link as the API tells of it.

use api::documents::OfferDocument;
use aws::Cloud;
use aws::rows::links::OwnedLink;
use domain::id::{AssetId, LinkId};
use domain::invisible::without_invisible;
use domain::link::{Access, Link, LinkStatus, Target};
use domain::set::SetHead;
use domain::user::User;
use jiff::Timestamp;
use serde::Serialize;

use crate::links::owners::Owners;

/// One link: its body as it was given but for the password, and what reads add.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Link))]
pub(crate) struct LinkView {
    id: LinkId,
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    url: String,
    target: TargetView,
    title: String,
    expires: Option<String>,
    time_zone: Option<String>,
    max_uses: Option<u32>,
    access: Access,
    attributes: Option<Vec<String>>,
    options: Option<OfferDocument>,
    creator: CreatorView,
    created: Timestamp,
    updated: Timestamp,
    used: u32,
    uses_left: Option<u32>,
    expires_at: Option<Timestamp>,
    has_password: bool,
    status: LinkStatus,
    /// Visits opened: for a link with a gate, as many as uses spent.
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
    /// What it was called when it was shared.
    name: String,
    /// Of a selection: how many of its assets are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    count: Option<i64>,
    /// Of a selection that was asked for by itself: its assets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    assets: Option<Vec<AssetId>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Creator))]
struct CreatorView {
    id: String,
    /// `null` once the user is gone.
    name: Option<String>,
}

impl LinkView {
    fn new(url: String, link: Link, owner: Option<&User>, count: Option<i64>, now: Timestamp) -> Self {
        let (kind, id, include_subfolders) = match &link.target {
            Target::Asset { id } => ("asset", Some(id.to_string()), None),
            Target::Folder { id, include_subfolders } => {
                ("folder", Some(id.to_string()), Some(*include_subfolders))
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
            options: (link.access == Access::Download).then(|| link.options.into()),
            creator: CreatorView { id: link.owner.clone(), name: owner.map(|owner| owner.name.clone()) },
            uses_left: link.uses_left(),
            has_password: link.password.is_some(),
            status: link.status(owner.is_some_and(|owner| owner.enabled), now),
            visits: link.used,
            id: link.id,
            title: link.title,
            expires: link.expires,
            time_zone: link.time_zone,
            max_uses: link.max_uses,
            access: link.access,
            attributes: link.attributes,
            created: link.created,
            updated: link.updated,
            used: link.used,
            expires_at: link.expires_at,
        }
    }

    /// With the assets of its selection.
    pub fn with_assets(mut self, assets: Vec<AssetId>) -> Self {
        if self.target.kind == "selection" {
            self.target.assets = Some(assets);
        }
        self
    }
}

/// Several links, with one read for the figures of their selections.
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
    let mut heads = cloud.sets().heads(&sets).await?.into_iter();
    let views = links.into_iter().map(|owned| {
        let count = is_selection(&owned).then(|| heads.next().flatten()).map(asset_count);
        let url = cloud.link_url(&owned.token);
        let owner = owners.of(&owned.link);
        LinkView::new(url, owned.link, owner, count, now)
    });
    Ok(views.collect())
}

/// One link.
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
        Target::Selection => Some(asset_count(cloud.sets().head(&owned.link.set()).await?)),
        Target::Asset { .. } | Target::Folder { .. } => None,
    };
    let url = cloud.link_url(&owned.token);
    let owner = owners.of(&owned.link).cloned();
    Ok(LinkView::new(url, owned.link, owner.as_ref(), count, now))
}

fn asset_count(head: Option<SetHead>) -> i64 {
    head.map_or(0, |head| head.counts.asset_count)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::id::FolderId;
    use domain::link::DownloadOptions;
    use domain::password::Password;
    use domain::token::LinkToken;
    use domain::user::level::Level;
    use domain::visit::VisitKey;

    pub(crate) fn link() -> Link {
        let at: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        Link {
            id: LinkToken::from_random([1; 16]).link_id(),
            owner: "carl".into(),
            target: Target::Folder { id: FolderId::of("Press"), include_subfolders: true },
            target_name: "Press".into(),
            title: "Autumn".into(),
            expires: Some("2026-12-04".into()),
            time_zone: Some("Europe/Paris".into()),
            expires_at: Some("2026-12-04T22:59:59Z".parse().unwrap()),
            max_uses: Some(3),
            used: 2,
            password: Some(Password::new("secret".into()).unwrap().hash([1; 16])),
            visit_key: VisitKey::from_random([1; 16]),
            access: Access::Download,
            attributes: Some(vec!["Credit".into()]),
            options: DownloadOptions { original: true, ..DownloadOptions::default() },
            created: at,
            updated: at,
            revision: 4,
        }
    }

    pub(crate) fn carl() -> User {
        User {
            id: "carl".into(),
            name: "Carl".into(),
            email: "carl@example.org".into(),
            level: Level::Consumer,
            enabled: true,
            service_account: false,
        }
    }

    fn told(link: Link, owner: Option<&User>, count: Option<i64>) -> serde_json::Value {
        let now = "2026-11-25T00:00:00Z".parse().unwrap();
        serde_json::to_value(LinkView::new("http://localhost/s/x".into(), link, owner, count, now)).unwrap()
    }

    #[test]
    fn a_link_is_told_as_the_contract_says_and_keeps_its_secrets() {
        let link = link();
        let (id, folder) = (link.id.as_str().to_owned(), FolderId::of("Press"));
        assert_eq!(
            told(link, Some(&carl()), None),
            serde_json::json!({
                "id": id, "url": "http://localhost/s/x",
                "target": {
                    "kind": "folder", "id": folder.as_str(), "include_subfolders": true, "name": "Press",
                },
                "title": "Autumn", "expires": "2026-12-04", "time_zone": "Europe/Paris", "max_uses": 3,
                "access": "download", "attributes": ["Credit"],
                "options": {
                    "original": true, "thumbnail": false, "preview": false, "views": [], "presets": [], "pdf": null,
                    "attributes": [], "attribute_history": false,
                },
                "creator": {"id": "carl", "name": "Carl"},
                "created": "2026-11-24T10:00:00Z", "updated": "2026-11-24T10:00:00Z", "used": 2, "uses_left": 1,
                "expires_at": "2026-12-04T22:59:59Z", "has_password": true, "status": "active", "visits": 2,
            })
        );
    }

    #[test]
    fn a_view_only_link_has_no_options_and_a_gone_owner_no_name() {
        let link = Link { access: Access::ViewOnly, target: Target::Selection, password: None, ..link() };
        let view = told(link, None, Some(2));
        assert_eq!(view["options"], serde_json::Value::Null);
        assert_eq!(view["target"], serde_json::json!({"kind": "selection", "name": "Press", "count": 2}));
        assert_eq!(view["creator"], serde_json::json!({"id": "carl", "name": null}));
        assert_eq!((&view["status"], &view["has_password"]), (&"owner_gone".into(), &false.into()));
    }
}
