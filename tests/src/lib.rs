//! The harness of the stories: a site that runs, users and recipients who ask it by HTTP as anybody would, and the
//! programs that people open a zip with.
#![expect(clippy::unwrap_used, reason = "a story that meets the unexpected fails there and then")]

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

/// How long a story waits for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells a story. All stories of a test program share one runtime, so that they can share one running site.
pub fn story<F: Future>(told: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let end = RUNTIME
        .get_or_init(|| {
            // Requests that never leave the process have no connection of which the SDK could say that it is bad.
            let no_connection = "aws_smithy_runtime::client::http::connection_poisoning=off";
            aws::telemetry::logs::init(&format!("error,dynoxide=off,s3s=off,{no_connection}"));
            tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
        })
        .block_on(told);
    faults::write_figures();
    end
}

/// Asks again and again until there is an answer; gives up after a minute, naming what did not come.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
