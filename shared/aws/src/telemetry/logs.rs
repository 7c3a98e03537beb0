//! Setting up logs. A filter sets levels, for all modules or for one: `info`, `warn,aws::calls=debug`.

use std::io::Write;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

use crate::environment;
use crate::telemetry::log_lines::{INVOCATION_TARGET, LogLines};

/// Writes logs to standard error as text, for a terminal.
pub fn init(filter: &str) {
    let (filter, invalid) = parse_filter(filter);
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time();
    let installed = tracing_subscriber::registry().with(text).with(filter).try_init();
    report_setup(installed.map_err(|e| e.to_string()), invalid);
}

/// Writes a Lambda function's logs to standard error. Each line is a flat JSON object with the function's name and
/// version and the invocation's request id. The environment variable `LOG_LEVEL` is the filter; the default is `info`.
pub fn init_on_lambda() {
    let variable = |name| environment::read(name).unwrap_or_default();
    let (filter, invalid) = parse_filter(environment::read("LOG_LEVEL").as_deref().unwrap_or("info"));
    // Errors are ignored: there is nowhere to report them.
    let write = |line: &[u8]| _ = std::io::stderr().lock().write_all(line);
    let lines = LogLines::new(
        variable("AWS_LAMBDA_FUNCTION_NAME"),
        variable("AWS_LAMBDA_FUNCTION_VERSION"),
        filter.clone(),
        write,
    );
    // The span that holds the request id is enabled at every level, so that each line gets the id.
    let filter = filter.with_target(INVOCATION_TARGET, LevelFilter::INFO);
    let installed = tracing_subscriber::registry().with(lines).with(filter).try_init();
    report_setup(installed.map_err(|e| e.to_string()), invalid);
}

/// The filter, or `info` and the reason why the given filter is invalid.
fn parse_filter(filter: &str) -> (Targets, Option<String>) {
    match filter.parse() {
        Ok(filter) => (filter, None),
        Err(error) => (Targets::new().with_default(LevelFilter::INFO), Some(error.to_string())),
    }
}

fn report_setup(installed: Result<(), String>, invalid: Option<String>) {
    if let Err(error) = installed {
        tracing::debug!(error, "logs were set up before and are not changed");
    }
    if let Some(error) = invalid {
        tracing::warn!(error, "the log's filter is invalid; using info");
    }
}
