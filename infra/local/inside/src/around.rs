//! An HTTP client of the SDK around another one.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// What answers a request: by itself, or by the connector that it is around.
type Answer = Arc<dyn Fn(HttpRequest, SharedHttpConnector) -> HttpConnectorFuture + Send + Sync>;

/// A client whose requests `answer` gets, with the connector of `inner`.
pub fn around(
    inner: SharedHttpClient,
    answer: impl Fn(HttpRequest, SharedHttpConnector) -> HttpConnectorFuture + Send + Sync + 'static,
) -> SharedHttpClient {
    SharedHttpClient::new(Around { inner, answer: Arc::new(answer) })
}

/// The client, and with a connector of the inner one also the connector.
#[derive(Clone)]
struct Around<Inner> {
    inner: Inner,
    answer: Answer,
}

impl<Inner: fmt::Debug> fmt::Debug for Around<Inner> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl HttpClient for Around<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Around { inner, answer: Arc::clone(&self.answer) })
    }
}

impl HttpConnector for Around<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.answer)(request, self.inner.clone())
    }
}
