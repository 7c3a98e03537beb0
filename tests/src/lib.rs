//! The harness of the stories: a running site, users and recipients who send it HTTP requests, and programs that open
//! a zip.
#![expect(clippy::unwrap_used, reason = "a story fails at the first unexpected value")]

mod answer;
pub mod bootstrap;
pub mod faults;
pub mod files;
mod issued;
pub mod mail_server;
pub mod needs;
mod ports;
pub mod process;
pub mod provider;
mod recipient;
pub mod rows;
mod runtime_api;
pub mod samples;
pub mod site;
pub mod usage;
mod user;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use answer::{Link, with};
pub use bootstrap::Bootstrap;
pub use issued::Issued;
pub use process::Process;
pub use recipient::Recipient;
pub use site::Site;
pub use stage::Answer;
pub use user::User;

/// How long a story waits for background work.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a story. All stories of a test program share one runtime, so that they can share one running site.
pub fn story<F: Future>(steps: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let end = RUNTIME
        .get_or_init(|| {
            // Requests inside the process have no connection, about which the SDK would log an error.
            let no_connection = "aws_smithy_runtime::client::http::connection_poisoning=off";
            aws::telemetry::logs::init(&format!("error,s3s=off,{no_connection}"));
            tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
        })
        .block_on(steps);
    faults::write_figures();
    end
}

/// Calls `ask` until it returns a value. Panics after a minute, with `what` in the message.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
