//! The settings of functions and of the sign-in.

use domain::bundle::zip::Limits;
use jiff::SignedDuration;

use crate::environment;

/// The claim of Cognito's tokens that lists a user's groups.
pub const COGNITO_GROUPS: &str = "cognito:groups";

/// How long a message waits after its first failure on AWS: a store that was busy for a moment is not any more.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// A queue of a function that works in the background.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Its URL, which ends in its name.
    pub url: String,
    /// How long a message waits after its first failure; each further failure doubles the time.
    pub first_wait: SignedDuration,
}

/// The credentials that sign requests.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The access key's id, which is not secret.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The session token of temporary credentials, such as a role's.
    pub session_token: Option<String>,
}

/// Leaves out the secret key and the session token, so that printed settings hold no secret.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// What a store asks of those who write to it. [`Default`] is for S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreRules {
    /// The limits of multipart uploads, by which zips are planned.
    pub limits: Limits,
    /// Whether a request to write signs the SHA-256 of its bytes. Over the network it must; a store in the same process
    /// would only compute it a second time.
    pub sign_bytes: bool,
}

impl Default for StoreRules {
    fn default() -> Self {
        Self { limits: Limits::default(), sign_bytes: true }
    }
}

/// The settings of a function. On Lambda they are read once from the environment; locally the program sets them.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The region of all services.
    pub region: String,
    /// The credentials that sign all requests.
    pub credentials: Credentials,
    /// DynamoDB's address, if it is not AWS's.
    pub dynamodb_url: Option<String>,
    /// S3's address for functions, if it is not AWS's.
    pub s3_url: Option<String>,
    /// S3's address for browsers, used in presigned URLs, if it differs from the one for functions.
    pub store_url: Option<String>,
    /// What the store of objects asks of those who write to it.
    pub store_rules: StoreRules,
    /// SQS's address, if it is not AWS's.
    pub sqs_url: Option<String>,
    /// SES's address, if it is not AWS's.
    pub ses_url: Option<String>,
    /// Cognito's address, if it is not AWS's.
    pub cognito_url: Option<String>,
    /// The id of the site's Cognito user pool; `None` if users sign in with another provider.
    pub user_pool: Option<String>,
    /// The name of the table.
    pub table: String,
    /// The bucket of originals and renditions.
    pub assets_bucket: String,
    /// The prefix of the originals' keys in that bucket: empty, or it ends in a slash.
    pub library_prefix: String,
    /// The bucket of zips and manifests.
    pub bundles_bucket: String,
    /// The queue of events of files, which `ingest-asset` reads many at a time.
    pub ingest_queue: Queue,
    /// The queue of large files, and of files that failed with others, which `ingest-asset` reads one by one.
    pub render_queue: Queue,
    /// The queue that `bundle-assets` reads.
    pub bundle_queue: Queue,
    /// The queue that `send-email` reads.
    pub email_queue: Queue,
    /// The sender's address of all mails; empty if the site sends none.
    pub mail_from: String,
    /// SES's configuration set, whose events report bounces.
    pub mail_configuration_set: Option<String>,
    /// The site's address without a trailing slash, for links' URLs and cookies.
    pub site_url: String,
    /// The claim of users' tokens that lists their groups.
    pub groups_claim: String,
    /// The root certificates (PEM) to trust in place of Amazon's.
    pub ca_bundle: Option<String>,
    /// The name of the deployed stack, which metrics carry; without it no metrics are written.
    pub stack_name: Option<String>,
    /// The function's name on Lambda.
    pub function_name: Option<String>,
}

/// A setting that is missing or can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSetting {
    /// A required variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The file that the variable names can't be read.
    #[error("the file that the environment variable {0} names can't be read: {1}")]
    Unreadable(&'static str, std::io::Error),
}

