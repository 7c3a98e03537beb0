//! A gate before a store: requests of one operation wait at it, so that a test can force the order of events.

use std::sync::Arc;

use aws::Cloud;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use local_inside::around;
use tokio::sync::{Notify, Semaphore};

use crate::table::Table;

/// The gate. It is closed until it is opened, for good.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    operation: &'static str,
    arrived: Arc<Notify>,
    opened: Arc<Semaphore>,
}

impl Table {
    /// Another cloud on the table, whose requests of an operation of DynamoDB wait at the gate.
    pub(crate) fn behind_gate(&self, operation: &'static str) -> (Cloud, Gate) {
        let gate = Gate { operation, arrived: Arc::default(), opened: Arc::new(Semaphore::new(0)) };
        let before = gate.clone();
        let client = around(self.inside.client(), move |request, inner| {
            let gate = before.clone();
            HttpConnectorFuture::new(async move {
                let target = request.headers().get("x-amz-target").unwrap_or_default();
                if target.rsplit('.').next() == Some(gate.operation) {
                    gate.arrived.notify_one();
                    // An error says that it was opened.
                    _ = gate.opened.acquire().await;
                }
                inner.call(request).await
            })
        });
        (Cloud::over(self.cloud.settings().clone(), client), gate)
    }
}

impl Gate {
    /// Waits until a request has arrived.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    pub(crate) fn open(&self) {
        self.opened.close();
    }
}
