//! The scheduled sweep: ends links, deletes what they leave.
//!
//! Expiry is judged whenever a link is read, so a late sweep never keeps a link open. The sweep only clears up: visits
//! and bundles of links that ended, everything of deleted links, selections whose link was never created, bundles that
//! were not requested for 72 hours, and uploads that were never completed.

use std::collections::BTreeMap;

use aws::rows::sweeping::Ended;
use aws::{Cloud, Metric};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::object::Bucket;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_runtime::Error;
use serde::Serialize;

/// Age after which an unfinished upload is an orphan: a bundle's worker completes or aborts its upload within minutes.
const UPLOAD_IS_ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Days before today that the first sweep of a site includes.
const FIRST_SWEEP_DAYS: i64 = 7;

/// How much a sweep cleared up.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Expired links.
    pub links_ended: u64,
    /// Deleted links.
    pub links_cleared: u64,
    /// Selections whose link was never created.
    pub selections: u64,
    /// Bundles that were not requested for 72 hours.
    pub bundles: u64,
    /// Aborted uploads.
    pub uploads: u64,
}

impl Report {
    fn total(&self) -> u64 {
        self.links_ended + self.links_cleared + self.selections + self.bundles + self.uploads
    }
}

/// Sweeps everything that ended up to the event's time.
///
/// # Errors
/// When something could not be cleared up. Everything else was, and the next sweep tries again.
pub async fn handle(event: EventBridgeEvent, cloud: &Cloud) -> Result<Report, Error> {
    let now = event
        .time
        .and_then(|at| Timestamp::from_millisecond(at.timestamp_millis()).ok())
        .unwrap_or_else(aws::clock::now);
    let today = day_of(now);
    let from = match cloud.sweeps().swept_through().await? {
        // The last swept day was not over then. The day before it is swept again too, because a row may have appeared
        // late: a writer was slow around midnight, or the index lagged.
        Some(day) => day.yesterday()?,
        None => today.saturating_sub(FIRST_SWEEP_DAYS.days()),
    };
    let mut report = Report::default();
    let mut failures = BTreeMap::<String, u64>::new();
    let mut day = from;
    while day <= today {
        for swept in cloud.sweeps().find_ended(day, now).await? {
            match cloud.sweeps().sweep(&swept, now).await {
                Ok(true) => count(&mut report, &swept.what),
                Ok(false) => {}
                Err(error) => *failures.entry(error.to_string()).or_default() += 1,
            }
        }
        // Advance only past a day without failures.
        if failures.is_empty() {
            cloud.sweeps().set_swept_through(day).await?;
        }
        day = day.tomorrow()?;
    }
    for open in cloud.uploads().list(Bucket::Bundles, "bundles/").await? {
        if open.started.saturating_add(UPLOAD_IS_ORPHAN_AFTER)? < now {
            cloud.uploads().abort(&open.upload).await?;
            report.uploads += 1;
        }
    }
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

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn count(report: &mut Report, what: &Ended) {
    match what {
        Ended::Link(_) => report.links_ended += 1,
        Ended::DeletedLink(_) => report.links_cleared += 1,
        Ended::Selection(_) => report.selections += 1,
        Ended::Bundle(..) => report.bundles += 1,
    }
}
