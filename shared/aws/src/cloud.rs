//! The door to every store: settings in, clients out.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use domain::gate::Bucket;

use crate::calls::Calls;
use crate::environment;
use crate::http_client::http_client;
use crate::mailer;
use crate::metrics::Metrics;
use crate::presign::Signed;
use crate::signature::Signer;

/// Where Cognito names a user's groups.
pub const COGNITO_GROUPS: &str = "cognito:groups";

/// Where everything is. Read once: from the environment on Lambda, given by hand locally.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The region of all services.
    pub region: String,
    /// Access key id, secret key, session token.
    pub credentials: (String, String, Option<String>),
    /// DynamoDB's address, where it is not AWS's.
    pub dynamodb_url: Option<String>,
    /// S3's address as functions reach it, where it is not AWS's.
    pub s3_url: Option<String>,
    /// S3's address as browsers reach it, for presigned URLs, where it differs.
    pub store_url: Option<String>,
    /// SQS's address, where it is not AWS's.
    pub sqs_url: Option<String>,
    /// SES's address, where it is not AWS's.
    pub ses_url: Option<String>,
    /// Cognito's address, where it is not AWS's.
    pub cognito_url: Option<String>,
    /// The site's Cognito user pool, for whoever follows its users; `None` where they sign in elsewhere.
    pub user_pool: Option<String>,
    /// The one table.
    pub table: String,
    /// The bucket of originals and renditions.
    pub assets_bucket: String,
    /// Where the originals lie in it: empty, or ends in a slash.
    pub library_prefix: String,
    /// The bucket of zips and manifests.
    pub bundles_bucket: String,
    /// The queue that `ingest-asset` reads.
    pub ingest_queue: String,
    /// The queue that `bundle-assets` reads.
    pub bundle_queue: String,
    /// The queue that `send-email` reads.
    pub email_queue: String,
    /// The address that mails come from; empty where the site sends none.
    pub mail_from: String,
    /// SES's configuration set, whose events tell of bounces.
    pub mail_configuration_set: Option<String>,
    /// The site's address without a trailing slash, for links' URLs and cookies.
    pub site_url: String,
    /// The claim of users' tokens that names their groups.
    pub groups_claim: String,
    /// The roots (PEM) that endpoints chain to, where they are not Amazon's.
    pub ca_bundle: Option<String>,
    /// The deployed stack, under which metrics are told; without it none are.
    pub stack_name: Option<String>,
    /// The function as Lambda calls it.
    pub function_name: Option<String>,
}

/// A setting that is not there, or can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSetting {
    /// It must be there.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The file it names can't be read.
    #[error("the file that the environment variable {0} names can't be read: {1}")]
    Unreadable(&'static str, std::io::Error),
}

impl Settings {
    /// The settings of a Lambda function. Credentials are the function's role's, which Lambda puts in the
    /// environment; the infrastructure template sets the rest.
    ///
    /// # Errors
    /// When a variable is missing, or names a file that can't be read.
    pub fn from_env() -> Result<Self, BadSetting> {
        let optional = environment::read;
        let required = |name| optional(name).ok_or(BadSetting::Missing(name));
        // As the SDKs read them: a service's own address, or one for all.
        let endpoint = |name| optional(name).or_else(|| optional("AWS_ENDPOINT_URL"));
        let file = |name| {
            let read = |path| std::fs::read_to_string(path).map_err(|why| BadSetting::Unreadable(name, why));
            optional(name).map(read).transpose()
        };
        Ok(Self {
            region: required("AWS_REGION")?,
            credentials: (
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                optional("AWS_SESSION_TOKEN"),
            ),
            dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            s3_url: endpoint("AWS_ENDPOINT_URL_S3"),
            store_url: optional("STORE_URL"),
            sqs_url: endpoint("AWS_ENDPOINT_URL_SQS"),
            ses_url: endpoint("AWS_ENDPOINT_URL_SES"),
            cognito_url: endpoint("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
            user_pool: optional("USER_POOL"),
            table: required("TABLE")?,
            assets_bucket: required("ASSETS_BUCKET")?,
            bundles_bucket: required("BUNDLES_BUCKET")?,
            ingest_queue: required("INGEST_QUEUE")?,
            bundle_queue: required("BUNDLE_QUEUE")?,
            email_queue: required("EMAIL_QUEUE")?,
            // A site may have no mail; its links then say so.
            mail_from: optional("MAIL_FROM").unwrap_or_default(),
            mail_configuration_set: optional("MAIL_CONFIGURATION_SET"),
            // Empty is a prefix too: that of the whole bucket.
            library_prefix: optional("LIBRARY_PREFIX").unwrap_or_default(),
            site_url: required("SITE_URL")?,
            groups_claim: optional("GROUPS_CLAIM").unwrap_or_else(|| COGNITO_GROUPS.to_owned()),
            ca_bundle: file("AWS_CA_BUNDLE")?,
            stack_name: optional("STACK_NAME"),
            function_name: optional("AWS_LAMBDA_FUNCTION_NAME"),
        })
    }
}

/// Where users sign in, as the app has to know.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The OIDC issuer.
    pub issuer: String,
    /// The app's public client id there.
    pub client_id: String,
    /// Origins of the issuer's other endpoints.
    pub origins: Vec<String>,
    /// Where the issuer ends its own session, for one that does not say so itself.
    pub sign_out_url: Option<String>,
}

