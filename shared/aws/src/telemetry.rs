//! Setting up logs.

use crate::environment;

/// Sends logs to standard error: JSON lines on Lambda, plain text on a terminal.
///
/// `filter` is in the form of `tracing`'s environment filter, such as `info,aws=debug`.
pub fn init(filter: &str, json: bool) {
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = if json { logs.json().try_init() } else { logs.without_time().try_init() };
    if let Err(already) = installed {
        tracing::debug!("logs stay as they were set up before: {already}");
    }
}

/// Sets up the logs of a Lambda function: JSON lines, filtered as `LOG_LEVEL` says, `info` unless it is set.
pub fn init_on_lambda() {
    init(environment::read("LOG_LEVEL").as_deref().unwrap_or("info"), true);
}
