//! Faults between the SDK and the embedded stores: errors that AWS's services give and the embedded stores never do.
//!
//! A layer around the HTTP client of [`aws::Cloud`]. It sees requests and answers below the SDK's retries, so that those
//! and all code above them get a fault as on AWS. Faults follow from a seed, the operation, and the number of earlier
//! requests of that operation. Conflicts of transactions are not random: they come from requests that really overlap.

mod answers;
mod call;
mod chance;
mod condition;
mod figures;
mod in_flight;
mod indexes;
mod late;
mod layer;
mod messages;
mod rows;
mod run;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use chance::Chance;
use figures::Figures;
use in_flight::{Done, InFlight};
use indexes::Indexes;
use late::Late;

pub use figures::Kind;
pub use messages::disturb;
pub(crate) use run::{at, note_site};
pub use run::{of_run, write_figures};

/// How often a request gets each fault, from 0 (never) to 1 (always), and how long things take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// `ThrottlingException` and the like, `SlowDown` of S3.
    pub throttled: f64,
    /// Rows, keys or messages of a batch that are not processed.
    pub unprocessed: f64,
    /// Answers of 500 and 503; half of these requests are processed.
    pub failed: f64,
    /// No connection: the request is never sent.
    pub dropped: f64,
    /// The request is processed, and its answer is lost.
    pub lost: f64,
    /// The same for mails, whose outcome then stays unknown.
    pub mails_lost: f64,
    /// An object whose body ends in the middle.
    pub broken: f64,
    /// An upload that is completed, with an answer of 500.
    pub completed: f64,
    /// Requests that take up to [`Rates::delay`] longer.
    pub delayed: f64,
    /// Writes that the indexes show later, after half of [`Rates::lag`] to all of it.
    pub late: f64,
    /// Messages that are delivered twice.
    pub twice: f64,
    /// Messages that are overtaken by later ones.
    pub overtaken: f64,
    /// The longest time that a transaction takes; the shortest is half of it.
    pub hold: Duration,
    /// The longest delay of a request.
    pub delay: Duration,
    /// The longest that an index lags.
    pub lag: Duration,
}

impl Rates {
    /// No random faults. Transactions take no time, but two that overlap still conflict.
    pub const NONE: Self = Self {
        throttled: 0.0,
        unprocessed: 0.0,
        failed: 0.0,
        dropped: 0.0,
        lost: 0.0,
        mails_lost: 0.0,
        broken: 0.0,
        completed: 0.0,
        delayed: 0.0,
        late: 0.0,
        twice: 0.0,
        overtaken: 0.0,
        hold: Duration::ZERO,
        delay: Duration::ZERO,
        lag: Duration::ZERO,
    };

    /// Many faults, with which a site must still work: 4 of 100 requests fail. Transactions take 4 to 8 ms, as in DynamoDB
    /// (<https://www.usenix.org/conference/atc23/presentation/idziorek>). No answer about a mail is lost, because the
    /// stories expect a known outcome.
    pub const MODERATE: Self = Self {
        throttled: 0.01,
        unprocessed: 0.05,
        failed: 0.01,
        dropped: 0.01,
        lost: 0.01,
        mails_lost: 0.0,
        broken: 0.01,
        completed: 0.2,
        delayed: 0.05,
        late: 0.3,
        twice: 0.1,
        overtaken: 0.05,
        hold: Duration::from_millis(8),
        delay: Duration::from_millis(50),
        lag: Duration::from_millis(300),
    };
}

/// A layer of faults. Clones share its state.
#[derive(Debug, Clone)]
pub struct Faults {
    of_all: Arc<RunState>,
    of_site: Arc<SiteState>,
}

/// The state that all layers of a run share.
#[derive(Debug)]
struct RunState {
    rates: Mutex<Rates>,
    planned: Mutex<VecDeque<Planned>>,
    chance: Chance,
    figures: Figures,
}

/// The state of one site's table.
#[derive(Debug, Default)]
struct SiteState {
    in_flight: InFlight,
    done: Done,
    indexes: Indexes,
    late: Late,
}

