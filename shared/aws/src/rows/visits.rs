//! Entering a link: reads what the gate judges by, in two rounds.
//!
//! Round one reads the link and the visit that the cookie names. If they let the request in, round two reads the link's
//! owner and the requested content. No content is read for a request that the link refuses.

use domain::asset::Asset;
use domain::gate::{Approach, OpenVisit, Refusal, approach};
use domain::id::{AssetId, BundleId, LinkId, VisitId};
use domain::library::counts::Counts;
use domain::library::query::Query;
use domain::link::Link;
use domain::set::Set;
use domain::user::User;
use domain::visit::{Visit, VisitCookie};
use jiff::Timestamp;

use crate::rows::order::Order;
use crate::rows::sets::{PageOf, counts_key, is_member, read_counts};
use crate::rows::table::{Cursor, Item, Key, Page, from_item};
use crate::rows::uses::{Used, used_key};
use crate::{Cloud, Error, rows::assets, rows::links, rows::users};

/// Why a request could not enter a link.
#[derive(Debug, thiserror::Error)]
pub enum NoEntry {
    /// The gate refused the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A store failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What a landing page shows: the visit, the figures of the link's assets, and a page of them.
#[derive(Debug)]
pub struct Landing {
    /// The proof that the request may see the content.
    pub visit: OpenVisit,
    /// The figures of the link's assets.
    pub counts: Counts,
    /// The requested page of them; `None` if there are too many to sort in the requested order.
    pub members: Option<Page<Asset>>,
}

/// Which assets a landing page shows.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    /// The order; by default the set's own.
    pub order: Option<Order>,
    /// What the assets must match.
    pub query: Option<&'a Query>,
    /// The end of the page before.
    pub after: Option<&'a Cursor>,
    /// The most assets on the page.
    pub limit: usize,
}

/// The most assets that are read to sort them for recipients.
const SORTED: usize = 1_000;

pub(crate) fn visit_key(link: &LinkId, visit: &VisitId) -> Key {
    Key::new(links::partition_key(link), format!("VISIT#{visit}"))
}

fn read_visit(item: Item) -> Result<Visit, Error> {
    from_item("read a visit", item)
}

/// Links as recipients use them: entering, spending uses, trying passwords.
#[derive(Clone, Copy)]
pub struct Visits<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Links as recipients use them: entering, spending uses, trying passwords.
    pub fn visits(&self) -> Visits<'_> {
        Visits(self)
    }
}

