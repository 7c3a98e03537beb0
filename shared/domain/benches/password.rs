//! The CPU time of hashing a password and of trying one: `cargo bench -p domain --bench password`.
//!
//! A program's own profile decides here, since link-time optimisation vectorises only at the level of the program. To
//! measure as in a release, add `--profile release --config 'profile.release.package.domain.opt-level=3'`, and leave the
//! second out to see what level "s" costs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::fs;
use std::hint::black_box;

use domain::password::Password;

/// How often each is done; the median counts.
const TIMES: usize = 41;

fn main() {
    let password = Password::new("correct horse battery staple".into()).unwrap();
    let hash = password.hash([7; 16]);
    let hashing = median(|| drop(black_box(password.hash(black_box([7; 16])))));
    let trying = median(|| assert!(black_box(&hash).matches(&password)));
    println!("hash {hashing:.1} ms, try {trying:.1} ms of CPU");
}

/// Milliseconds of this thread's CPU.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let before = cpu();
            work();
            (cpu() - before) / 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

/// Nanoseconds of CPU that this thread has used, as Linux counts them.
fn cpu() -> f64 {
    let counted = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    counted.split(' ').next().unwrap().parse().unwrap()
}
