//! The door to every store: settings in, clients out.

use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use domain::gate::Bucket;

use crate::mailer;
use crate::presign::Signed;
use crate::telemetry::Calls;

/// Where everything is. Read once: from the environment on Lambda, given by hand locally.
#[derive(Debug, Clone)]
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
    /// The one table.
    pub table: String,
    /// The bucket of originals and renditions.
    pub assets_bucket: String,
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
    /// The site's address without a trailing slash, for links' URLs and cookies.
    pub site_url: String,
}

/// A setting that is not there.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingSetting(&'static str);

impl Settings {
    /// The settings of a Lambda function. Credentials are the function's role's, which Lambda puts in the
    /// environment; the infrastructure template sets the rest.
    ///
    /// # Errors
    /// When a variable is missing.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_env() -> Result<Self, MissingSetting> {
        let optional = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(MissingSetting(name));
        Ok(Self {
            region: required("AWS_REGION")?,
            credentials: (
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                optional("AWS_SESSION_TOKEN"),
            ),
            dynamodb_url: optional("AWS_ENDPOINT_URL_DYNAMODB"),
            s3_url: optional("AWS_ENDPOINT_URL_S3"),
            store_url: optional("STORE_URL"),
            sqs_url: optional("AWS_ENDPOINT_URL_SQS"),
            ses_url: optional("AWS_ENDPOINT_URL_SES"),
            table: required("TABLE")?,
            assets_bucket: required("ASSETS_BUCKET")?,
            bundles_bucket: required("BUNDLES_BUCKET")?,
            ingest_queue: required("INGEST_QUEUE")?,
            bundle_queue: required("BUNDLE_QUEUE")?,
            email_queue: required("EMAIL_QUEUE")?,
            mail_from: optional("MAIL_FROM").unwrap_or_default(),
            site_url: required("SITE_URL")?,
        })
    }
}

struct Rooms {
    settings: Settings,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    public_s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    ses: aws_sdk_ses::Client,
    calls: Calls,
    signed: Signed,
}

/// Every store that a function may ask, in the words of `domain`. Cheap to clone.
#[derive(Clone)]
pub struct Cloud(Arc<Rooms>);

impl Cloud {
    /// Opens the door. Makes no request.
    pub fn new(settings: Settings) -> Self {
        let http = http_client();
        let calls = Calls::default();
        let (key, secret, session) = settings.credentials.clone();
        let credentials = Credentials::new(key, secret, session, None, "settings");
        let region = Region::new(settings.region.clone());

        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .http_client(http.clone())
            .interceptor(calls.clone());
        dynamodb.set_endpoint_url(settings.dynamodb_url.clone());

        let s3 = |url: Option<String>| {
            let mut s3 = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region.clone())
                .credentials_provider(credentials.clone())
                .http_client(http.clone())
                .force_path_style(url.is_some());
            s3.set_endpoint_url(url);
            s3
        };
        // This one signs URLs and sends nothing: what the SDK calls a request there is none, and is not counted.
        let public_s3 = s3(settings.store_url.clone().or_else(|| settings.s3_url.clone()));

        let mut sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .http_client(http.clone())
            .interceptor(calls.clone());
        sqs.set_endpoint_url(settings.sqs_url.clone());

        Self(Arc::new(Rooms {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            s3: aws_sdk_s3::Client::from_conf(s3(settings.s3_url.clone()).interceptor(calls.clone()).build()),
            public_s3: aws_sdk_s3::Client::from_conf(public_s3.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            ses: mailer::client(&settings, credentials, http, calls.clone()),
            calls,
            signed: Signed::default(),
            settings,
        }))
    }

    /// Where everything is.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// How many requests went out, by kind.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
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
        let settings = &self.0.settings;
        match settings.store_url.as_ref().or(settings.s3_url.as_ref()) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}.s3.{}.amazonaws.com", settings.assets_bucket, settings.region),
        }
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        &self.0.dynamodb
    }

    pub(crate) fn table(&self) -> &str {
        &self.0.settings.table
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        &self.0.s3
    }

    pub(crate) fn public_s3(&self) -> &aws_sdk_s3::Client {
        &self.0.public_s3
    }

    pub(crate) fn signed(&self) -> &Signed {
        &self.0.signed
    }

    pub(crate) fn sqs(&self) -> &aws_sdk_sqs::Client {
        &self.0.sqs
    }

    pub(crate) fn ses(&self) -> &aws_sdk_ses::Client {
        &self.0.ses
    }

    pub(crate) fn bucket_name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Assets => &self.0.settings.assets_bucket,
            Bucket::Bundles => &self.0.settings.bundles_bucket,
        }
    }
}

#[cfg(feature = "lambda")]
fn http_client() -> SharedHttpClient {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

#[cfg(not(feature = "lambda"))]
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}
