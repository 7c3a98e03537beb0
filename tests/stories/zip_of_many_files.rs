//! One machine makes a zip of many files with little memory.

use e2e::site::Scratch;
use e2e::{Process, Recipient, files, story};
use serde_json::json;

use crate::VITRINE;

/// Files of the zip, each of 1 MiB.
const FILES: usize = 64;
/// How much more memory the zip may take, in bytes.
const MOST: u64 = 48 << 20;

#[test]
fn a_zip_takes_no_memory_for_each_file_that_is_copied_at_the_same_time() {
    story(async {
        let scratch = Scratch::new();
        let library = scratch.folder("library");
        for n in 0..FILES {
            files::put(&library, &format!("Many/{n}.bin"), &vec![n as u8; 1 << 20]);
        }
        let vitrine = Process::start_on(VITRINE, scratch);
        let carl = vitrine.user("carl").await;
        carl.wait_for_ingest(FILES).await;
        let link = carl.share_folder("Many", json!({})).await;

        let usage = vitrine.usage();
        usage.forget_peak();
        let before = usage.memory();
        Recipient::new().bundle_all(&link).await;
        let taken = usage.peak() - before;
        assert!(taken < MOST, "{} MiB", taken >> 20);
    });
}
