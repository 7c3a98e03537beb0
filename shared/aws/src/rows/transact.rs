//! Writes several rows: in one transaction, or in a batch in which each row is written by itself.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, DeleteRequest, Put, PutRequest, TransactWriteItem, Update, WriteRequest,
};

use crate::Error;
use crate::backoff::pause;
use crate::rows::table::{Item, Key, Rows};

/// How often a write is attempted that DynamoDB does not carry out, because of a conflict or because it is too busy.
pub(crate) const ATTEMPTS: u32 = 12;

/// The most rows that DynamoDB writes in one BatchWriteItem.
pub(crate) const BATCH: usize = 25;

/// Why DynamoDB did not carry out a transaction.
enum Cancelled {
    /// A condition failed. Each write whose condition failed has its row (empty unless the write asks for it).
    Condition(Vec<Option<Item>>),
    /// It conflicted with another transaction, or was throttled: it may be attempted again.
    Conflict,
    /// Anything else.
    Failed(Error),
}

fn classify(doing: &'static str, error: SdkError<TransactWriteItemsError>) -> Cancelled {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let reasons = cancelled.cancellation_reasons();
        let conflicts = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
        // Before conditions: beside a conflict, DynamoDB does not say whether the condition of the busy row fails too.
        if reasons.iter().any(|reason| reason.code().is_some_and(|code| conflicts.contains(&code))) {
            return Cancelled::Conflict;
        }
        if reasons.iter().any(is_refused) {
            let row = |reason: &CancellationReason| reason.item().cloned().unwrap_or_default();
            let rows = reasons.iter().map(|reason| is_refused(reason).then(|| row(reason)));
            return Cancelled::Condition(rows.collect());
        }
    }
    Cancelled::Failed(Error::sdk(doing, error))
}

/// Whether the condition of this write failed.
fn is_refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// The request to write a row in a batch.
pub(crate) fn put_request(doing: &'static str, row: Item) -> Result<WriteRequest, Error> {
    let put = PutRequest::builder().set_item(Some(row)).build();
    Ok(WriteRequest::builder().put_request(put.map_err(|e| broken(doing, &e))?).build())
}

/// The request to delete a row in a batch.
pub(crate) fn delete_request(doing: &'static str, key: &Key) -> Result<WriteRequest, Error> {
    let delete = DeleteRequest::builder().set_key(Some(key.item())).build();
    Ok(WriteRequest::builder().delete_request(delete.map_err(|e| broken(doing, &e))?).build())
}

fn broken(doing: &'static str, cause: &BuildError) -> Error {
    Error::broken(doing, cause)
}

