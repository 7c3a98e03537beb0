//! DynamoDB on one machine: dynoxide, asked in this process by DynamoDB's own protocol
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

/// How often expired rows are removed; DynamoDB itself takes up to days.
const TTL_SWEEP: Duration = Duration::from_secs(60);

/// Why the database can't be used: its file, or a request.
#[derive(Debug, thiserror::Error)]
#[error("the database: {0}")]
pub struct DynamoDbError(String);

/// The database until it is closed; cheap to clone.
#[derive(Clone)]
pub struct DynamoDb(Arc<RwLock<Option<Database>>>);

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynamoDb")
    }
}

impl DynamoDb {
    /// Opens the database kept in `file`.
    pub fn open(file: &Path) -> Result<Self, DynamoDbError> {
        let path = file.to_str().ok_or_else(|| DynamoDbError("its path is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|e| DynamoDbError(e.to_string()))?;
        Ok(Self(Arc::new(RwLock::new(Some(database)))))
    }

    fn database(&self) -> Option<Database> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers one request, on a thread that may wait for the disk.
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
                    tracing::error!(%error, "the database failed");
                }
                (status, error.to_json().into())
            }
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        response
    }

    /// Has rows removed once the moment in `attribute` (seconds since 1970) has passed.
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
    pub async fn sweep(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        let mut turns = tokio::time::interval(TTL_SWEEP);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = &mut stop => return,
            }
            let Some(database) = self.database() else { return };
            match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(removed)) => tracing::debug!(removed, "expired rows"),
                Ok(Err(error)) => tracing::error!(%error, "can't remove expired rows"),
                Err(_) => return,
            }
        }
    }

    /// Closes the database's file once the requests under way have been answered; later ones are refused.
    pub fn close(&self) {
        drop(self.0.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The operations that Vitrine uses; any other is refused by its name.
fn answer(database: &Database, operation: &str, body: &[u8]) -> Result<Vec<u8>, DynoxideError> {
    match operation {
        "GetItem" => run(body, |asked| database.get_item(asked)),
        "BatchGetItem" => run(body, |asked| database.batch_get_item(asked)),
        "Query" => run(body, |asked| database.query(asked)),
        "PutItem" => run(body, |asked| database.put_item(asked)),
        "UpdateItem" => run(body, |asked| database.update_item(asked)),
        "DeleteItem" => run(body, |asked| database.delete_item(asked)),
        "BatchWriteItem" => run(body, |asked| database.batch_write_item(asked)),
        "TransactWriteItems" => run(body, |asked| database.transact_write_items(asked)),
        "CreateTable" => run(body, |asked| database.create_table(asked)),
        "DescribeTable" => run(body, |asked| database.describe_table(asked)),
        _ => Err(DynoxideError::ValidationException(format!("{operation:?} is not served here"))),
    }
}

fn run<A: DeserializeOwned, B: Serialize>(
    body: &[u8],
    operation: impl FnOnce(A) -> Result<B, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let asked =
        serde_json::from_slice(body).map_err(|e| DynoxideError::ValidationException(e.to_string()))?;
    let answer = operation(asked)?;
    serde_json::to_vec(&answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}
