//! Spends a use: exactly once, even if a request fails or is repeated at any step.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::link::Link;
use domain::visit::Visit;
use jiff::Timestamp;

use crate::rows::table::{number, string, to_item};
use crate::rows::visits::Visits;
use crate::rows::visits::visit_key;
use crate::rows::windows::Counted;
use crate::{Error, rows::links};

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

/// The condition to spend a use: [`Link::can_be_used`] as a DynamoDB expression, and that the security has not changed
/// since the caller read the link.
pub const CAN_BE_USED: &str = "visit_key = :visit_key \
    AND (attribute_not_exists(max_uses) OR used < max_uses) \
    AND (attribute_not_exists(ends_at) OR ends_at > :now)";

impl Visits<'_> {
    /// Writes the visit and counts the use in one transaction, so that neither exists without the other. Its condition
    /// holds the whole rule of the link. The owner is judged before, by [`domain::gate::knock()`], and again at each
    /// later request; a check in the transaction would make all openings of the owner's links conflict at the owner's
    /// row.
    ///
    /// A counted password try (`tried`) is given back, because the password was right: in the transaction, or by a
    /// write of its own if the transaction is refused.
    ///
    /// # Errors
    /// When the store fails. The same call may be repeated: it does not spend a second use.
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
        // DynamoDB deletes the row some time after its `ttl`; until then `ends_at` decides whether the visit is open.
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
        let without_try = writes.len();
        let outcome = match tried {
            None => self.0.rows().write_together(doing, writes).await?,
            Some(tried) => {
                let with_try = [writes.clone(), self.0.windows().decrements(tried)?].concat();
                match self.0.rows().write_together(doing, with_try).await? {
                    // Only giving back the try was refused: its window has ended, so there is nothing to give back.
                    Err(failed) if !failed[..without_try].contains(&true) => {
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
