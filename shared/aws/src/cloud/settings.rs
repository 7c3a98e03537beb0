//! Where everything is: the settings of functions, and of the sign-in.

use crate::environment;

/// Where Cognito names a user's groups.
pub const COGNITO_GROUPS: &str = "cognito:groups";

/// Keys that requests are signed with.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The access key's id, which is no secret.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The session token of keys that end, such as a role's.
    pub session_token: Option<String>,
}

/// Neither the secret nor the token, so that printed settings give nothing away.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// Where everything is. Read once: from the environment on Lambda, given by hand locally.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The region of all services.
    pub region: String,
    /// Whose requests these are.
    pub credentials: Credentials,
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
            credentials: Credentials {
                access_key: required("AWS_ACCESS_KEY_ID")?,
                secret_key: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: optional("AWS_SESSION_TOKEN"),
            },
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

#[cfg(test)]
mod tests {
    use super::*;

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
