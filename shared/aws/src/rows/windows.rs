//! Counts an action in windows of time before it is done, in one row or several. The action is refused if a row has
//! reached its limit, which the rows' own conditions decide. A count is subtracted again only from the window to which it was
//! added.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};

use crate::error::was_done;
use crate::rows::table::{Item, Key, number};
use crate::{Cloud, Error};

/// The length of a window, which begins with the first count.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// A count that was added: to which rows, and when.
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

/// How often one request replaces a window that has ended.
const WINDOW_STARTS: u32 = 4;

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
    /// Counts one more in every row, or in none if one has reached its limit.
    ///
    /// The rows are written one after the other, since transactions on a link that many open would conflict. If the SDK
    /// repeats a write because its answer was lost, it counts twice.
    pub(crate) async fn count(
        self,
        doing: &'static str,
        rows: &[(Key, u32)],
        now: Timestamp,
    ) -> Result<Count, Error> {
        let mut counted = Counted { keys: Vec::with_capacity(rows.len()), at: now };
        for (key, limit) in rows {
            match self.count_one(doing, key, *limit, now).await? {
                None => counted.keys.push(key.clone()),
                Some(wait) => {
                    self.give_back(&counted).await?;
                    return Ok(Count::TooMany(wait));
                }
            }
        }
        Ok(Count::Counted(counted))
    }

    /// Counts one more in a row, or says how long to wait if it has reached its limit.
    async fn count_one(
        self,
        doing: &'static str,
        key: &Key,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, Error> {
        let window_ends = now.saturating_add(WINDOW).unwrap_or(Timestamp::MAX);
        for _ in 0..WINDOW_STARTS {
            let count = self
                .0
                .dynamodb()
                .update_item()
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
                .send()
                .await;
            let Err(error) = count else { return Ok(None) };
            let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error()
            else {
                return Err(Error::sdk(doing, error));
            };
            let ends = refused.item().map_or(0, |old| millisecond(old, "window_ends"));
            if ends > now.as_millisecond() {
                return Ok(Some(SignedDuration::from_millis(ends - now.as_millisecond())));
            }
            self.start_window(doing, key, ends, window_ends).await?;
        }
        Err(Error::Busy { doing, cause: "the window ended again and again".into() })
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
        was_done(doing, write).map(|_| ())
    }

    /// Subtracts a count again. No error if its window has ended. If the SDK repeats a write because its answer was lost, it
    /// subtracts two.
    ///
    /// # Errors
    /// When the store fails; then the count is not subtracted.
    pub async fn give_back(self, counted: &Counted) -> Result<(), Error> {
        for key in &counted.keys {
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
            was_done("subtract a count", back)?;
        }
        Ok(())
    }
}

fn millisecond(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}