/// A fault that the next matching request gets.
#[derive(Debug)]
struct Planned {
    operation: String,
    body_part: String,
    kind: Kind,
}

impl Faults {
    /// Random faults, the same for the same seed.
    pub fn new(seed: u64, rates: Rates) -> Self {
        let of_all = RunState {
            rates: Mutex::new(rates),
            planned: Mutex::default(),
            chance: Chance::new(seed),
            figures: Figures::default(),
        };
        Self { of_all: Arc::new(of_all), of_site: Arc::default() }
    }

    /// A layer for another site, with the same rates, chance and figures.
    #[must_use]
    pub fn for_another_site(&self) -> Self {
        Self { of_all: Arc::clone(&self.of_all), of_site: Arc::default() }
    }

    /// A client that sends requests by `client`, with faults.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        layer::wrap(self.clone(), client)
    }

    /// Plans a fault for the next request of an operation (`UpdateItem`, `PUT` of S3; empty for any) whose
    /// address or body contains this text.
    pub fn plan(&self, kind: Kind, operation: &str, body_part: &str) {
        let planned = Planned { operation: operation.to_owned(), body_part: body_part.to_owned(), kind };
        self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner).push_back(planned);
    }

    /// How many planned faults have not happened yet.
    pub fn left(&self) -> usize {
        self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Sets other rates.
    pub fn set_rates(&self, rates: Rates) {
        *self.of_all.rates.lock().unwrap_or_else(PoisonError::into_inner) = rates;
    }

    /// The rates now.
    pub fn rates(&self) -> Rates {
        *self.of_all.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a fault happened.
    pub fn count(&self, kind: Kind) -> u64 {
        self.of_all.figures.count(kind)
    }

    /// The counts of all faults, one line each.
    pub fn summary(&self) -> String {
        self.of_all.figures.summary()
    }

    /// Waits until the indexes show everything that was written before.
    pub async fn wait_for_indexes(&self) {
        self.of_site.late.wait_until_shown().await;
    }

    /// Whether this request gets a fault, planned or random.
    fn strikes(&self, kind: Kind, call: &call::Call) -> bool {
        self.is_planned(kind, call) || self.draws(kind, &call.name, self.rates().of(kind, call.service))
    }

    fn is_planned(&self, kind: Kind, call: &call::Call) -> bool {
        let mut planned = self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let place = planned.iter().position(|next| {
            let has_operation = next.operation.is_empty() || next.operation == call.name;
            next.kind == kind && has_operation && call.text().contains(&next.body_part)
        });
        let struck = place.and_then(|place| planned.remove(place)).is_some();
        if struck {
            self.of_all.figures.add(kind);
        }
        struck
    }

    /// Whether a random fault of this rate happens now. Counts it.
    fn draws(&self, kind: Kind, what: &str, rate: f64) -> bool {
        let struck = rate > 0.0 && self.of_all.chance.draw(kind.name(), what) < rate;
        if struck {
            self.of_all.figures.add(kind);
        }
        struck
    }

    /// A random part of `most`.
    fn random_part(&self, most: Duration, what: &str) -> Duration {
        most.mul_f64(self.of_all.chance.draw("duration", what))
    }
}

impl Rates {
    fn of(&self, kind: Kind, service: call::Service) -> f64 {
        match kind {
            Kind::Throttled => self.throttled,
            Kind::Unprocessed => self.unprocessed,
            Kind::Failed => self.failed,
            Kind::Dropped => self.dropped,
            Kind::Lost if service == call::Service::Mails => self.mails_lost,
            Kind::Lost => self.lost,
            Kind::Broken => self.broken,
            Kind::Completed => self.completed,
            Kind::Delayed => self.delayed,
            Kind::Late => self.late,
            Kind::Twice => self.twice,
            Kind::Overtaken => self.overtaken,
            // Never random.
            Kind::Conflict | Kind::KeyTooLong => 0.0,
        }
    }
}
