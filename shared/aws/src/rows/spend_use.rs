//! Spends a use: exactly once, even if a request fails or is repeated at any step.
//!
//! The uses of a link have a row of their own beside the link's: `USED`, with the number of spent uses and the revision of
//! the link for which they may be spent. Openers write this row and never the link's; the owner writes the link's row,
//! then brings this one to the new revision. So the owner can always edit or delete a link, even while
//! many recipients open it.

use std::time::Duration;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::link::Link;
use domain::visit::Visit;
use jiff::Timestamp;

use crate::rows::table::{number, to_item};
use crate::rows::uses::{Used, used_key};
use crate::rows::visits::{Visits, visit_key};
use crate::rows::windows::Counted;
use crate::{Error, rows::links};

/// Attempts of an opening that conflicts with others. More attempts would only cause more conflicts, so the opener gets
/// an error and tries again later.
const OPENING_ATTEMPTS: u32 = 3;

/// How often a link is judged again because its owner changed it during the opening.
const JUDGEMENTS: u32 = 4;

/// The outcome of an attempt to open a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The visit was opened, and one use was spent.
    Opened,
    /// An earlier attempt with the same nonce opened the visit. No use was spent.
    AlreadyOpen,
    /// The link has ended, or its security has changed since it was read. No use was spent.
    Refused,
}

impl Visits<'_> {
    /// Writes the visit and counts the use in one transaction, so that neither exists without the other. Its conditions
    /// check the whole rule of the link: it still has the revision that was judged, and a use left. If the link was edited
    /// since, it is judged again on its new terms. The owner is judged before, by [`domain::gate::knock()`], and again at
    /// each later request; a check in the transaction would make all openings of the owner's links conflict at the
    /// owner's row.
    ///
    /// A counted password try (`tried`) is given back, because the password was right.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many open the link at the same time; when the store fails. The same call may be repeated:
    /// it does not spend a second use.
    pub async fn spend_use(
        self,
        judged: &Link,
        visit: &Visit,
        tried: Option<&Counted>,
        now: Timestamp,
    ) -> Result<Spent, Error> {
        let spent = self.spend_judging_again(judged, visit, now).await;
        if let Some(tried) = tried
            && let Err(error) = self.0.windows().give_back(tried).await
        {
            // The visit counts more than the try, which stays counted until its window ends.
            tracing::warn!(%error, "a password try was not given back");
        }
        spent
    }

    async fn spend_judging_again(self, judged: &Link, visit: &Visit, now: Timestamp) -> Result<Spent, Error> {
        let mut link = judged.clone();
        for _ in 0..JUDGEMENTS {
            if link.has_expired(now) {
                return Ok(Spent::Refused);
            }
            match self.put_visit_and_count(&link, visit).await? {
                Ok(()) => return Ok(Spent::Opened),
                Err(failed) if failed.first() == Some(&true) => return Ok(Spent::AlreadyOpen),
                Err(_) => {}
            }
            let keys = [links::key(&link.id), used_key(&link.id)];
            let mut rows = self.0.rows().get_items("judge a link again", &keys).await?.into_iter();
            let (row, used) = (rows.next().flatten(), rows.next().flatten());
            let (Some(row), Some(used)) = (row, used) else { return Ok(Spent::Refused) };
            let used = Used::read(Some(used))?;
            let found = links::read(row, used)?;
            if found.visit_key != judged.visit_key || !found.can_be_used(now) {
                return Ok(Spent::Refused);
            }
            if used.revision < found.revision {
                self.0.rows().bring_uses_to(&found, Duration::ZERO).await?;
            }
            link = found;
        }
        Err(Error::Busy { doing: "spend a use", cause: "the link changed at each attempt".into() })
    }

    /// The inner `Err` says for each of the two writes whether its condition failed.
    async fn put_visit_and_count(self, link: &Link, visit: &Visit) -> Result<Result<(), Vec<bool>>, Error> {
        let doing = "spend a use";
        let mut row = to_item(doing, visit)?;
        row.extend(visit_key(&link.id, &visit.id).item());
        // DynamoDB deletes the row some time after its `ttl`; until then `ends_at` decides whether the visit is open.
        row.insert("ttl".into(), number(visit.ends_at.as_second() + 86_400));
        let mut count = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(used_key(&link.id).item()))
            .update_expression("ADD used :one")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":judged", number(link.revision));
        count = match link.terms.max_uses {
            None => count.condition_expression("#revision = :judged"),
            Some(max) => count
                .condition_expression("#revision = :judged AND used < :max")
                .expression_attribute_values(":max", number(max)),
        };
        let count = count.build().map_err(|e| Error::broken(doing, e))?;
        let writes =
            vec![self.0.rows().new_row(doing, row)?, TransactWriteItem::builder().update(count).build()];
        self.0.rows().write_together_within(doing, writes, OPENING_ATTEMPTS).await
    }
}