impl SignIn {
    /// What the infrastructure template sets for `serve-app`.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env() -> Result<Self, BadSetting> {
        let required = |name| environment::read(name).ok_or(BadSetting::Missing(name));
        let origins = environment::read("OIDC_ORIGINS").unwrap_or_default();
        Ok(Self {
            issuer: required("OIDC_ISSUER")?,
            client_id: required("OIDC_CLIENT_ID")?,
            origins: origins.split_whitespace().map(str::to_owned).collect(),
            sign_out_url: environment::read("OIDC_SIGN_OUT_URL"),
        })
    }
}

/// How long one try at a row or a message may take: far longer than any takes, and short enough that a connection gone
/// silent (as one may be after a function slept) leaves time for another try before people have waited 30 s.
const ROW_OR_MESSAGE: Duration = Duration::from_secs(6);

/// Time-outs by which a single try ends.
pub(crate) fn tries_of(each: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).operation_attempt_timeout(each).build()
}

/// Each client is made when it is first asked for: a start pays for what its first request needs, and no more.
struct Rooms {
    settings: Settings,
    credentials: Credentials,
    signer: Signer,
    http: OnceLock<SharedHttpClient>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    ses: OnceLock<aws_sdk_ses::Client>,
    calls: Calls,
    signed: Signed,
    metrics: Metrics,
}

impl Rooms {
    fn region(&self) -> Region {
        Region::new(self.settings.region.clone())
    }

    fn http(&self) -> SharedHttpClient {
        self.http.get_or_init(|| http_client(self.settings.ca_bundle.as_deref())).clone()
    }
}

/// Every store that a function may ask, in the words of `domain`. Cheap to clone.
#[derive(Clone)]
pub struct Cloud(Arc<Rooms>);

impl Cloud {
    /// Opens the door. Makes no request and no client.
    pub fn new(settings: Settings) -> Self {
        let (key, secret, session) = settings.credentials.clone();
        let credentials = Credentials::new(key, secret, session, None, "settings");
        Self(Arc::new(Rooms {
            signer: Signer::new(credentials.clone().into(), settings.region.clone()),
            credentials,
            http: OnceLock::new(),
            dynamodb: OnceLock::new(),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            ses: OnceLock::new(),
            calls: Calls::default(),
            signed: Signed::default(),
            metrics: Metrics::new(&settings),
            settings,
        }))
    }

    /// As [`Cloud::new`], with requests sent by this client: one that has its stores in the same process, or breaks
    /// calls on purpose.
    pub fn over(settings: Settings, http: SharedHttpClient) -> Self {
        let cloud = Self::new(settings);
        // A client just made has sent nothing, so the place is empty.
        _ = cloud.0.http.set(http);
        cloud
    }

    /// Where everything is.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// How many requests went out, by kind.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// Where metrics go.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The address of a link's landing page.
    pub fn link_url(&self, token: &domain::token::LinkToken) -> String {
        format!("{}/s/{}", self.0.settings.site_url, token.reveal())
    }

    /// Whether the site is reached by HTTPS, as cookies must know.
    pub fn is_https(&self) -> bool {
        self.0.settings.site_url.starts_with("https://")
    }

    /// The origin from which browsers load objects, for content security policies.
    pub fn store_origin(&self) -> String {
        self.0.settings.store_origin()
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        let rooms = &self.0;
        rooms.dynamodb.get_or_init(|| {
            let mut config = aws_sdk_dynamodb::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(rooms.region())
                .credentials_provider(rooms.credentials.clone())
                .http_client(rooms.http())
                .timeout_config(tries_of(ROW_OR_MESSAGE))
                .interceptor(rooms.calls.clone());
            config.set_endpoint_url(rooms.settings.dynamodb_url.clone());
            aws_sdk_dynamodb::Client::from_conf(config.build())
        })
    }

    pub(crate) fn table(&self) -> &str {
        &self.0.settings.table
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        let rooms = &self.0;
        rooms.s3.get_or_init(|| {
            let mut config = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(rooms.region())
                .credentials_provider(rooms.credentials.clone())
                .http_client(rooms.http())
                .force_path_style(rooms.settings.s3_url.is_some())
                .interceptor(rooms.calls.clone());
            config.set_endpoint_url(rooms.settings.s3_url.clone());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// What all clients send by.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.0.http()
    }

    /// What signs requests to S3 that go without its client.
    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    pub(crate) fn signed(&self) -> &Signed {
        &self.0.signed
    }

    pub(crate) fn sqs(&self) -> &aws_sdk_sqs::Client {
        let rooms = &self.0;
        rooms.sqs.get_or_init(|| {
            let mut config = aws_sdk_sqs::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(rooms.region())
                .credentials_provider(rooms.credentials.clone())
                .http_client(rooms.http())
                .timeout_config(tries_of(ROW_OR_MESSAGE))
                .interceptor(rooms.calls.clone());
            config.set_endpoint_url(rooms.settings.sqs_url.clone());
            aws_sdk_sqs::Client::from_conf(config.build())
        })
    }

    pub(crate) fn ses(&self) -> &aws_sdk_ses::Client {
        let rooms = &self.0;
        rooms.ses.get_or_init(|| {
            mailer::client(&rooms.settings, rooms.credentials.clone(), rooms.http(), rooms.calls.clone())
        })
    }

    pub(crate) fn bucket_name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Assets => &self.0.settings.assets_bucket,
            Bucket::Bundles => &self.0.settings.bundles_bucket,
        }
    }
}
