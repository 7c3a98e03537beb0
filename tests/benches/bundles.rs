//! Compares assembling a zip inside S3 with a plain copy of the same bytes: `cargo bench -p e2e --bench bundles`.
//!
//! The plain copy reads each file from the store and writes it back in parts of 16 MiB, one after another, as a
//! streaming function would. Both use the same store in one run, so compare the ratio.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::fs;
use std::time::Instant;

use aws::Cloud;
use bytes::{Bytes, BytesMut};
use domain::asset::LIBRARY;
use domain::object::Bucket;
use e2e::{Recipient, Site, files, story};
use serde_json::json;

const MIB: usize = 1024 * 1024;
/// Bytes of a part of the plain copy.
const PART: usize = 16 * MIB;

fn main() {
    story(async {
        let site = Site::start().await;
        println!("{:<14}{:>10}{:>12}{:>12}{:>8}", "", "MB", "bundle s", "copy s", "ratio");
        for (count, size) in [(200, 2 * MIB), (4, 500 * MIB)] {
            measure(&site, count, size).await;
        }
    });
}

async fn measure(site: &Site, count: usize, size: usize) {
    let folder = format!("{count} × {} MiB", size / MIB);
    let root = site.library().join(&folder);
    fs::create_dir_all(&root).unwrap();
    for n in 0..count {
        fs::write(root.join(format!("file {n:03}.bin")), noise(n as u64, size)).unwrap();
    }
    let known = files::tree(&site.library()).len();
    site.user("ada").await.wait_for_ingest(known).await;

    let link = site.user("carl").await.share_folder(&folder, json!({})).await;
    let recipient = Recipient::new();
    let start = Instant::now();
    recipient.bundle_all(&link).await;
    let bundle = start.elapsed().as_secs_f64();

    let start = Instant::now();
    for n in 0..count {
        copy(site.cloud(), &format!("{LIBRARY}{folder}/file {n:03}.bin"), n).await;
    }
    let copy_seconds = start.elapsed().as_secs_f64();
    let megabytes = (count * size) as f64 / 1e6;
    println!("{folder:<14}{megabytes:>10.0}{bundle:>12.2}{copy_seconds:>12.2}{:>8.2}", bundle / copy_seconds);
}

async fn copy(cloud: &Cloud, key: &str, n: usize) {
    let mut stream = cloud.objects(Bucket::Assets).stream(key, None, None).await.unwrap();
    let upload = cloud
        .uploads()
        .start(Bucket::Bundles, &format!("copies/{n}"), "application/octet-stream")
        .await
        .unwrap();
    let (mut parts, mut part, mut whole) = (Vec::new(), BytesMut::new(), crc32fast::Hasher::new());
    let mut total = 0;
    loop {
        let piece = stream.next().await.unwrap();
        let ended = piece.is_none();
        if let Some(piece) = piece {
            whole.update(&piece);
            total += piece.len() as u64;
            part.extend_from_slice(&piece);
        }
        if part.len() >= PART || (ended && !part.is_empty()) {
            let number = u32::try_from(parts.len() + 1).unwrap();
            let bytes: Bytes = part.split().freeze();
            parts.push(cloud.uploads().upload_part(&upload, number, bytes).await.unwrap());
        }
        if ended {
            break;
        }
    }
    cloud.uploads().complete(&upload, &parts, whole.finalize(), total).await.unwrap();
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
