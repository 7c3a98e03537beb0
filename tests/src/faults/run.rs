//! A run of all stories under faults: `VITRINE_FAULTS=SEED`, which `tests/faults/run` sets.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::figures::BUSY;
use super::{Faults, Rates};

/// The seed of the run; without it there are no faults.
const SEED: &str = "VITRINE_FAULTS";
/// The file for the figures of the run.
const FIGURES: &str = "VITRINE_FAULTS_FIGURES";

/// The layer of this run, if it has one.
pub fn of_run() -> Option<&'static Faults> {
    static OF_RUN: OnceLock<Option<Faults>> = OnceLock::new();
    let read = || {
        let seed = aws::environment::read(SEED)?;
        let seed = seed.parse().unwrap_or_else(|_| panic!("{SEED}={seed} is not a number"));
        Some(Faults::new(seed, Rates::MODERATE))
    };
    OF_RUN.get_or_init(read).as_ref()
}

/// The layers of this run's sites, by port.
static SITES: Mutex<Option<HashMap<u16, Faults>>> = Mutex::new(None);

/// The layer of the site at a port.
pub(crate) fn at(port: Option<u16>) -> Option<Faults> {
    let sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
    sites.as_ref()?.get(&port?).cloned()
}

/// Notes the layer of a site by its port.
pub(crate) fn note_site(port: u16, faults: Faults) {
    SITES.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(port, faults);
}

/// Writes the figures of this run so far. The last story that ends writes all of them.
pub fn write_figures() {
    let (Some(faults), Some(file)) = (of_run(), aws::environment::read(FIGURES)) else { return };
    std::fs::write(file, faults.summary()).unwrap();
}

impl Faults {
    /// Counts a request that the site answered with 503.
    pub(crate) fn note_busy(&self) {
        self.of_all.figures.add_named(BUSY);
    }
}