impl Rows<'_> {
    /// The write of a row that must not exist yet.
    pub(crate) fn new_row(self, doing: &'static str, row: Item) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(self.0.table())
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|e| broken(doing, &e))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Carries out all writes in one transaction, or none if a condition fails; the inner `Err` says for each write
    /// whether its condition failed.
    ///
    /// # Errors
    /// When the store fails, or the transaction conflicted with others at each attempt.
    pub(crate) async fn write_together(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Vec<bool>>, Error> {
        self.write_together_within(doing, writes, ATTEMPTS).await
    }

    /// As [`Rows::write_together`], with at most `attempts` attempts.
    ///
    /// # Errors
    /// When the store fails, or the transaction conflicted with others at each attempt.
    pub(crate) async fn write_together_within(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
        attempts: u32,
    ) -> Result<Result<(), Vec<bool>>, Error> {
        let written = self.transact(doing, writes, attempts).await?;
        Ok(written.map_err(|refused| refused.iter().map(Option::is_some).collect()))
    }

    /// Writes one row if its condition holds; the inner `Err` is the row that refused it (empty unless the write asks
    /// for it).
    ///
    /// It is sent as a transaction, because that has a token: if an answer is lost and the SDK sends the same again,
    /// DynamoDB answers again that it is done. A plain write would then be refused by what it wrote itself, or count twice
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
    ///
    /// # Errors
    /// When the store fails, or the row was in other transactions at each attempt.
    pub(crate) async fn write_alone(
        self,
        doing: &'static str,
        update: Update,
    ) -> Result<Result<(), Item>, Error> {
        let write = TransactWriteItem::builder().update(update).build();
        let written = self.transact(doing, vec![write], ATTEMPTS).await?;
        Ok(written.map_err(|refused| refused.into_iter().flatten().next().unwrap_or_default()))
    }

    /// The inner `Err` has for each write whose condition failed the row that refused it (empty unless the write asks for
    /// it).
    async fn transact(
        self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
        attempts: u32,
    ) -> Result<Result<(), Vec<Option<Item>>>, Error> {
        for attempt in 0..attempts {
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
                Err(Cancelled::Conflict) => pause(attempt).await,
                Err(Cancelled::Failed(error)) => return Err(error),
            }
        }
        Err(Error::Busy { doing, cause: "the transaction conflicted with others at each attempt".into() })
    }

    /// Writes at most [`BATCH`] rows in one request, each by itself. Requests that DynamoDB did not process are sent
    /// again.
    ///
    /// # Errors
    /// When the store fails, or did not process some requests in any attempt; the other rows are written then.
    pub(crate) async fn write_batch(
        self,
        doing: &'static str,
        mut requests: Vec<WriteRequest>,
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let answer = self
                .0
                .dynamodb()
                .batch_write_item()
                .request_items(self.0.table(), requests)
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            requests =
                answer.unprocessed_items.unwrap_or_default().remove(self.0.table()).unwrap_or_default();
            if requests.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Error::Busy { doing, cause: "DynamoDB did not process some rows".into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted_store;

    const PROCESSED: &str =
        "200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n{\"UnprocessedItems\":{}}";
    const UNPROCESSED: &str = "200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n\
        {\"UnprocessedItems\":{\"vitrine\":[{\"DeleteRequest\":{\"Key\":{\"pk\":{\"S\":\"b\"},\"sk\":{\"S\":\"B\"}}}}]}}";

    fn deletes() -> Vec<WriteRequest> {
        let keys = [Key::new("a", "A"), Key::new("b", "B")];
        keys.iter().map(|key| delete_request("delete rows", key).unwrap()).collect()
    }

    #[tokio::test]
    async fn only_requests_that_were_not_processed_are_sent_again() {
        let (cloud, requests) = scripted_store::start(vec![UNPROCESSED, UNPROCESSED, PROCESSED]).await;
        cloud.rows().write_batch("delete rows", deletes()).await.unwrap();
        assert_eq!(cloud.calls().snapshot(), [("DynamoDB.BatchWriteItem".to_owned(), 3)].into());
        let requests = requests.await.unwrap();
        let rows = |request: &String| (request.contains("\"A\""), request.contains("\"B\""));
        assert_eq!(
            requests.iter().map(rows).collect::<Vec<_>>(),
            [(true, true), (false, true), (false, true)]
        );
    }

    #[tokio::test]
    async fn a_request_that_the_store_never_processes_ends_as_busy() {
        let (cloud, requests) = scripted_store::start(vec![UNPROCESSED; ATTEMPTS as usize]).await;
        let Err(Error::Busy { cause, .. }) = cloud.rows().write_batch("delete rows", deletes()).await else {
            panic!("rows that were not deleted are no success")
        };
        assert_eq!(cause, "DynamoDB did not process some rows");
        assert_eq!(requests.await.unwrap().len(), ATTEMPTS as usize);
    }

    #[tokio::test]
    async fn a_failed_condition_beside_a_conflict_is_judged_again() {
        const MIXED: &str = "400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n\
            {\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionCanceledException\",\"Message\":\"cancelled\",\
            \"CancellationReasons\":[{\"Code\":\"TransactionConflict\"},{\"Code\":\"ConditionalCheckFailed\"}]}";
        const BOTH: &str = "400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n\
            {\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionCanceledException\",\"Message\":\"cancelled\",\
            \"CancellationReasons\":[{\"Code\":\"ConditionalCheckFailed\"},{\"Code\":\"ConditionalCheckFailed\"}]}";
        let (cloud, requests) = scripted_store::start(vec![MIXED, BOTH]).await;
        let rows = ["a", "b"].map(|pk| cloud.rows().new_row("write rows", Key::new(pk, "A").item()).unwrap());
        let written = cloud.rows().write_together("write rows", rows.to_vec()).await.unwrap();
        assert_eq!(written, Err(vec![true, true]), "the first answer did not say so of the busy row");
        assert_eq!(requests.await.unwrap().len(), 2);
    }
}
