//! One run of the sweep.

use std::collections::{BTreeMap, VecDeque};

use aws::Cloud;
use aws::rows::sweeping::{Ended, Place, Progress, ToSweep};
use domain::object::Bucket;
use futures_util::StreamExt;
use futures_util::stream::{FuturesUnordered, iter};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::Report;

/// The most things that are cleared up at once.
const AT_ONCE: usize = 32;
/// Age after which an unfinished upload is an orphan: a bundle's worker completes or aborts its upload within minutes.
const UPLOAD_IS_ORPHAN_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Days before today that the first sweep of a site includes.
const FIRST_SWEEP_DAYS: i64 = 7;
/// The most different errors that are kept for the log.
const ERRORS: usize = 100;

/// A run of the sweep, with what it has done so far.
pub struct Run<'a> {
    cloud: &'a Cloud,
    now: Timestamp,
    today: Date,
    stored: Option<Progress>,
    /// The day of the first thing of this run.
    first_day: Date,
    /// Everything before this place was begun.
    place: Place,
    /// Things that were begun and have not ended yet, well or badly.
    pub running: u64,
    /// The day that the next round begins with.
    again: Date,
    pub report: Report,
    /// Errors, each with how often it happened.
    pub failures: BTreeMap<String, u64>,
}

impl<'a> Run<'a> {
    /// Begins where the last run ended.
    pub async fn begin(now: Timestamp, cloud: &'a Cloud) -> Result<Self, aws::Error> {
        let today = TimeZone::UTC.to_datetime(now).date();
        let stored = cloud.sweeps().progress().await?;
        let (place, again) = match stored.clone() {
            Some(Progress { next, again }) => (next, again),
            None => (Place::start_of(today.saturating_sub(FIRST_SWEEP_DAYS.days())), None),
        };
        Ok(Self {
            cloud,
            now,
            today,
            stored,
            first_day: place.day(),
            place,
            running: 0,
            // Yesterday once more, because a row may appear late: a writer is slow around midnight, or the index lags.
            again: again.unwrap_or(today.saturating_sub(1.day())),
            report: Report::default(),
            failures: BTreeMap::new(),
        })
    }

    /// Clears up all that has ended. It may be stopped at any moment.
    pub async fn clear_up(&mut self) {
        if let Err(error) = self.clear_ended().await {
            self.note_failure(&error);
        }
        if let Err(error) = self.abort_orphans().await {
            self.note_failure(&error);
        }
    }

    /// Clears up what the index lists.
    async fn clear_ended(&mut self) -> Result<(), aws::Error> {
        let (sweeps, now) = (self.cloud.sweeps(), self.now);
        let mut listed = VecDeque::new();
        let mut page_end = self.place.clone();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE {
                if listed.is_empty() {
                    self.place = page_end.clone();
                    if page_end.day() > self.today {
                        break;
                    }
                    let page = sweeps.find_ended(&self.place, now).await?;
                    for error in &page.unreadable {
                        self.note_failure(error);
                        self.again = self.again.min(self.place.day());
                    }
                    (listed, page_end) = (VecDeque::from(page.things), page.next);
                    continue;
                }
                let Some(thing) = listed.pop_front() else { break };
                self.place = self.place.behind(&thing);
                self.running += 1;
                let day = self.place.day();
                running.push(async move { (day, sweeps.sweep(&thing, now).await, thing) });
            }
            let Some((day, outcome, thing)) = running.next().await else { return Ok(()) };
            self.running -= 1;
            match outcome {
                Ok(true) => self.count(&thing),
                Ok(false) => {}
                Err(error) => {
                    self.note_failure(&error);
                    self.again = self.again.min(day);
                }
            }
        }
    }

    /// Aborts uploads that were never completed.
    async fn abort_orphans(&mut self) -> Result<(), aws::Error> {
        let uploads = self.cloud.uploads();
        let mut after = None;
        loop {
            let page = uploads.list(Bucket::Bundles, "bundles/", after).await?;
            let is_orphan = |started: Timestamp| self.now.duration_since(started) > UPLOAD_IS_ORPHAN_AFTER;
            let orphans = page.uploads.into_iter().filter(|open| is_orphan(open.started));
            let orphans: Vec<_> = orphans.map(|open| open.upload).collect();
            let mut aborting = iter(orphans)
                .map(|orphan| async move { uploads.abort(&orphan).await })
                .buffer_unordered(AT_ONCE);
            while let Some(aborted) = aborting.next().await {
                match aborted {
                    Ok(()) => self.report.uploads += 1,
                    Err(error) => self.note_failure(&error),
                }
            }
            let Some(next) = page.next else { return Ok(()) };
            after = Some(next);
        }
    }

    /// Stores where the next run begins, if that has changed.
    pub async fn store_progress(&self) -> Result<(), aws::Error> {
        // What was begun and did not end is left to the next round.
        let again = if self.running == 0 { self.again } else { self.again.min(self.first_day) };
        let progress = if self.place.day() > self.today {
            Progress { next: Place::start_of(again), again: None }
        } else {
            Progress { next: self.place.clone(), again: Some(again) }
        };
        if self.stored.as_ref() == Some(&progress) {
            return Ok(());
        }
        self.cloud.sweeps().set_progress(&progress).await
    }

    fn count(&mut self, thing: &ToSweep) {
        match thing.what {
            Ended::Link(_) => self.report.links_ended += 1,
            Ended::DeletedLink(_) => self.report.links_cleared += 1,
            Ended::Selection(_) => self.report.selections += 1,
            Ended::Bundle(..) => self.report.bundles += 1,
            Ended::GoneAsset(_) => self.report.gone_assets += 1,
        }
    }

    /// Keeps an error for the log, and counts it.
    pub fn note_failure(&mut self, error: &aws::Error) {
        let text = error.to_string();
        if self.failures.len() < ERRORS || self.failures.contains_key(&text) {
            *self.failures.entry(text).or_default() += 1;
        } else {
            *self.failures.entry("other errors".to_owned()).or_default() += 1;
        }
    }
}
