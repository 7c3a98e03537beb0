//! The functions as Lambda runs them: their real programs, called through a Runtime API, on the embedded stores.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod calls;
mod events;
mod logs_and_metrics;
mod roots;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Bootstrap, Site, bootstrap};
use serde_json::Value;

/// Starts a function on a site's stores, with more environment variables.
async fn start(function: &str, site: &Site, further: &[(&'static str, String)]) -> Bootstrap {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let folder = site.folder(&format!("{function}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    let mut set = bootstrap::environment(site.on_ports().await);
    set.extend(further.iter().cloned());
    Bootstrap::start(Command::new(bootstrap::programs().join(function)), function, &set, folder).await
}

/// Parses each line of a text as JSON.
fn parse_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Waits until the log of a function has the end of this many invocations, which is written after the answer.
async fn wait_for_ends(bootstrap: &Bootstrap, invocations: usize) -> Vec<Value> {
    e2e::wait_for("the ends of invocations", || async {
        let logs = parse_lines(&bootstrap.written("stderr"));
        let ended = logs.iter().filter(|line| line["message"] == "an invocation ended");
        let ended = ended.filter(|line| line["duration_ms"].is_number()).count();
        (ended == invocations).then_some(logs)
    })
    .await
}
