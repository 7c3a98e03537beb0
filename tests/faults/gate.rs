//! A gate before a store: requests of one operation wait at it, so that a test can force the order of events.

use std::sync::Arc;

use aws::Cloud;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
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
        let client = Client { gate: gate.clone(), inner: self.inside.client() };
        (Cloud::over(self.cloud.settings().clone(), SharedHttpClient::new(client)), gate)
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

#[derive(Debug)]
struct Client {
    gate: Gate,
    inner: SharedHttpClient,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { gate: self.gate.clone(), inner })
    }
}

#[derive(Debug)]
struct Connector {
    gate: Gate,
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, inner) = (self.gate.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            if target.rsplit('.').next() == Some(gate.operation) {
                gate.arrived.notify_one();
                // An error says that it was opened.
                _ = gate.opened.acquire().await;
            }
            inner.call(request).await
        })
    }
}
