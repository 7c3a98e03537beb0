//! Measures “Download all” on one machine: `cargo bench -p e2e --bench bundles`.
//!
//! The program runs in a process of its own, whose CPU and memory are measured until the recipient has the last byte:
//! so they include the function, the store and the sending. A round leaves out one more file, so that nothing is used
//! again. The floor is what any zip without compression costs: each file is read, its CRC-32 computed, and its bytes
//! written to one file. All are in one run, so compare the ratio.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::site::Scratch;
use e2e::usage::Usage;
use e2e::{Link, Process, Recipient, files, story};
use serde_json::{Value, json};

const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");
const MIB: usize = 1024 * 1024;
const ROUNDS: usize = 3;
/// The goals for 200 files of 2 MiB: seconds until the zip is ready, seconds of CPU for a GiB, and MiB of memory.
const GOALS: &str = "goals for 200 × 2 MiB: ready in 1 s, 2 CPU s/GiB, 100 MiB";

/// The figures of one download.
struct Figures {
    /// Until the first byte.
    ready: Duration,
    /// Until the last byte.
    total: Duration,
    cpu: Duration,
    /// Bytes.
    peak: u64,
    size: u64,
}

fn main() {
    story(async {
        println!(
            "{:<22}{:>7}{:>9}{:>9}{:>7}{:>12}{:>10}{:>9}",
            "", "MB", "ready s", "total s", "MB/s", "CPU s/GiB", "peak MiB", "× floor"
        );
        for (count, size) in [(200, 2 * MIB), (4, 500 * MIB)] {
            measure(count, size).await;
        }
        println!("{GOALS}");
    });
}

async fn measure(count: usize, size: usize) {
    let scratch = Scratch::new();
    let (folder, library) = (format!("{count} × {} MiB", size / MIB), scratch.folder("library"));
    for n in 0..count {
        files::put(&library, &format!("{folder}/file {n:03}.bin"), &noise(n as u64, size));
    }
    let floor = write_plainly(&library.join(&folder), &scratch.folder("plain").join("all"));
    print("the floor", &floor, &floor);
    let site = Process::start_on(VITRINE, scratch);
    let carl = site.user("carl").await;
    carl.wait_for_ingest(count).await;
    let link = carl.share_folder(&folder, json!({})).await;
    let recipient = Recipient::new();
    let ids: Vec<Value> = recipient.assets(&link).await.iter().map(|asset| asset["id"].clone()).collect();
    for round in 0..ROUNDS {
        let wanted = json!({"assets": ids[round..], "renditions": ["original"]});
        print(&folder, &download(&site, &recipient, &link, wanted).await, &floor);
    }
    let wanted = json!({"assets": ids, "renditions": ["original"]});
    print("the first one again", &download(&site, &recipient, &link, wanted).await, &floor);
}

async fn download(site: &Process, recipient: &Recipient, link: &Link, wanted: Value) -> Figures {
    let usage = site.usage();
    usage.forget_peak();
    let (start, before) = (Instant::now(), usage.cpu());
    let id = recipient.bundle(link, wanted).await;
    let sent = recipient.get(link, &format!("/bundles/{id}/file")).await;
    let mut zip = reqwest::get(sent.location()).await.unwrap().error_for_status().unwrap();
    let mut ready = None;
    let mut size = 0;
    while let Some(piece) = zip.chunk().await.unwrap() {
        ready.get_or_insert_with(|| start.elapsed());
        size += piece.len() as u64;
    }
    let (total, cpu) = (start.elapsed(), usage.cpu() - before);
    Figures { ready: ready.unwrap(), total, cpu, peak: usage.peak(), size }
}

/// Writes all files of a folder into one, and computes their CRC-32.
fn write_plainly(folder: &Path, to: &Path) -> Figures {
    let usage = Usage::own();
    let (start, before) = (Instant::now(), usage.cpu());
    let (mut whole, mut size) = (File::create(to).unwrap(), 0);
    let mut bytes = vec![0; MIB];
    for entry in fs::read_dir(folder).unwrap() {
        let (mut file, mut crc) = (File::open(entry.unwrap().path()).unwrap(), crc32fast::Hasher::new());
        loop {
            let read = file.read(&mut bytes).unwrap();
            if read == 0 {
                break;
            }
            crc.update(&bytes[..read]);
            whole.write_all(&bytes[..read]).unwrap();
            size += read as u64;
        }
        std::hint::black_box(crc.finalize());
    }
    whole.sync_all().unwrap();
    let total = start.elapsed();
    fs::remove_file(to).unwrap();
    Figures { ready: total, total, cpu: usage.cpu() - before, peak: 0, size }
}

fn print(name: &str, figures: &Figures, floor: &Figures) {
    let (size, total) = (figures.size as f64, figures.total.as_secs_f64());
    let per_gib =
        |figures: &Figures| figures.cpu.as_secs_f64() / (figures.size as f64 / (1_u64 << 30) as f64);
    println!(
        "{name:<22}{:>7.0}{:>9.3}{total:>9.3}{:>7.0}{:>12.2}{:>10.0}{:>9.1}",
        size / 1e6,
        figures.ready.as_secs_f64(),
        size / 1e6 / total,
        per_gib(figures),
        figures.peak as f64 / MIB as f64,
        per_gib(figures) / per_gib(floor),
    );
}

/// Bytes without repetition, from a linear congruential generator.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
