//! DynamoDB as far as writers meet there: rows that a transaction holds, and partitions with a limit.

use std::collections::HashMap;

use crate::numbers::{HOLD, HOLD_PER_WRITE, NETWORK, PARTITION, PREPARE};
use crate::random::Random;

/// A row that transactions share: its level (0 is the root) and number.
pub type Row = (u8, u64);

/// A transaction.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub assets: usize,
    pub writes: usize,
    pub folders: Vec<Row>,
    /// Units in the library's partition.
    pub in_library: f64,
}

/// What becomes of an attempt; the answer comes at a time in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    Written(f64),
    /// Another transaction holds one of its rows.
    Conflict(f64),
    /// A partition has no units left.
    Throttled(f64),
}

/// A partition's units.
#[derive(Debug, Default)]
struct Units {
    used: f64,
    at: f64,
}

impl Units {
    /// Whether there are so many units at `now`; uses them if there are.
    fn take(&mut self, units: f64, now: f64) -> bool {
        let (rate, burst) = PARTITION;
        self.used = (self.used - (now - self.at) * rate / 1_000.0).max(0.0);
        self.at = now;
        let fits = self.used + units <= burst;
        if fits {
            self.used += units;
        }
        fits
    }
}

#[derive(Debug)]
pub struct Table {
    /// Until when a row is held.
    held: HashMap<Row, f64>,
    library: Units,
    folders: HashMap<Row, Units>,
    /// All holding times are multiplied by this.
    slowness: f64,
}

impl Table {
    pub fn new(slowness: f64) -> Self {
        Self { held: HashMap::new(), library: Units::default(), folders: HashMap::new(), slowness }
    }

    /// Attempts a transaction that is sent at `now`.
    pub fn attempt(
        &mut self,
        wanted: &Transaction,
        now: f64,
        units_per_row: f64,
        random: &mut Random,
    ) -> Answer {
        let network = random.between(NETWORK);
        let arrives = now + network / 2.0;
        let holds = self.slowness * (random.between(HOLD) + HOLD_PER_WRITE * wanted.writes as f64);
        let is_free =
            |held: &HashMap<Row, f64>, row: &Row| held.get(row).is_none_or(|until| *until <= arrives);
        if !wanted.folders.iter().all(|row| is_free(&self.held, row)) {
            // The rows that were free are held until it is known that another was not.
            let until = arrives + holds * PREPARE;
            for row in &wanted.folders {
                if is_free(&self.held, row) {
                    self.held.insert(*row, until);
                }
            }
            return Answer::Conflict(until + network / 2.0);
        }
        let has_units = wanted
            .folders
            .iter()
            .all(|row| self.folders.entry(*row).or_default().take(units_per_row, arrives))
            && self.library.take(wanted.in_library, arrives);
        if !has_units {
            return Answer::Throttled(arrives + network / 2.0);
        }
        for row in &wanted.folders {
            self.held.insert(*row, arrives + holds);
        }
        Answer::Written(arrives + holds + network / 2.0)
    }
}
