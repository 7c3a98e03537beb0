//! Zips on an S3 that reports a false error, and ends answers too early.

use e2e::faults::Kind;
use e2e::site::Scratch;
use e2e::{Recipient, files, story};
use serde_json::json;

use crate::start_site;

#[test]
fn a_zip_is_complete_although_its_completion_was_answered_with_an_error_and_a_file_ended_early() {
    story(async {
        let scratch = Scratch::new();
        scratch.library();
        // Enough for an upload of several parts.
        let noise =
            |seed: u32| (0..6_000_000_u32).map(|n| (n.wrapping_mul(seed) >> 24) as u8).collect::<Vec<_>>();
        for (name, seed) in [("a.bin", 2_654_435_761), ("b.bin", 2_246_822_519)] {
            files::put(&scratch.folder("library"), &format!("Large/{name}"), &noise(seed));
        }
        let (site, faults) = start_site(scratch).await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Large", json!({})).await;
        for _ in 0..3 {
            faults.plan(Kind::Completed, "COMPLETE", "");
        }
        faults.plan(Kind::Lost, "PUT", "");
        faults.plan(Kind::Broken, "GET", "");
        let recipient = Recipient::new();
        let zip = recipient.bundle_all(&link).await;
        let zip = recipient.save_bundle(&link, &zip).await;
        assert!(zip.bytes.len() > 12_000_000);
        assert!(faults.count(Kind::Completed) > 0, "{}", faults.summary());
        assert_eq!((faults.count(Kind::Lost), faults.count(Kind::Broken)), (1, 1));
    });
}
