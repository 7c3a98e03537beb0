//! The scheduled sweep: ends links, deletes what they leave.
//!
//! Expiry is judged whenever a link is read, so a late sweep never keeps a link open. The sweep only clears up: visits
//! and bundles of links that ended, everything of deleted links, selections whose link was never created, assets whose
//! files went 30 days ago, bundles that were not requested for 72 hours, and uploads that were never completed.
//!
//! A run stops before Lambda kills it, and the next scheduled run continues after what this one has begun. What could
//! not be cleared up waits for the next round, so that nothing else has to wait for it.

mod run;

use aws::clock::Deadline;
use aws::{Cloud, Metric};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent};
use serde::Serialize;

use crate::run::Run;

/// A run ends when less time is left. It then only stores how far it has come, which takes longest if the table does
/// not answer: three attempts of 6 s.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// How much a run cleared up.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Expired links.
    pub links_ended: u64,
    /// Deleted links.
    pub links_cleared: u64,
    /// Selections whose link was never created.
    pub selections: u64,
    /// Rows of assets whose files went 30 days ago.
    pub gone_assets: u64,
    /// Bundles that were not requested for 72 hours.
    pub bundles: u64,
    /// Aborted uploads.
    pub uploads: u64,
    /// Whether the time was too short, so that the next run continues.
    pub goes_on: bool,
    /// How much was begun and did not end in time, because it has very much to delete or a store does not answer.
    pub unfinished: u64,
}

impl Report {
    fn total(&self) -> u64 {
        self.links_ended
            + self.links_cleared
            + self.selections
            + self.bundles
            + self.gone_assets
            + self.uploads
    }
}

/// Sweeps what ended up to the event's time, until all is cleared up or the time is short.
///
/// # Errors
/// When something could not be cleared up. Everything else was, and a later run tries again.
pub async fn handle(event: LambdaEvent<EventBridgeEvent>, cloud: &Cloud) -> Result<Report, Error> {
    let deadline = Deadline::at(event.context.deadline);
    let time = event.payload.time.and_then(|at| Timestamp::from_millisecond(at.timestamp_millis()).ok());
    let mut run = Run::begin(time.unwrap_or_else(aws::clock::now), cloud).await?;
    // What is being cleared up at the end of the time is left as it is, which does no harm.
    let in_time = tokio::time::timeout(deadline.left_before(MARGIN), run.clear_up()).await;
    (run.report.goes_on, run.report.unfinished) = (in_time.is_err(), run.running);
    if let Err(error) = run.store_progress().await {
        run.note_failure(&error);
    }

    let Run { report, failures, .. } = run;
    for (error, times) in &failures {
        tracing::error!(%error, times, "something could not be swept");
    }
    cloud.metrics().put(&[
        (Metric::SweepEnded, report.total() as f64),
        (Metric::SweepFailures, failures.values().sum::<u64>() as f64),
    ]);
    tracing::info!(?report, "swept");
    if failures.is_empty() { Ok(report) } else { Err("some of it could not be swept; see the log".into()) }
}
