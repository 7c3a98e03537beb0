//! Measures the ingest of many small files on one machine: `cargo bench -p e2e --bench ingest`.
//!
//! The program runs in a process of its own on a library that has the files already, so the time is from its start
//! until all are ready. The pictures have 40 × 30 px, so nearly all of it is overhead. The floor is to render the same
//! pictures in this process, with two threads, without any store. All are in one run, so compare the ratio.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::io::Cursor;
use std::time::{Duration, Instant};

use e2e::site::Scratch;
use e2e::usage::Usage;
use e2e::{Process, files, story};

const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");
/// Names of two or three words, and names of twenty.
const CASES: [(&str, usize, &str); 3] = [
    ("1,500 of 3 words", 1_500, ""),
    ("6,000 of 3 words", 6_000, ""),
    (
        "1,500 of 20 words",
        1_500,
        " in the early autumn light over old roofs near a quiet harbour while boats return with fish and people wait",
    ),
];
const GOALS: &str =
    "goals: 3 words 200 a second and 4 ms of CPU each (with `cargo run` 60 a second), 20 words 60 a second";

fn main() {
    story(async {
        println!(
            "{:<20}{:>10}{:>10}{:>10}{:>12}{:>9}",
            "", "ready s", "a second", "CPU ms", "peak MiB", "× floor"
        );
        for (name, count, words) in CASES {
            measure(name, count, words).await;
        }
        println!("{GOALS}");
    });
}

async fn measure(name: &str, count: usize, words: &str) {
    let scratch = Scratch::new();
    let library = scratch.folder("library");
    let mut pictures = Vec::new();
    for n in 0..count {
        let picture = picture(n);
        files::put(&library, &format!("Folder {}/img {n:05} harbour{words}.png", n % 7), &picture);
        pictures.push(picture);
    }
    let floor = render(&pictures);
    let start = Instant::now();
    let site = Process::start_on(VITRINE, scratch);
    let usage = site.usage();
    site.user("carl").await.wait_for_ingest(count).await;
    let (ready, cpu) = (start.elapsed(), usage.cpu());
    println!(
        "{name:<20}{:>10.1}{:>10.0}{:>10.2}{:>12.0}{:>9.1}",
        ready.as_secs_f64(),
        count as f64 / ready.as_secs_f64(),
        cpu.as_secs_f64() * 1e3 / count as f64,
        usage.peak() as f64 / f64::from(1 << 20),
        cpu.as_secs_f64() / floor.as_secs_f64(),
    );
}

/// A PNG of 40 × 30 px whose colours depend on `n`.
fn picture(n: usize) -> Vec<u8> {
    let image = image::RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 8) as u8, (n as u32 * 7 + x * y) as u8])
    });
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The processor time to render the pictures.
fn render(pictures: &[Vec<u8>]) -> Duration {
    let (usage, limits) = (Usage::own(), media::Limits::default());
    let before = usage.cpu();
    for picture in pictures {
        let media = media::render(&mut Cursor::new(picture), "a.png", &limits).unwrap();
        assert!(media.renditions.unwrap().is_some());
    }
    usage.cpu() - before
}
