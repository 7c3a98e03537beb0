//! Workers that take batches of messages, group them and write the groups.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use crate::numbers::{BATCH, BETWEEN_STARTS, FAN, POLL, POLLERS, Spread, Way, pause};
use crate::random::Random;
use crate::table::{Answer, Row, Table, Transaction};

/// How batches come to the workers.
#[derive(Debug, Clone, Copy)]
pub enum Messages {
    /// So many messages wait that each batch has this size.
    Wait(usize),
    /// So many messages come a second, and a batch is gathered for this time in ms, unless it is full before.
    Come(f64, f64),
}

/// A run of the simulation.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub way: Way,
    pub spread: Spread,
    pub messages: Messages,
    /// The most batches that are worked on at once: the maximum concurrency of the event source.
    pub workers: usize,
    /// Holding times of rows are multiplied by this.
    pub slowness: f64,
    /// The simulated time, in s: it is counted from the first to the second.
    pub seconds: (f64, f64),
    pub seed: u64,
}

/// What came of it. Times are in ms.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Outcome {
    pub assets: usize,
    pub groups: usize,
    pub conflicts: usize,
    pub throttled: usize,
    /// Assets whose group was given up after the last attempt; they come again after 30 s.
    pub given_up: usize,
    pub units: f64,
    /// From the first attempt of a group to its end.
    pub times: Vec<f64>,
    /// Messages that still wait at the end.
    pub waiting: usize,
}

enum Step {
    Work(f64),
    Write { transaction: Transaction, listed: usize },
}

/// A worker, and what is left of its batch.
struct Worker {
    steps: VecDeque<Step>,
    attempt: u32,
    begun: f64,
}

/// A moment at which something happens, the earliest first.
#[derive(PartialEq)]
struct Event(f64, What);

#[derive(PartialEq, Clone, Copy)]
enum What {
    Step(usize),
    /// A batch of so many messages is complete.
    Batch(usize),
}

impl Eq for Event {}
impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.total_cmp(&self.0)
    }
}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Run {
    pub fn simulate(self) -> Outcome {
        let (start, end) = (self.seconds.0 * 1_000.0, self.seconds.1 * 1_000.0);
        let mut random = Random(self.seed);
        let mut table = Table::new(self.slowness);
        let mut outcome = Outcome::default();
        let mut workers: Vec<Worker> = Vec::new();
        let mut events = BinaryHeap::new();
        let (mut free, mut batches): (Vec<usize>, VecDeque<usize>) = (Vec::new(), VecDeque::new());
        for n in 0..self.workers {
            workers.push(Worker { steps: VecDeque::new(), attempt: 0, begun: 0.0 });
            match self.messages {
                // Pollers start one after the other; at once, all would write their first groups at once.
                Messages::Wait(_) => events.push(Event(n as f64 * BETWEEN_STARTS, What::Step(n))),
                Messages::Come(..) => free.push(n),
            }
        }
        if let Messages::Come(rate, window) = self.messages {
            for (at, size) in gather(rate, window, end, &mut random) {
                events.push(Event(at, What::Batch(size)));
            }
        }
        let (mut batch_number, mut is_counted) = (0, false);
        while let Some(Event(now, what)) = events.pop() {
            if now > end {
                break;
            }
            if !is_counted && now >= start {
                (is_counted, outcome) = (true, Outcome::default());
            }
            let n = match what {
                What::Batch(size) => {
                    batches.push_back(size);
                    let Some(n) = free.pop() else { continue };
                    n
                }
                What::Step(n) => n,
            };
            if workers[n].steps.is_empty() {
                let size = match self.messages {
                    Messages::Wait(size) => Some(size),
                    Messages::Come(..) => batches.pop_front(),
                };
                let Some(size) = size else {
                    free.push(n);
                    continue;
                };
                batch_number += 1;
                workers[n].steps = self.plan(size, batch_number, &mut random);
            }
            let at = self.take_step(&mut workers[n], now, &mut table, &mut random, &mut outcome);
            events.push(Event(at, What::Step(n)));
        }
        outcome.waiting = batches.iter().sum();
        outcome.times.sort_by(f64::total_cmp);
        outcome
    }

    /// Does the worker's next step, and returns when the following one is.
    fn take_step(
        self,
        worker: &mut Worker,
        now: f64,
        table: &mut Table,
        random: &mut Random,
        outcome: &mut Outcome,
    ) -> f64 {
        let (transaction, listed) = match worker.steps.front() {
            None => return now + POLL,
            Some(Step::Work(time)) => {
                let at = now + time;
                worker.steps.pop_front();
                return self.rest(worker, at);
            }
            Some(Step::Write { transaction, listed }) => (transaction, *listed),
        };
        if worker.attempt == 0 {
            worker.begun = now;
        }
        let units = self.way.units_per_folder_row;
        let cost = transaction.folders.len() as f64 * units;
        let again = match table.attempt(transaction, now, units, random) {
            Answer::Written(at) => {
                outcome.assets += listed;
                outcome.groups += 1;
                outcome.units += cost;
                outcome.times.push(at - worker.begun);
                worker.steps.pop_front();
                worker.attempt = 0;
                return self.rest(worker, at);
            }
            Answer::Conflict(at) => {
                outcome.conflicts += 1;
                at
            }
            Answer::Throttled(at) => {
                outcome.throttled += 1;
                at
            }
        };
        worker.attempt += 1;
        if worker.attempt < self.way.attempts {
            return again + pause(worker.attempt - 1, random.part());
        }
        outcome.given_up += transaction.assets;
        outcome.times.push(again - worker.begun);
        worker.steps.pop_front();
        worker.attempt = 0;
        // Without the first transaction of an asset there is no second.
        if self.way.again_after.is_some() {
            worker.steps.clear();
        }
        self.rest(worker, again)
    }

    fn rest(self, worker: &Worker, at: f64) -> f64 {
        if worker.steps.is_empty() { at + POLL } else { at }
    }

    /// The steps for a batch of so many messages.
    fn plan(self, size: usize, batch: u64, random: &mut Random) -> VecDeque<Step> {
        let mut folders: BTreeMap<u64, usize> = BTreeMap::new();
        for _ in 0..size {
            *folders.entry(self.spread.folder(batch, random)).or_default() += 1;
        }
        let mut steps = VecDeque::new();
        let mut group = Group::default();
        for (folder, mut count) in folders {
            while count > 0 {
                if !group.has_room(folder, self.way) {
                    self.plan_group(std::mem::take(&mut group), random, &mut steps);
                }
                group.add(folder);
                count -= 1;
            }
        }
        self.plan_group(group, random, &mut steps);
        steps
    }

    fn plan_group(self, group: Group, random: &mut Random, steps: &mut VecDeque<Step>) {
        if group.assets == 0 {
            return;
        }
        let way = self.way;
        let mut work = way.work_per_group;
        for _ in 0..group.assets {
            let is_listed = random.part() < way.only_listed;
            work += random.wait(1.0 / if is_listed { way.listing_per_asset } else { way.work_per_asset });
        }
        steps.push_back(Step::Work(work));
        let of_root = random.below(way.root_rows);
        let mut folders = Vec::new();
        for &(level, number) in &group.folders {
            let number = if level == 0 { of_root } else { number };
            for copy in 0..way.rows_per_folder {
                folders.push((level + 10 * copy as u8, number));
            }
        }
        let parts = if way.again_after.is_some() { 2.0 } else { 1.0 };
        let transaction = Transaction {
            assets: group.assets,
            writes: folders.len() + group.assets * way.writes_per_asset,
            folders,
            in_library: way.units_in_library / parts * group.assets as f64,
        };
        let Some(time) = way.again_after else {
            steps.push_back(Step::Write { listed: transaction.assets, transaction });
            return;
        };
        // Figures of the folders above do not change a second time.
        let once = transaction.folders.iter().filter(|(level, _)| *level < 10 || *level == 13);
        let second = Transaction { folders: once.copied().collect(), ..transaction.clone() };
        steps.push_back(Step::Write { listed: 0, transaction });
        steps.push_back(Step::Work(random.wait(1.0 / time)));
        steps.push_back(Step::Write { listed: second.assets, transaction: second });
    }
}

