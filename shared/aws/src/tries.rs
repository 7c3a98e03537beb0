//! Counting passwords tried, before they are checked: per link and client network, and more loosely per link, so
//! that one network's failures don't lock others out and many networks together still meet an end.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::id::LinkId;
use domain::network::ClientNetwork;
use jiff::{SignedDuration, Timestamp};

use crate::error::is_refused_condition;
use crate::library::CONFLICT_TRIES;
use crate::table::{Item, Key, number, pause};
use crate::{Cloud, Error, links};

/// Over how long tries are counted, from the first.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Tries in a window from one network.
pub const PER_NETWORK: u32 = 10;
/// Tries in a window on one link from everywhere.
pub const PER_LINK: u32 = 200;

/// A try that was counted. It is given back when the password turns out right.
#[derive(Debug, Clone)]
pub struct Tried([Key; 2]);

/// What became of counting a try.
#[derive(Debug, Clone)]
pub enum Try {
    /// The password may be checked.
    Counted(Tried),
    /// There were too many: wait this long.
    TooMany(SignedDuration),
}

impl Cloud {
    /// Counts a try in one conditional write.
    ///
    /// # Errors
    /// When the store fails; the password must not be checked then.
    pub async fn count_try(&self, link: &LinkId, from: &ClientNetwork, now: Timestamp) -> Result<Try, Error> {
        let doing = "count a password try";
        let pk = links::partition(link);
        let keys = [Key::new(&pk, format!("TRIES#{}", from.as_str())), Key::new(&pk, "TRIES")];
        let limits = [PER_NETWORK, PER_LINK];
        let window_ends = now.saturating_add(WINDOW).unwrap_or(Timestamp::MAX);
        for attempt in 0..CONFLICT_TRIES {
            let mut write = self.dynamodb().transact_write_items();
            for (key, limit) in keys.iter().zip(limits) {
                let count = Update::builder()
                    .table_name(self.table())
                    .set_key(Some(key.item()))
                    .update_expression(
                        "SET window_ends = if_not_exists(window_ends, :ends), #ttl = if_not_exists(#ttl, :ttl) \
                         ADD tries :one",
                    )
                    .condition_expression(
                        "attribute_not_exists(tries) OR (window_ends > :now AND tries < :limit)",
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
            let Err(error) = write.send().await else { return Ok(Try::Counted(Tried(keys))) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(Error::sdk(doing, error));
            };
            let mut conflict = true;
            for (key, reason) in keys.iter().zip(canceled.cancellation_reasons()) {
                if reason.code() != Some("ConditionalCheckFailed") {
                    continue;
                }
                conflict = false;
                let ends = reason.item().map_or(0, |old| millisecond(old, "window_ends"));
                if ends > now.as_millisecond() {
                    return Ok(Try::TooMany(SignedDuration::from_millis(ends - now.as_millisecond())));
                }
                self.start_window(key, ends, window_ends).await?;
            }
            if conflict {
                pause(attempt).await;
            }
        }
        Err(Error::Busy { doing, cause: "the transaction kept meeting others".into() })
    }

    /// Starts a new window in place of one that has ended; whoever else did so first is as good.
    async fn start_window(&self, key: &Key, ended: i64, ends: Timestamp) -> Result<(), Error> {
        let write = self
            .dynamodb()
            .update_item()
            .table_name(self.table())
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
            Err(e) => Err(Error::sdk("count a password try", e)),
        }
    }

    /// The writes that give a try back, as part of the transaction that opens the visit.
    pub(crate) fn give_back(&self, tried: &Tried) -> Result<Vec<TransactWriteItem>, Error> {
        tried
            .0
            .iter()
            .map(|key| {
                let update = Update::builder()
                    .table_name(self.table())
                    .set_key(Some(key.item()))
                    .update_expression("ADD tries :back")
                    .expression_attribute_values(":back", number(-1))
                    .build()
                    .map_err(|e| Error::broken("give a password try back", e))?;
                Ok(TransactWriteItem::builder().update(update).build())
            })
            .collect()
    }
}

fn millisecond(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}
