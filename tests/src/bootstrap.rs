//! The functions' real programs, as Lambda starts them: built with the feature `lambda`, configured by their
//! environment, with events from a Runtime API.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::runtime_api::{RuntimeApi, TIMEOUT};
use crate::usage::Usage;

/// The names of the functions that have a program.
pub fn functions() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut functions: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
            manifest.lines().any(|line| line.starts_with("lambda = "))
        })
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    functions.sort();
    functions
}

/// The folder of the built programs. Builds them with the profile and in the target folder of the running test, so
/// that both share compiled crates.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        // <target>/<profile>/deps/<test>
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let name = match profile.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            name => name,
        };
        // Built together with the tests' package, so that shared crates have the same features and are not built twice.
        build(profile.parent().unwrap(), name, &functions(), &["-p", env!("CARGO_PKG_NAME")]);
        profile.to_owned()
    })
}

/// Builds these functions' programs with further arguments. Their folder is that of the profile, below `target`.
pub fn build(target: &Path, profile: &str, functions: &[String], further: &[&str]) {
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo sets these variables for the test's own package; build scripts would take them for a change and run
    // again each time.
    for own in ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"] {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--quiet", "--locked", "--profile", profile, "--target-dir"]).arg(target);
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    cargo.args(further);
    for function in functions {
        cargo.args(["-p", function, "--bin", function, "--features", &format!("{function}/lambda")]);
    }
    assert!(cargo.status().unwrap().success(), "the functions could not be built");
}

/// The environment variables that the template would set for a function with these stores.
pub fn environment(settings: &aws::Settings) -> Vec<(&'static str, String)> {
    let aws::Credentials { access_key, secret_key, session_token } = settings.credentials.clone();
    let optional = [
        ("AWS_SESSION_TOKEN", session_token),
        ("AWS_ENDPOINT_URL_DYNAMODB", settings.dynamodb_url.clone()),
        ("AWS_ENDPOINT_URL_S3", settings.s3_url.clone()),
        ("AWS_ENDPOINT_URL_SQS", settings.sqs_url.clone()),
        ("AWS_ENDPOINT_URL_SES", settings.ses_url.clone()),
        ("STORE_URL", settings.store_url.clone()),
    ];
    let required = [
        // Lambda sets both; some SDKs read one, some the other.
        ("AWS_REGION", settings.region.clone()),
        ("AWS_DEFAULT_REGION", settings.region.clone()),
        ("AWS_ACCESS_KEY_ID", access_key),
        ("AWS_SECRET_ACCESS_KEY", secret_key),
        ("TABLE", settings.table.clone()),
        ("ASSETS_BUCKET", settings.assets_bucket.clone()),
        ("BUNDLES_BUCKET", settings.bundles_bucket.clone()),
        ("INGEST_QUEUE", settings.ingest_queue.url.clone()),
        ("RENDER_QUEUE", settings.render_queue.url.clone()),
        ("BUNDLE_QUEUE", settings.bundle_queue.url.clone()),
        ("EMAIL_QUEUE", settings.email_queue.url.clone()),
        ("LIBRARY_PREFIX", settings.library_prefix.clone()),
        ("MAIL_FROM", settings.mail_from.clone()),
        ("SITE_URL", settings.site_url.clone()),
        ("STACK_NAME", "vitrine-test".to_owned()),
        ("OIDC_ISSUER", format!("{}/auth", settings.site_url)),
        ("OIDC_CLIENT_ID", "vitrine-web".to_owned()),
    ];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    required.into_iter().chain(optional).collect()
}

/// A running program of a function.
pub struct Bootstrap {
    child: Child,
    api: RuntimeApi,
    folder: PathBuf,
}

impl Bootstrap {
    /// Starts a program with only these variables. Its output goes to files in `folder`.
    pub async fn start(command: Command, name: &str, set: &[(&str, String)], folder: PathBuf) -> Self {
        let api = RuntimeApi::start().await;
        let child = spawn(command, name, set, &folder, &api);
        Self { child, api, folder }
    }

    /// As [`Bootstrap::start`], with a first event that waits already. Also returns the answer to it.
    pub async fn start_with(
        command: Command,
        name: &str,
        set: &[(&str, String)],
        folder: PathBuf,
        event: &str,
    ) -> (Self, Result<Value, String>) {
        let api = RuntimeApi::start().await;
        let (_, answer) = api.send(event.to_owned());
        let child = spawn(command, name, set, &folder, &api);
        let started = Self { child, api, folder };
        let answer = started.answer(answer).await;
        (started, answer)
    }

    /// Invokes the function, and returns its answer or its error.
    pub async fn invoke(&self, event: &str) -> Result<Value, String> {
        let (_, answer) = self.api.send(event.to_owned());
        self.answer(answer).await
    }

    async fn answer(
        &self,
        answer: tokio::sync::oneshot::Receiver<crate::runtime_api::Outcome>,
    ) -> Result<Value, String> {
        let Ok(Ok(outcome)) = tokio::time::timeout(TIMEOUT, answer).await else {
            panic!("no answer: {}", self.written("stderr"));
        };
        outcome
            .map(|body| serde_json::from_slice(&body).unwrap())
            .map_err(|body| String::from_utf8_lossy(&body).into_owned())
    }

    /// Its output to `stdout` or `stderr` so far.
    pub fn written(&self, stream: &str) -> String {
        fs::read_to_string(self.folder.join(stream)).unwrap()
    }

    /// What it uses.
    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn spawn(mut command: Command, name: &str, set: &[(&str, String)], folder: &Path, api: &RuntimeApi) -> Child {
    let file = |stream: &str| File::create(folder.join(stream)).unwrap();
    command
        .env_clear()
        .envs(set.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .unwrap()
}