impl Settings {
    /// The settings of a Lambda function, from its environment. Lambda sets the credentials of the function's role; the
    /// infrastructure template sets the rest.
    ///
    /// # Errors
    /// When a variable is missing, or names a file that can't be read.
    pub fn from_env() -> Result<Self, BadSetting> {
        Self::from_variables(environment::read)
    }

    fn from_variables(optional: impl Fn(&str) -> Option<String>) -> Result<Self, BadSetting> {
        let required = |name| optional(name).ok_or(BadSetting::Missing(name));
        let queue = |name| Ok(Queue { url: required(name)?, first_wait: FIRST_WAIT });
        // As in the SDKs: a service's own address, or one address for all services.
        let endpoint = |name| optional(name).or_else(|| optional("AWS_ENDPOINT_URL"));
        let file = |name| {
            let read = |path| std::fs::read_to_string(path).map_err(|why| BadSetting::Unreadable(name, why));
            optional(name).map(read).transpose()
        };
        Ok(Self {
            region: required("AWS_REGION")?,
            credentials: Credentials {
                access_key: required("AWS_ACCESS_KEY_ID")?,
                secret_key: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: optional("AWS_SESSION_TOKEN"),
            },
            dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            s3_url: endpoint("AWS_ENDPOINT_URL_S3"),
            store_url: optional("STORE_URL"),
            store_rules: StoreRules::default(),
            sqs_url: endpoint("AWS_ENDPOINT_URL_SQS"),
            ses_url: endpoint("AWS_ENDPOINT_URL_SES"),
            cognito_url: endpoint("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
            user_pool: optional("USER_POOL"),
            table: required("TABLE")?,
            assets_bucket: required("ASSETS_BUCKET")?,
            bundles_bucket: required("BUNDLES_BUCKET")?,
            ingest_queue: queue("INGEST_QUEUE")?,
            render_queue: queue("RENDER_QUEUE")?,
            bundle_queue: queue("BUNDLE_QUEUE")?,
            email_queue: queue("EMAIL_QUEUE")?,
            // A site may send no mails.
            mail_from: optional("MAIL_FROM").unwrap_or_default(),
            mail_configuration_set: optional("MAIL_CONFIGURATION_SET"),
            // An empty prefix means that the whole bucket is the library.
            library_prefix: optional("LIBRARY_PREFIX").unwrap_or_default(),
            site_url: required("SITE_URL")?,
            groups_claim: optional("GROUPS_CLAIM").unwrap_or_else(|| COGNITO_GROUPS.to_owned()),
            ca_bundle: file("AWS_CA_BUNDLE")?,
            stack_name: optional("STACK_NAME"),
            function_name: optional("AWS_LAMBDA_FUNCTION_NAME"),
        })
    }
}

/// What the app has to know to sign users in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The OIDC issuer.
    pub issuer: String,
    /// The app's public client id at the issuer.
    pub client_id: String,
    /// The origins of the issuer's other endpoints.
    pub origins: Vec<String>,
    /// The URL that ends the issuer's session, for issuers whose discovery document does not name it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_on_aws_keep_s3s_limits_and_sign_what_they_write() {
        let read =
            Settings::from_variables(|name| Some(format!("a {name}")).filter(|_| name != "AWS_CA_BUNDLE"));
        let StoreRules { limits, sign_bytes } = read.unwrap().store_rules;
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
        assert_eq!((limits.min_part, limits.max_copy, limits.max_parts), (5 << 20, 5 << 30, 10_000));
        assert!(limits.min_copy > 5 << 20, "a range is copied only from an object of more than 5 MB");
        assert!(sign_bytes);
    }

    #[test]
    fn printed_settings_hold_no_secret() {
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "the secret".into(),
            session_token: Some("the token".into()),
        };
        let printed = format!("{:?}", Settings { credentials, ..Settings::default() });
        assert!(printed.contains("AKIDEXAMPLE"), "{printed}");
        assert!(!printed.contains("the secret") && !printed.contains("the token"), "{printed}");
    }
}
