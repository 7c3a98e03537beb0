//! The clients of all services. They are built in one place, so that every request passes the same interceptors.

use std::sync::OnceLock;
use std::time::Duration;

use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_types::error::metadata::ErrorMetadata;

use crate::cloud::http_client::http_client;
use crate::cloud::settings::{self, Settings};

/// The timeout of one attempt to read or write a row or a message. It is much longer than an attempt takes, but short
/// enough to retry within 30 s when a connection no longer answers, which happens after Lambda froze the function.
const ROW_OR_MESSAGE: Duration = Duration::from_secs(6);

/// The timeout of a request to SES. It is much shorter than a claim lasts ([`domain::mail::CLAIM_LASTS`]).
const MAIL: Duration = Duration::from_secs(20);

/// The configuration that all clients share: region, credentials, HTTP client, interceptors and the service's address.
/// It is a macro because each service of the SDK has its own type of builder.
macro_rules! configure {
    ($service:ident, $clients:expr, $url:ident) => {{
        let clients: &Clients = $clients;
        let mut config = $service::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(clients.settings.region.clone()))
            .credentials_provider(clients.credentials.clone())
            .http_client(clients.http());
        for interceptor in &clients.interceptors {
            config.push_interceptor(interceptor.clone());
        }
        config.set_endpoint_url(clients.settings.$url.clone());
        config
    }};
}

/// The clients. Each is made when it is first used, so that a function starts faster.
pub(super) struct Clients {
    pub(super) settings: Settings,
    credentials: Credentials,
    interceptors: Vec<SharedInterceptor>,
    http: OnceLock<SharedHttpClient>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    ses: OnceLock<aws_sdk_ses::Client>,
}

impl Clients {
    /// Makes no client yet. If `http` is given, it sends the requests.
    pub(super) fn new(
        settings: Settings,
        interceptors: Vec<SharedInterceptor>,
        http: Option<SharedHttpClient>,
    ) -> Self {
        let settings::Credentials { access_key, secret_key, session_token } = settings.credentials.clone();
        Self {
            credentials: Credentials::new(access_key, secret_key, session_token, None, "settings"),
            settings,
            interceptors,
            http: http.map(OnceLock::from).unwrap_or_default(),
            dynamodb: OnceLock::new(),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            ses: OnceLock::new(),
        }
    }

    fn http(&self) -> SharedHttpClient {
        self.http.get_or_init(|| http_client(self.settings.ca_bundle.as_deref())).clone()
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| {
            let config = configure!(aws_sdk_dynamodb, self, dynamodb_url);
            let config = config.timeout_config(time_out_attempts(ROW_OR_MESSAGE)).build();
            aws_sdk_dynamodb::Client::from_conf(config)
        })
    }

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = configure!(aws_sdk_s3, self, s3_url);
            let config = config.force_path_style(self.settings.s3_url.is_some()).build();
            aws_sdk_s3::Client::from_conf(config)
        })
    }

    pub(super) fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| {
            let config = configure!(aws_sdk_sqs, self, sqs_url);
            let config = config.timeout_config(time_out_attempts(ROW_OR_MESSAGE)).build();
            aws_sdk_sqs::Client::from_conf(config)
        })
    }

    /// SES's client does not retry: if only the answer was lost, a retry would send the mail a second time.
    pub(super) fn ses(&self) -> &aws_sdk_ses::Client {
        self.ses.get_or_init(|| {
            let within = TimeoutConfig::builder().operation_timeout(MAIL).build();
            let config = configure!(aws_sdk_ses, self, ses_url);
            aws_sdk_ses::Client::from_conf(
                config.retry_config(RetryConfig::disabled()).timeout_config(within).build(),
            )
        })
    }

    /// An operation that uses the SDK's retries and connections but not its service's client. Each attempt has the
    /// timeout `within`; the operation's serializer must sign the request.
    pub(super) fn operation(
        &self,
        service: &'static str,
        name: &'static str,
        url: &str,
        within: Duration,
    ) -> OperationBuilder {
        let operation = Operation::builder()
            .service_name(service)
            .operation_name(name)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(url)
            .http_client(self.http())
            .with_connection_poisoning()
            .no_auth()
            .timeout_config(time_out_attempts(within))
            .standard_retry(&RetryConfig::standard())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new());
        self.interceptors
            .iter()
            .fold(operation, |operation, interceptor| operation.interceptor(interceptor.clone()))
    }
}

fn time_out_attempts(each: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).operation_attempt_timeout(each).build()
}
