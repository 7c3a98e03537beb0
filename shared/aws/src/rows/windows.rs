//! Counts an action in windows of time before it is done, in one row or several. The action is refused if a row has
//! reached its limit, which the rows' own conditions decide. A count is given back only to the window that it was taken
//! from.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::{SignedDuration, Timestamp};

use crate::error::is_refused_condition;
use crate::rows::table::{Item, Key, number, pause};
use crate::rows::transact::ATTEMPTS;
use crate::{Cloud, Error};

/// The length of a window, which begins with the first count.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// A count that was taken: in which rows, and when.
#[derive(Debug, Clone)]
pub struct Counted {
    keys: Vec<Key>,
    at: Timestamp,
}

/// The outcome of counting.
#[derive(Debug, Clone)]
pub enum Count {
    /// The action may be done.
    Counted(Counted),
    /// The limit is reached: wait this long.
    TooMany(SignedDuration),
}

/// The condition that the row still has the window of the count: a later window ends later.
const SAME_WINDOW: &str = "tries > :none AND window_ends <= :latest";

impl Counted {
    /// The latest end of the window of this count.
    fn latest_end(&self) -> Timestamp {
        self.at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)
    }
}

/// Counts in windows of time.
#[derive(Clone, Copy)]
pub struct Windows<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Counts in windows of time.
    pub fn windows(&self) -> Windows<'_> {
        Windows(self)
    }
}

impl Windows<'_> {
    /// Counts one more in every row, or in none where one has reached its limit.
    pub(crate) async fn count(
        self,
        doing: &'static str,
        rows: &[(Key, u32)],
        now: Timestamp,
    ) -> Result<Count, Error> {
        let window_ends = now.saturating_add(WINDOW).unwrap_or(Timestamp::MAX);
        let increments = rows.iter().map(|(key, limit)| self.increment(doing, key, *limit, now, window_ends));
        let increments = increments.collect::<Result<Vec<_>, _>>()?;
        for _ in 0..ATTEMPTS {
            let Err(refused) = self.0.rows().write(doing, increments.clone()).await? else {
                let keys = rows.iter().map(|(key, _)| key.clone()).collect();
                return Ok(Count::Counted(Counted { keys, at: now }));
            };
            for ((key, _), old) in rows.iter().zip(refused) {
                let Some(old) = old else { continue };
                let ends = millisecond(&old, "window_ends");
                if ends > now.as_millisecond() {
                    return Ok(Count::TooMany(SignedDuration::from_millis(ends - now.as_millisecond())));
                }
                self.start_window(doing, key, ends, window_ends).await?;
            }
        }
        Err(Error::Busy { doing, cause: "the windows kept changing".into() })
    }

    /// The write that adds one to a row whose window has not ended and that is below its limit.
    fn increment(
        self,
        doing: &'static str,
        key: &Key,
        limit: u32,
        now: Timestamp,
        window_ends: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .update_expression(
                "SET window_ends = if_not_exists(window_ends, :ends), #ttl = if_not_exists(#ttl, :ttl) \
                 ADD tries :one",
            )
            // A row without a window has counted nothing yet.
            .condition_expression(
                "attribute_not_exists(window_ends) OR (window_ends > :now AND tries < :limit)",
            )
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ends", number(window_ends.as_millisecond()))
            .expression_attribute_values(":ttl", number(window_ends.as_second() + 86_400))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":limit", number(limit))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Starts a new window in place of one that has ended. No error if another request started it first.
    async fn start_window(
        self,
        doing: &'static str,
        key: &Key,
        ended: i64,
        ends: Timestamp,
    ) -> Result<(), Error> {
        let write = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .update_expression("SET tries = :none, window_ends = :ends, #ttl = :ttl")
            .condition_expression("window_ends = :ended")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":ends", number(ends.as_millisecond()))
            .expression_attribute_values(":ttl", number(ends.as_second() + 86_400))
            .expression_attribute_values(":ended", number(ended))
            .send()
            .await;
        match write {
            Ok(_) => Ok(()),
            Err(e) if is_refused_condition(&e) => Ok(()),
            Err(e) => Err(Error::sdk(doing, e)),
        }
    }

    /// The writes that give a count back in a transaction. The transaction is refused if the window of the count has
    /// ended, and must then be sent without them.
    pub(crate) fn decrements(self, counted: &Counted) -> Result<Vec<TransactWriteItem>, Error> {
        let broken = |e| Error::broken("give a count back", e);
        counted
            .keys
            .iter()
            .map(|key| {
                let update = Update::builder()
                    .table_name(self.0.table())
                    .set_key(Some(key.item()))
                    .update_expression("ADD tries :back")
                    .condition_expression(SAME_WINDOW)
                    .expression_attribute_values(":back", number(-1))
                    .expression_attribute_values(":none", number(0))
                    .expression_attribute_values(":latest", number(counted.latest_end().as_millisecond()))
                    .build()
                    .map_err(broken)?;
                Ok(TransactWriteItem::builder().update(update).build())
            })
            .collect()
    }

    /// Gives a count back. No error if its window has ended.
    ///
    /// # Errors
    /// When the store fails; the count stays then.
    pub async fn give_back(self, counted: &Counted) -> Result<(), Error> {
        for key in &counted.keys {
            for attempt in 0.. {
                let back = self
                    .0
                    .dynamodb()
                    .update_item()
                    .table_name(self.0.table())
                    .set_key(Some(key.item()))
                    .update_expression("ADD tries :back")
                    .condition_expression(SAME_WINDOW)
                    .expression_attribute_values(":back", number(-1))
                    .expression_attribute_values(":none", number(0))
                    .expression_attribute_values(":latest", number(counted.latest_end().as_millisecond()))
                    .send()
                    .await;
                let Err(error) = back else { break };
                match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(_)) => break,
                    Some(UpdateItemError::TransactionConflictException(_)) if attempt + 1 < ATTEMPTS => {
                        pause(attempt).await;
                    }
                    _ => return Err(Error::sdk("give a count back", error)),
                }
            }
        }
        Ok(())
    }
}

fn millisecond(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}
