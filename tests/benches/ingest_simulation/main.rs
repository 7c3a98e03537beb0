//! Simulates the ingest on DynamoDB's protocol, which no embedded store has:
//! `cargo bench -p e2e --bench ingest_simulation`.
//!
//! Transactions are optimistic: of two that overlap in time on a row, the later is refused, waits as `aws::backoff` and
//! tries again. All groups write the root's row, so it is the narrowest place. The figures depend on `numbers.rs` and
//! on the seed alone, not on the machine.
//!
//! How many workers, and how large a group? What it showed:
//!
//! - A hundred workers that read and render files before they write a group are no trouble: 330 assets a second, a
//!   refusal for ten groups. Groups of 25 assets are enough, and one row for the root's figures too. Only if each
//!   message is of another folder, a group has fewer assets than folders, and there is a refusal for four groups.
//! - Workers that only list (large files, a backfill) need a queue of their own with two workers: they write as many
//!   assets as one partition of an index takes, 1,000 a second. Each further worker only adds refusals, and from three
//!   on some groups are given up. A hundred such workers give up most groups, also with more attempts.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod numbers;
mod random;
mod table;
mod workers;

use numbers::{LISTING, ONE_STEP, Spread, TODAY, Way};
use workers::{Messages, Outcome, Run};

/// The simulated time in s, of which the first part, until all workers run, is not counted.
const SECONDS: (f64, f64) = (60.0, 300.0);
const SEED: u64 = 2026;
/// The goal at 100 workers: assets a second, refusals a success.
const GOAL: (f64, f64) = (300.0, 0.2);

fn main() {
    let base = Run {
        way: ONE_STEP,
        spread: Spread::Shared(20),
        messages: Messages::Wait(100),
        workers: 100,
        slowness: 1.0,
        seconds: SECONDS,
        seed: SEED,
    };
    assert_eq!(base.simulate(), base.simulate(), "the same seed gives the same figures");
    let alone = Run { workers: 1, ..base }.simulate();
    assert_eq!(alone.conflicts, 0, "a worker alone meets nobody");

    title("Today: one asset a transaction, twice, figures of each ancestor");
    for workers in [1, 8, 10, 50, 100] {
        print(
            &format!("{workers} workers"),
            Run { way: TODAY, messages: Messages::Wait(1), workers, ..base },
        );
    }
    for (way, chosen) in [(ONE_STEP, 100), (LISTING, 2)] {
        let section = |text: &str| title(&format!("Version 2, {}: {text}", way.name));
        let base = Run { way, ..base };
        section("workers");
        for workers in [1, 2, 3, 5, 10, 20, 50, 100] {
            print(&format!("{workers} workers"), Run { workers, ..base });
        }
        let base = Run { workers: chosen, ..base };
        section(&format!("{chosen} workers, how messages are spread"));
        for spread in SPREADS {
            print(&spread.name(), Run { spread, ..base });
        }
        section(&format!("{chosen} workers, assets of a group"));
        for group in [1, 5, 15, 25, 50, 95] {
            print(&format!("at most {group}"), Run { way: Way { group, ..way }, ..base });
        }
        section(&format!("{chosen} workers, messages of a batch"));
        for size in [1, 5, 10, 25, 50] {
            print(&format!("{size} messages"), Run { messages: Messages::Wait(size), ..base });
        }
        section(&format!("{chosen} workers, transactions that hold their rows longer"));
        for slowness in [1.0, 2.0, 4.0] {
            print(&format!("× {slowness}"), Run { slowness, ..base });
        }
        section(&format!("messages that come, window of a batch, {chosen} workers"));
        for (rate, window) in [(2.0, 5.0), (20.0, 2.0), (20.0, 5.0), (100.0, 5.0), (300.0, 2.0), (300.0, 5.0)]
        {
            let messages = Messages::Come(rate, window * 1_000.0);
            print(&format!("{rate} a second, {window} s"), Run { messages, ..base });
        }
    }
    title("Version 2, groups, one step, scattered: workers");
    for workers in [20, 50, 70, 100] {
        print(&format!("{workers} workers"), Run { workers, spread: Spread::Scattered, ..base });
    }
    title("Version 2, 100 workers, scattered: the root's figures in several rows");
    for root_rows in [1, 2, 4, 8] {
        let way = Way { root_rows, ..ONE_STEP };
        print(&format!("{root_rows} rows"), Run { way, spread: Spread::Scattered, ..base });
    }
    for attempts in [12, 40] {
        title(&format!("Version 2, 100 workers, {attempts} attempts: files of which some are only listed"));
        for only_listed in [0.0, 0.5, 0.9, 0.99, 1.0] {
            let way = Way { only_listed, attempts, ..ONE_STEP };
            print(&format!("{} %", 100.0 * only_listed), Run { way, ..base });
        }
    }
}

const SPREADS: [Spread; 5] =
    [Spread::OneFolder, Spread::Shared(20), Spread::Shared(200), Spread::Own(10), Spread::Scattered];

fn title(text: &str) {
    println!("\n{text}");
    println!(
        "{:<26}{:>10}{:>11}{:>11}{:>11}{:>9}{:>9}{:>9}{:>9}{:>9}  goal",
        "",
        "assets/s",
        "assets/tx",
        "conflicts",
        "throttled",
        "lost/s",
        "p50 ms",
        "p99 ms",
        "units",
        "waiting"
    );
}

fn print(name: &str, run: Run) {
    let Outcome { assets, groups, conflicts, throttled, given_up, units, times, waiting } = run.simulate();
    let counted = SECONDS.1 - SECONDS.0;
    let per_second = assets as f64 / counted;
    let each = |count: usize| count as f64 / groups.max(1) as f64;
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
    let units = run.way.units_per_asset + units / assets.max(1) as f64;
    let refusals = each(conflicts) + each(throttled);
    let goal = if per_second >= GOAL.0 && refusals <= GOAL.1 { "met" } else { "" };
    println!(
        "{name:<26}{per_second:>10.1}{:>11.1}{:>11.2}{:>11.2}{:>9.2}{:>9.0}{:>9.0}{units:>9.1}{waiting:>9}  {goal}",
        assets as f64 / groups.max(1) as f64,
        each(conflicts),
        each(throttled),
        given_up as f64 / counted,
        at(0.5),
        at(0.99),
    );
}
