//! DynamoDB on one machine: dynoxide, on threads of its own, since it works on the thread that
//! asks and waits there for the disk.

use std::{net::TcpListener, path::Path, thread, time::Duration};

use dynoxide::{
    Database,
    actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest},
};

/// How often expired rows are removed; DynamoDB itself takes up to days.
const TTL_SWEEP: Duration = Duration::from_secs(60);

/// Why DynamoDB could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// Its file, or a request.
    #[error("the database: {0}")]
    Database(String),
    /// Its threads or port.
    #[error("the database's server: {0}")]
    Io(#[from] std::io::Error),
}

/// A running server.
pub struct DynamoDb {
    database: Database,
    server: thread::JoinHandle<()>,
}

impl DynamoDb {
    /// Serves the database kept in `file` on `listener` until `stop` resolves.
    pub fn start(
        file: &Path,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, DynamoDbError> {
        let path =
            file.to_str().ok_or_else(|| DynamoDbError::Database("its path is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|e| DynamoDbError::Database(e.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("dynamodb")
            .enable_all()
            .build()?;
        let served = database.clone();
        let server = thread::Builder::new().name("dynamodb".to_owned()).spawn(move || {
            let served = runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).map_err(|e| e.to_string())?;
                let sweeping = tokio::spawn(sweep(served.clone()));
                let served = dynoxide::server::serve_with_shutdown(listener, served, stop).await;
                sweeping.abort();
                served
            });
            if let Err(error) = served {
                tracing::error!(error, "the database's server ended");
            }
        })?;
        Ok(Self { database, server })
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
        self.database.update_time_to_live(request).map_err(|e| DynamoDbError::Database(e.to_string()))?;
        Ok(())
    }

    /// Waits for the end of the server, which its `stop` brings about.
    pub fn join(self) {
        drop(self.database);
        if self.server.join().is_err() {
            tracing::error!("the database's server panicked");
        }
    }
}

async fn sweep(database: Database) {
    let mut turns = tokio::time::interval(TTL_SWEEP);
    loop {
        turns.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(removed)) => tracing::debug!(removed, "expired rows"),
            Ok(Err(error)) => tracing::error!(%error, "can't remove expired rows"),
            Err(_) => return,
        }
    }
}
