//! DynamoDB: dynoxide in this process, behind DynamoDB's protocol
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>).

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use dynoxide::{
    Database, DynoxideError,
    actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest},
};
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use serde::{Serialize, de::DeserializeOwned};

/// How often expired rows are removed. DynamoDB itself may take days.
const TTL_SWEEP: Duration = Duration::from_secs(60);

/// The database's file can't be used, or a request failed.
#[derive(Debug, thiserror::Error)]
#[error("the database can't be used: {0}")]
pub struct DynamoDbError(String);

/// The database, which is `None` after it was closed; cheap to clone.
#[derive(Clone)]
pub struct DynamoDb(Arc<RwLock<Option<Database>>>);

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynamoDb")
    }
}

impl From<Database> for DynamoDb {
    fn from(database: Database) -> Self {
        Self(Arc::new(RwLock::new(Some(database))))
    }
}

impl DynamoDb {
    /// Opens the database in `file`, or makes it.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn open(file: &Path) -> Result<Self, DynamoDbError> {
        let path = file.to_str().ok_or_else(|| DynamoDbError("its path is not UTF-8".to_owned()))?;
        Ok(Database::new(path).map_err(|e| DynamoDbError(e.to_string()))?.into())
    }

    fn database(&self) -> Option<Database> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers one request on a blocking thread.
    pub async fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.strip_prefix("DynamoDB_20120810."));
        let operation = operation.unwrap_or_default().to_owned();
        let (database, body) = (self.database(), request.body().clone());
        let answering = tokio::task::spawn_blocking(move || match database {
            Some(database) => answer(&database, &operation, &body),
            None => Err(DynoxideError::InternalServerError("the database is closed".to_owned())),
        });
        let answer = answering
            .await
            .unwrap_or_else(|crash| Err(DynoxideError::InternalServerError(crash.to_string())));
        let (status, body) = match answer {
            Ok(body) => (StatusCode::OK, body),
            Err(error) => {
                let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
                if status.is_server_error() {
                    tracing::error!(%error, "the database could not answer a request");
                }
                (status, error.to_json().into())
            }
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        response
    }

    /// Makes rows expire at the time in `attribute` (seconds since 1970).
    ///
    /// # Errors
    /// If there is no such table, or the database is closed.
    pub fn expire_rows(&self, table: &str, attribute: &str) -> Result<(), DynamoDbError> {
        let request = UpdateTimeToLiveRequest {
            table_name: table.to_owned(),
            time_to_live_specification: TimeToLiveSpecification {
                attribute_name: attribute.to_owned(),
                enabled: true,
            },
        };
        let database = self.database().ok_or_else(|| DynamoDbError("it is closed".to_owned()))?;
        database.update_time_to_live(request).map_err(|e| DynamoDbError(e.to_string()))?;
        Ok(())
    }

    /// Removes expired rows every minute, until `stop` resolves.
    pub async fn remove_expired_rows(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        let mut turns = tokio::time::interval(TTL_SWEEP);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = &mut stop => return,
            }
            let Some(database) = self.database() else { return };
            match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(removed)) => tracing::debug!(removed, "removed expired rows"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "can't remove expired rows; trying again in a minute")
                }
                Err(_) => return,
            }
        }
    }

    /// Closes the database's file after the running requests are answered. Later requests are refused.
    pub fn close(&self) {
        drop(self.0.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Answers the operations that Vitrine uses, and refuses others.
fn answer(database: &Database, operation: &str, body: &[u8]) -> Result<Vec<u8>, DynoxideError> {
    match operation {
        "GetItem" => run(body, |request| database.get_item(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        _ => Err(DynoxideError::ValidationException(format!("{operation:?} is not served here"))),
    }
}

fn run<A: DeserializeOwned, B: Serialize>(
    body: &[u8],
    operation: impl FnOnce(A) -> Result<B, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let request =
        serde_json::from_slice(body).map_err(|e| DynoxideError::ValidationException(e.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_vec(&answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}
