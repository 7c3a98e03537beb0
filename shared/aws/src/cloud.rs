//! [`Cloud`]: the settings, and the clients that are made from them.

mod address;
mod clients;
mod http_client;
mod settings;
mod signed_urls;
pub(crate) mod signer;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime::client::orchestrator::operation::OperationBuilder;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use domain::object::Bucket;

pub(crate) use crate::cloud::address::object_path;
use crate::cloud::clients::Clients;
pub use crate::cloud::settings::{
    BadSetting, COGNITO_GROUPS, Credentials, Queue, Settings, SignIn, StoreRules,
};
use crate::cloud::signed_urls::SignedUrls;
use crate::cloud::signer::Signer;
use crate::telemetry::calls::Calls;
use crate::telemetry::metrics::Metrics;

/// Access to all stores of a site. Cheap to clone.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

struct Inner {
    clients: Clients,
    signer: Signer,
    calls: Calls,
    signed_urls: SignedUrls,
    metrics: Metrics,
}

impl Cloud {
    /// Access by these settings. Makes no request, and no client yet.
    pub fn new(settings: Settings) -> Self {
        Self::open(settings, Vec::new(), None)
    }

    /// As [`Cloud::new`], but `http` sends the requests: for example a client whose stores are in the same process.
    pub fn over(settings: Settings, http: SharedHttpClient) -> Self {
        Self::open(settings, Vec::new(), Some(http))
    }

    /// As [`Cloud::new`], but each request passes the `interceptors`, which tests use to make requests fail; `http`
    /// sends the requests if it is given.
    pub fn open(
        settings: Settings,
        mut interceptors: Vec<SharedInterceptor>,
        http: Option<SharedHttpClient>,
    ) -> Self {
        let calls = Calls::default();
        // The last interceptor, so that requests which another one stopped are not counted.
        interceptors.push(SharedInterceptor::new(calls.clone()));
        let metrics = Metrics::new(settings.stack_name.as_deref(), settings.function_name.as_deref());
        let region = settings.region.clone();
        let clients = Clients::new(settings, interceptors, http);
        Self(Arc::new(Inner {
            signer: Signer::new(clients.credentials().clone().into(), region),
            clients,
            calls,
            signed_urls: SignedUrls::default(),
            metrics,
        }))
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.clients.settings
    }

    /// The numbers of requests that were sent, by kind.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// The metrics of this function.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The address of a link's landing page.
    pub fn link_url(&self, token: &domain::token::LinkToken) -> String {
        format!("{}/s/{}", self.settings().site_url, token.reveal())
    }

    /// Whether the site uses HTTPS; cookies are `Secure` only then.
    pub fn is_https(&self) -> bool {
        self.settings().site_url.starts_with("https://")
    }

    /// The origin from which browsers load objects, for content security policies.
    pub fn store_origin(&self) -> String {
        self.settings().store_origin()
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.0.clients.dynamodb()
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.0.clients.s3()
    }

    pub(crate) fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.0.clients.sqs()
    }

    pub(crate) fn ses(&self) -> &aws_sdk_ses::Client {
        self.0.clients.ses()
    }

    /// An operation without its service's client; see [`Clients::operation`].
    pub(crate) fn operation(
        &self,
        service: &'static str,
        name: &'static str,
        url: &str,
        within: Duration,
    ) -> OperationBuilder {
        self.0.clients.operation(service, name, url, within)
    }

    /// Signs URLs, and requests that are sent without a client.
    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    pub(crate) fn signed_urls(&self) -> &SignedUrls {
        &self.0.signed_urls
    }

    pub(crate) fn table(&self) -> &str {
        &self.settings().table
    }

    pub(crate) fn bucket_name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Assets => &self.settings().assets_bucket,
            Bucket::Bundles => &self.settings().bundles_bucket,
        }
    }
}
