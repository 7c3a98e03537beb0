//! Spending a use: exactly once, whatever happens between any two steps.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::link::Link;
use domain::visit::Visit;
use jiff::Timestamp;

use crate::rows::table::{number, string, to_item};
use crate::rows::visits::Visits;
use crate::rows::visits::visit_key;
use crate::rows::windows::Counted;
use crate::{Error, rows::links};

/// What became of an attempt to open a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The visit stands, and one use was spent on it.
    Opened,
    /// The visit stood already: an earlier attempt with the same nonce had succeeded. Nothing was spent.
    AlreadyOpen,
    /// The link has ended, or changed its security meanwhile. Nothing was spent.
    Refused,
}

/// When a use may be spent: [`Link::can_be_used`] in DynamoDB's words, and that the security is still what the
/// caller judged by.
pub const CAN_BE_USED: &str = "visit_key = :visit_key \
    AND (attribute_not_exists(max_uses) OR used < max_uses) \
    AND (attribute_not_exists(ends_at) OR ends_at > :now)";

impl Visits<'_> {
    /// Puts the visit and counts the use in one transaction, so that neither is ever there without the other. The
    /// transaction carries the whole rule of the link. Its owner is judged before, by [`domain::gate::knock()`], and
    /// again at each later request; in the transaction, every opening of all of their links would meet at their row.
    ///
    /// A password try that turned out right is no guess, whatever becomes of the use: it is given back in the
    /// transaction, or by itself where that was refused.
    ///
    /// # Errors
    /// When the store fails. The same call again is safe: it spends nothing twice.
    pub async fn spend_use(
        self,
        link: &Link,
        visit: &Visit,
        tried: Option<&Counted>,
        now: Timestamp,
    ) -> Result<Spent, Error> {
        let doing = "spend a use";
        let broken = |e| Error::broken(doing, e);
        let mut row = to_item(doing, visit)?;
        row.extend(visit_key(&link.id, &visit.id).item());
        // DynamoDB deletes it some time after this; it is judged by `ends_at` until then.
        row.insert("ttl".into(), number(visit.ends_at.as_second() + 86_400));
        let count = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(links::key(&link.id).item()))
            .update_expression("ADD used :one")
            .condition_expression(CAN_BE_USED)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":visit_key", string(link.visit_key.reveal()))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .build()
            .map_err(broken)?;
        let writes =
            vec![self.0.rows().new_row(doing, row)?, TransactWriteItem::builder().update(count).build()];
        let whole = writes.len();
        let outcome = match tried {
            None => self.0.rows().write_together(doing, writes).await?,
            Some(tried) => {
                let with_try = [writes.clone(), self.0.windows().decrements(tried)?].concat();
                match self.0.rows().write_together(doing, with_try).await? {
                    // Only the try could not be given back: its window is gone, and the try with it.
                    Err(failed) if !failed[..whole].contains(&true) => {
                        self.0.rows().write_together(doing, writes).await?
                    }
                    outcome => outcome,
                }
            }
        };
        let spent = match outcome {
            Ok(()) => return Ok(Spent::Opened),
            Err(failed) if failed.first() == Some(&true) => Spent::AlreadyOpen,
            Err(_) => Spent::Refused,
        };
        if let Some(tried) = tried {
            self.0.windows().give_back(tried).await?;
        }
        Ok(spent)
    }
}
