//! Counting something in windows of time, before it is done: a row for each that counts, none of which may pass its
//! limit. Rows judge themselves, and a count is given back only to the window that it was taken from.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::{SignedDuration, Timestamp};

use crate::rows::table::{Item, Key, number, pause};
use crate::rows::transact::CONFLICT_TRIES;
use crate::{Cloud, Error};

/// Over how long is counted, from the first.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// What was counted, and when.
#[derive(Debug, Clone)]
pub struct Counted {
    keys: Vec<Key>,
    at: Timestamp,
}

/// What became of counting.
#[derive(Debug, Clone)]
pub(crate) enum Count {
    /// It may be done.
    Taken(Counted),
    /// There were too many: wait this long.
    TooMany(SignedDuration),
}

/// A count stands in the window that it was taken from: windows that began later end later.
const SAME_WINDOW: &str = "tries > :none AND window_ends <= :latest";

impl Counted {
    fn latest(&self) -> Timestamp {
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
        for attempt in 0..CONFLICT_TRIES {
            let mut write = self.0.dynamodb().transact_write_items();
            for (key, limit) in rows {
                let count = Update::builder()
                    .table_name(self.0.table())
                    .set_key(Some(key.item()))
                    .update_expression(
                        "SET window_ends = if_not_exists(window_ends, :ends), #ttl = if_not_exists(#ttl, :ttl) \
                         ADD tries :one",
                    )
                    // A row without a window counts for nothing yet, whatever it holds.
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
                write = write.transact_items(TransactWriteItem::builder().update(count).build());
            }
            let Err(error) = write.send().await else {
                let keys = rows.iter().map(|(key, _)| key.clone()).collect();
                return Ok(Count::Taken(Counted { keys, at: now }));
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(Error::sdk(doing, error));
            };
            let mut conflict = true;
            for ((key, _), reason) in rows.iter().zip(canceled.cancellation_reasons()) {
                if reason.code() != Some("ConditionalCheckFailed") {
                    continue;
                }
                conflict = false;
                let ends = reason.item().map_or(0, |old| millisecond(old, "window_ends"));
                if ends > now.as_millisecond() {
                    return Ok(Count::TooMany(SignedDuration::from_millis(ends - now.as_millisecond())));
                }
                self.start_window(doing, key, ends, window_ends).await?;
            }
            if conflict {
                pause(attempt).await;
            }
        }
        Err(Error::Busy { doing, cause: "the transaction kept meeting others".into() })
    }

    /// Starts a new window in place of one that has ended. No error if another request did so first.
    async fn start_window(
        self,
        doing: &'static str,
        key: &Key,
        ended: i64,
        ends: Timestamp,
    ) -> Result<(), Error> {
        let start = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .update_expression("SET tries = :none, window_ends = :ends, #ttl = :ttl")
            .condition_expression("window_ends = :ended")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":ends", number(ends.as_millisecond()))
            .expression_attribute_values(":ttl", number(ends.as_second() + 86_400))
            .expression_attribute_values(":ended", number(ended))
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        self.0.rows().write_alone(doing, start).await.map(drop)
    }

    /// The writes that give a count back, as part of a transaction. One whose window is gone refuses the transaction,
    /// which then is sent without them.
    pub(crate) fn decrements(self, counted: &Counted) -> Result<Vec<TransactWriteItem>, Error> {
        let writes = counted.keys.iter().map(|key| self.decrement(key, counted));
        writes.map(|write| Ok(TransactWriteItem::builder().update(write?).build())).collect()
    }

    fn decrement(self, key: &Key, counted: &Counted) -> Result<Update, Error> {
        Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key.item()))
            .update_expression("ADD tries :back")
            .condition_expression(SAME_WINDOW)
            .expression_attribute_values(":back", number(-1))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":latest", number(counted.latest().as_millisecond()))
            .build()
            .map_err(|e| Error::broken(GIVE_BACK, e))
    }

    /// Gives a count back by itself, to the window that it was taken from; one that is gone needs it no more.
    ///
    /// # Errors
    /// When the store fails; it stays counted then.
    pub async fn give_back(self, counted: &Counted) -> Result<(), Error> {
        for key in &counted.keys {
            // What refuses it is another window.
            _ = self.0.rows().write_alone(GIVE_BACK, self.decrement(key, counted)?).await?;
        }
        Ok(())
    }
}

const GIVE_BACK: &str = "give a count back";

fn millisecond(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}
