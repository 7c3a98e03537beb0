//! Writing several rows together, or none.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};

use crate::Error;
use crate::rows::table::{Item, Rows, pause};

/// How often a transaction that met another one is tried.
pub(crate) const CONFLICT_TRIES: u32 = 12;

/// How often an owner's transaction is tried: at about 20 ms a pause, for some seconds.
const OWNER_TRIES: u32 = 150;

/// How a transaction that met another one is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// After longer and longer pauses, so that those who collide make room for each other.
    Later,
    /// Soon, and more often: what an owner decides about a link does not wait for those who open it.
    Soon,
}

/// Why a transaction was refused, as far as callers care.
enum Cancelled {
    /// A condition did not hold, at the places that have the row as it was (empty unless the write asks for it).
    Condition(Vec<Option<Item>>),
    /// It met another transaction: try again.
    Conflict,
    /// Anything else.
    Failed(Error),
}

fn classify(
    doing: &'static str,
    error: aws_sdk_dynamodb::error::SdkError<TransactWriteItemsError>,
) -> Cancelled {
    if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() {
        let code = |wanted: &'static str| {
            canceled
                .cancellation_reasons()
                .iter()
                .map(move |reason| reason.code() == Some(wanted))
                .collect::<Vec<_>>()
        };
        let conditions = code("ConditionalCheckFailed");
        if conditions.contains(&true) {
            let rows = conditions.iter().zip(canceled.cancellation_reasons());
            let refused =
                rows.map(|(failed, reason)| failed.then(|| reason.item().cloned().unwrap_or_default()));
            return Cancelled::Condition(refused.collect());
        }
        if ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
            .into_iter()
            .any(|wanted| code(wanted).contains(&true))
        {
            return Cancelled::Conflict;
        }
    }
    Cancelled::Failed(Error::sdk(doing, error))
}

impl Rows<'_> {
    /// The write of a row that must not be there yet.
    pub(crate) fn new_row(self, doing: &'static str, row: Item) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(self.0.table())
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Writes rows together, or none; the inner `Err` says at which places a condition did not hold. A transaction that
    /// met another one (a use being spent, an asset's change) is tried again.
    ///
    /// # Errors
    /// When the store fails, or the transaction kept meeting others.
    pub(crate) async fn write_together(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Vec<bool>>, Error> {
        self.write_together_again(doing, writes, Again::Later).await
    }

    /// As [`Rows::write_together`], tried again in this way.
    ///
    /// # Errors
    /// When the store fails, or the transaction kept meeting others.
    pub(crate) async fn write_together_again(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
        again: Again,
    ) -> Result<Result<(), Vec<bool>>, Error> {
        let written = self.write(doing, writes, again).await?;
        Ok(written.map_err(|refused| refused.iter().map(Option::is_some).collect()))
    }

    /// Writes one row if its condition holds; the inner `Err` is the row that refused it (empty unless the write asks
    /// for it).
    ///
    /// It goes as a transaction, since that has a token: where an answer is lost and the SDK sends the same again,
    /// DynamoDB says once more that it is done. A plain write would be refused then, by what it wrote itself, or would
    /// count twice (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
    ///
    /// # Errors
    /// When the store fails, or the row kept being in other transactions.
    pub(crate) async fn write_alone(
        self,
        doing: &'static str,
        update: Update,
    ) -> Result<Result<(), Item>, Error> {
        let write = TransactWriteItem::builder().update(update).build();
        let written = self.write(doing, vec![write], Again::Later).await?;
        Ok(written.map_err(|refused| refused.into_iter().flatten().next().unwrap_or_default()))
    }

    async fn write(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
        again: Again,
    ) -> Result<Result<(), Vec<Option<Item>>>, Error> {
        let tries = if again == Again::Soon { OWNER_TRIES } else { CONFLICT_TRIES };
        for attempt in 0..tries {
            let sent = self
                .0
                .dynamodb()
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            match sent.map_err(|error| classify(doing, error)) {
                Ok(_) => return Ok(Ok(())),
                Err(Cancelled::Condition(refused)) => return Ok(Err(refused)),
                Err(Cancelled::Conflict) if again == Again::Soon => pause(0).await,
                Err(Cancelled::Conflict) => pause(attempt).await,
                Err(Cancelled::Failed(error)) => return Err(error),
            }
        }
        Err(Error::Busy { doing, cause: "the transaction kept meeting others".into() })
    }
}