/// Assets that are written together.
#[derive(Default)]
struct Group {
    assets: usize,
    folders: BTreeSet<Row>,
}

impl Group {
    /// The rows of a folder of the third level and of all above it.
    fn rows(folder: u64) -> [Row; 4] {
        [(0, 0), (1, folder / FAN / FAN), (2, folder / FAN), (3, folder)]
    }

    fn has_room(&self, folder: u64, way: Way) -> bool {
        let new = Self::rows(folder).iter().filter(|row| !self.folders.contains(row)).count();
        let rows = (self.folders.len() + new) * way.rows_per_folder;
        self.assets == 0
            || (self.assets < way.group && (self.assets + 1) * way.writes_per_asset + rows <= way.writes)
    }

    fn add(&mut self, folder: u64) {
        self.assets += 1;
        self.folders.extend(Self::rows(folder));
    }
}

impl Spread {
    /// The folder of a message.
    fn folder(self, batch: u64, random: &mut Random) -> u64 {
        match self {
            Self::OneFolder => 0,
            Self::Shared(count) => random.below(count),
            Self::Own(count) => batch * count + random.below(count),
            Self::Scattered => random.below(FAN * FAN * FAN * 10),
        }
    }
}

/// The batches that pollers gather of messages that come at a rate (a second), until a time: when and how large.
fn gather(rate: f64, window: f64, until: f64, random: &mut Random) -> Vec<(f64, usize)> {
    let rate = rate / 1_000.0;
    // Full batches follow each other faster, and more pollers gather them.
    let pollers = POLLERS.max((rate * window / BATCH as f64).ceil() as usize);
    let mut batches = Vec::new();
    for _ in 0..pollers {
        let each = rate / pollers as f64;
        let mut at = random.wait(each);
        while at < until {
            let (mut end, mut size) = (at, 1);
            while size < BATCH {
                let next = end + random.wait(each);
                if next > at + window {
                    end = at + window;
                    break;
                }
                (end, size) = (next, size + 1);
            }
            batches.push((end, size));
            at = end + random.wait(each);
        }
    }
    batches
}
