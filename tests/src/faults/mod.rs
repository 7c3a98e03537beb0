//! Faults between the SDK and the embedded stores: what AWS's services do on a bad day, and the stand-ins never do.
//!
//! A layer around the HTTP client that [`aws::Cloud`] is given. It sees each request as it would go out and each answer
//! as it came, so that the SDK's own retries, and everything above them, meet a fault as they would meet it on AWS.
//! What befalls a request follows from a seed, the request's operation and how many of these there were before.
//! Conflicts of transactions are not drawn: they come from requests that truly overlap.

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

/// How often each fault befalls a request, from 0 (never) to 1 (always), and how long things take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// `ThrottlingException` and the like, `SlowDown` of S3.
    pub throttled: f64,
    /// Each row, key or message of a batch that is put off.
    pub unprocessed: f64,
    /// Answers of 500 and 503; half of the requests are done all the same.
    pub failed: f64,
    /// No connection: the request is never sent.
    pub dropped: f64,
    /// The request is done, and its answer is lost.
    pub lost: f64,
    /// The same for mails, whose outcome then is unknown for good.
    pub mails_lost: f64,
    /// An object that breaks off in the middle.
    pub broken: f64,
    /// An upload that is completed, with an answer that says 500.
    pub completed: f64,
    /// Requests that take up to [`Rates::delay`] longer.
    pub delayed: f64,
    /// Writes that the indexes show [`Rates::lag`] later, at least half of it.
    pub late: f64,
    /// Messages that are delivered twice.
    pub twice: f64,
    /// Messages that are overtaken by later ones.
    pub overtaken: f64,
    /// How long a transaction holds its rows at most, at least half of it.
    pub hold: Duration,
    /// The longest delay of a request.
    pub delay: Duration,
    /// The longest that an index lags.
    pub lag: Duration,
}

impl Rates {
    /// No fault by chance. Transactions take no time, and yet two that overlap conflict.
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

    /// A bad day: of a hundred requests four fail, and yet a site goes on. Transactions hold their rows for 4 to 8 ms,
    /// as long as DynamoDB's (<https://www.usenix.org/conference/atc23/presentation/idziorek>). No answer about a mail
    /// is lost: it would rightly be told as unknown.
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

/// A layer of faults; clones share everything.
#[derive(Debug, Clone)]
pub struct Faults {
    of_all: Arc<OfAll>,
    of_site: Arc<OfSite>,
}

/// What layers of one run share.
#[derive(Debug)]
struct OfAll {
    rates: Mutex<Rates>,
    planned: Mutex<VecDeque<Planned>>,
    chance: Chance,
    figures: Figures,
}

/// What is true of one site's table.
#[derive(Debug, Default)]
struct OfSite {
    in_flight: InFlight,
    done: Done,
    indexes: Indexes,
    late: Late,
}

/// A fault that befalls the next request of its kind.
#[derive(Debug)]
struct Planned {
    operation: String,
    holds: String,
    kind: Kind,
}

impl Faults {
    /// Faults by chance, the same for the same seed.
    pub fn new(seed: u64, rates: Rates) -> Self {
        let of_all = OfAll {
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

    /// The client that sends what `client` would send, with faults.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        layer::wrap(self.clone(), client)
    }

    /// Plans a fault for the next request of an operation (`UpdateItem`, `PUT` of S3; of any, where it is empty) whose
    /// body holds this text.
    pub fn plan(&self, kind: Kind, operation: &str, holds: &str) {
        let planned = Planned { operation: operation.to_owned(), holds: holds.to_owned(), kind };
        self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner).push_back(planned);
    }

    /// Faults that were planned and have not come.
    pub fn left(&self) -> usize {
        self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// From now on other rates.
    pub fn set_rates(&self, rates: Rates) {
        *self.of_all.rates.lock().unwrap_or_else(PoisonError::into_inner) = rates;
    }

    /// The rates now.
    pub fn rates(&self) -> Rates {
        *self.of_all.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a fault came.
    pub fn count(&self, kind: Kind) -> u64 {
        self.of_all.figures.count(kind)
    }

    /// What came how often, a line each.
    pub fn told(&self) -> String {
        self.of_all.figures.told()
    }

    /// Waits until the indexes show everything that was written before.
    pub async fn settled(&self) {
        self.of_site.late.settled().await;
    }

    /// Whether a fault befalls this request: one that was planned, or one by chance.
    fn strikes(&self, kind: Kind, call: &call::Call) -> bool {
        self.is_planned(kind, call) || self.draws(kind, &call.name, self.rates().of(kind, call.service))
    }

    fn is_planned(&self, kind: Kind, call: &call::Call) -> bool {
        let mut planned = self.of_all.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let place = planned.iter().position(|next| {
            let is_such = next.operation.is_empty() || next.operation == call.name;
            next.kind == kind && is_such && call.text().contains(&next.holds)
        });
        let struck = place.and_then(|place| planned.remove(place)).is_some();
        if struck {
            self.of_all.figures.add(kind);
        }
        struck
    }

    /// Whether something of this rate comes now; counted if so.
    fn draws(&self, kind: Kind, what: &str, rate: f64) -> bool {
        let struck = rate > 0.0 && self.of_all.chance.draw(kind.name(), what) < rate;
        if struck {
            self.of_all.figures.add(kind);
        }
        struck
    }

    /// A part of `most`, by chance.
    fn some_of(&self, most: Duration, what: &str) -> Duration {
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
            // Never by chance.
            Kind::Conflict | Kind::KeyTooLong => 0.0,
        }
    }
}
