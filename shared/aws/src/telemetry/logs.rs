//! Setting up logs. A filter names levels, also by module: `info`, `warn,aws::calls=debug`.

use std::io::Write;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

use crate::environment;
use crate::telemetry::log_lines::{INVOCATION_TARGET, LogLines};

/// Sends logs to standard error as text, for a terminal.
pub fn init(filter: &str) {
    let (filter, unread) = read(filter);
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time();
    let installed = tracing_subscriber::registry().with(text).with(filter).try_init();
    report_setup(installed.map_err(|e| e.to_string()), unread);
}

/// Sends a Lambda function's logs to standard error, each line a flat JSON object with the function's name and
/// version and the invocation's request id. `LOG_LEVEL` is the filter, `info` unless it is set.
pub fn init_on_lambda() {
    let named = |name| environment::read(name).unwrap_or_default();
    let (filter, unread) = read(environment::read("LOG_LEVEL").as_deref().unwrap_or("info"));
    // Errors are ignored: there is nowhere to report them.
    let write = |line: &[u8]| _ = std::io::stderr().lock().write_all(line);
    let lines = LogLines::new(
        named("AWS_LAMBDA_FUNCTION_NAME"),
        named("AWS_LAMBDA_FUNCTION_VERSION"),
        filter.clone(),
        write,
    );
    // The span that holds the request id is always wanted, whatever is logged in it.
    let filter = filter.with_target(INVOCATION_TARGET, LevelFilter::INFO);
    let installed = tracing_subscriber::registry().with(lines).with(filter).try_init();
    report_setup(installed.map_err(|e| e.to_string()), unread);
}

/// A filter, or `info` and why the one that was asked for can't be read.
fn read(filter: &str) -> (Targets, Option<String>) {
    match filter.parse() {
        Ok(filter) => (filter, None),
        Err(error) => (Targets::new().with_default(LevelFilter::INFO), Some(error.to_string())),
    }
}

fn report_setup(installed: Result<(), String>, unread: Option<String>) {
    if let Err(already) = installed {
        tracing::debug!("logs stay as they were set up before: {already}");
    }
    if let Some(error) = unread {
        tracing::warn!(error, "the log's filter can't be read: falling back to info");
    }
}