impl Visits<'_> {
    /// Reads a link and one of its visits consistently, in one request.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn link_and_visit(
        self,
        link: &LinkId,
        visit: Option<&VisitId>,
    ) -> Result<(Option<Link>, Option<Visit>), Error> {
        let (link, [visit]) = self.link_and_visits(link, [visit.cloned()]).await?;
        Ok((link, visit))
    }

    /// Reads a link and some of its visits consistently, in one request.
    ///
    /// DynamoDB reads the rows of one request at different moments, so a link may be found used up without the visit that
    /// spent its last use. A visit that is missing then is read once more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn link_and_visits<const N: usize>(
        self,
        link: &LinkId,
        visits: [Option<VisitId>; N],
    ) -> Result<(Option<Link>, [Option<Visit>; N]), Error> {
        let mut keys = vec![links::key(link), used_key(link)];
        keys.extend(visits.iter().flatten().map(|visit| visit_key(link, visit)));
        let mut items = self.0.rows().get_items("read a link and a visit", &keys).await?.into_iter();
        let (link, used) = (items.next().flatten(), items.next().flatten());
        let used = Used::read(used)?;
        let link = link.map(|link| links::read(link, used)).transpose()?;
        let mut found = [const { None }; N];
        let is_used_up = link.as_ref().is_some_and(|link| link.uses_left() == Some(0));
        for (place, visit) in found.iter_mut().zip(&visits) {
            let Some(visit) = visit else { continue };
            let mut row = items.next().flatten();
            if let (None, true, Some(link)) = (&row, is_used_up, &link) {
                let key = [visit_key(&link.id, visit)];
                row = self.0.rows().get_items("read a visit that may be new", &key).await?.pop().flatten();
            }
            *place = row.map(read_visit).transpose()?;
        }
        Ok((link, found))
    }

    async fn approach(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        now: Timestamp,
    ) -> Result<domain::gate::Admitted, NoEntry> {
        let id = LinkId::of(token);
        let (link, visit) = self.link_and_visit(&id, cookie.map(VisitCookie::visit_id).as_ref()).await?;
        match approach(link, visit.as_ref(), cookie, now)? {
            Approach::Admitted(admitted) => Ok(admitted),
            Approach::AtGate(gate) => {
                let owner =
                    self.0.users().find_many(std::slice::from_ref(&gate.link().owner)).await?.pop().flatten();
                Err(gate.with_owner(owner.as_ref()).into())
            }
        }
    }

    /// Enters a link and reads the wanted rows together with its owner's, in two rounds.
    async fn enter(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        now: Timestamp,
        wanted: impl FnOnce(&Link) -> Vec<Key>,
    ) -> Result<(OpenVisit, Vec<Option<Item>>), NoEntry> {
        let admitted = self.approach(token, cookie, now).await?;
        let mut keys = vec![users::key(&admitted.link().owner)];
        keys.extend(wanted(admitted.link()));
        let mut items = self.0.rows().get_items("read a link's owner and content", &keys).await?;
        let owner: Option<User> = items.remove(0).map(users::read).transpose()?.flatten();
        Ok((admitted.with_owner(owner.as_ref())?, items))
    }

    /// Enters a link for its landing page: three requests in two rounds, and for a selection four in three.
    ///
    /// # Errors
    /// The gate's refusal, or a store's failure.
    pub async fn enter_landing(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        listing: &Listing<'_>,
        now: Timestamp,
    ) -> Result<Landing, NoEntry> {
        let admitted = self.approach(token, cookie, now).await?;
        let set = admitted.link().set();
        let keys = [users::key(&admitted.link().owner), counts_key(&set)];
        let Listing { order, query, after, limit } = *listing;
        let page = PageOf { order: order.unwrap_or(Order::Natural), after, limit, sorted: SORTED };
        let rows = self.0.rows().get_items("read a link's owner and figures", &keys);
        let members = async {
            match query {
                Some(query) => self.0.sets().search_members(&set, query, &page).await,
                None => self.0.sets().list_members(&set, &page).await,
            }
        };
        let (mut rows, members) = futures_util::future::try_join(rows, members).await?;
        let mut counts = read_counts(&set, rows.pop().flatten().as_ref())?;
        if let (Set::List(_), None, None, Some(Page { items, next: None })) = (&set, query, after, &members) {
            // All of them were read, so what went since the list was written is known.
            counts = items.iter().map(Counts::of).sum();
        }
        let owner = rows.pop().flatten().map(users::read).transpose()?.flatten();
        Ok(Landing { visit: admitted.with_owner(owner.as_ref())?, counts, members })
    }

    /// Enters a link for one of its assets: two requests, and for a selection three. The asset is `None` if it is not
    /// in the link's target.
    ///
    /// # Errors
    /// The gate's refusal, or a store's failure.
    pub async fn enter_for_asset(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        asset: Option<&AssetId>,
        now: Timestamp,
    ) -> Result<(OpenVisit, Option<Asset>), NoEntry> {
        let admitted = self.approach(token, cookie, now).await?;
        let set = admitted.link().set();
        let list = async {
            match &set {
                Set::List(id) if asset.is_some() => self.0.lists().find(id).await,
                _ => Ok(None),
            }
        };
        let mut keys = vec![users::key(&admitted.link().owner)];
        keys.extend(asset.map(assets::key));
        let rows = self.0.rows().get_items("read a link's owner and an asset", &keys);
        let (list, rows) = futures_util::future::try_join(list, rows).await?;
        let mut rows = rows.into_iter();
        let owner = rows.next().flatten().map(users::read).transpose()?.flatten();
        let asset = rows.next().flatten().as_ref().map(assets::read).transpose()?.flatten();
        let asset = asset.filter(|asset| is_member(&set, list.as_ref(), asset));
        Ok((admitted.with_owner(owner.as_ref())?, asset))
    }

    /// Enters a link to request a bundle: two requests.
    ///
    /// # Errors
    /// The gate's refusal, or a store's failure.
    pub async fn enter_to_request_bundle(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        now: Timestamp,
    ) -> Result<(OpenVisit, Counts), NoEntry> {
        let (visit, mut rows) = self.enter(token, cookie, now, |link| vec![counts_key(&link.set())]).await?;
        let counts = read_counts(&visit.link().set(), rows.pop().flatten().as_ref())?;
        Ok((visit, counts))
    }

    /// Enters a link for one of its bundles: two requests. The bundle is `None` if the link has no such bundle.
    ///
    /// # Errors
    /// The gate's refusal, or a store's failure.
    pub async fn enter_for_bundle(
        self,
        token: &str,
        cookie: Option<&VisitCookie>,
        bundle: Option<&BundleId>,
        now: Timestamp,
    ) -> Result<(OpenVisit, Option<domain::bundle::Bundle>), NoEntry> {
        let (visit, mut items) = self
            .enter(token, cookie, now, |link| {
                bundle.iter().map(|bundle| crate::rows::bundles::key(&link.id, bundle)).collect()
            })
            .await?;
        let bundle = items.pop().flatten().map(crate::rows::bundles::read).transpose()?;
        Ok((visit, bundle))
    }
}
