//! With a full disk the site reports an error, and nothing that was stored before is lost.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use e2e::site::Scratch;
use e2e::{Process, Recipient, files, story, wait_for};
use serde_json::json;

use crate::VITRINE;

/// A disk of 12 MB; dropping it unmounts it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf) -> Self {
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "vitrine-e2e"]).arg(&at).status();
        assert!(
            mount.is_ok_and(|status| status.success()),
            "this test mounts a small disk, which takes root: run the tests as root, in a container for instance"
        );
        Self(at)
    }

    /// Fills the free space, and returns the file that does.
    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        // Fails when the disk is full.
        _ = fs::write(&ballast, vec![7; 16 << 20]);
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a failed test may still have open files.
        _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_reported_and_loses_nothing() {
    story(async {
        let scratch = Scratch::new();
        let disk = SmallDisk::mount(scratch.folder("data"));
        let files = files::tree(&scratch.library()).len();
        let mut site = Process::start_on(VITRINE, scratch);
        let carl = site.user("carl").await;
        carl.wait_for_ingest(files).await;
        let link = carl.share_folder("Product", json!({"max_uses": 5})).await;
        let visitor = Recipient::new();
        visitor.open(&link).await.is(303);

        let ballast = disk.fill();
        // The first writes may still find space.
        let refused = wait_for("a write that finds no space", || async {
            let target = json!({"kind": "folder", "id": carl.folder("Product").await});
            let answer = carl.post("/api/links", json!({"target": target, "title": "x"})).await;
            (answer.status != 201).then_some(answer)
        })
        .await;
        assert!((500..600).contains(&refused.status), "{} {}", refused.status, refused.text());
        assert_eq!(refused.header("content-type"), "application/problem+json");
        // Reading still works.
        assert_eq!(visitor.names(&link).await.len(), 4);

        fs::remove_file(ballast).unwrap();
        carl.share_folder("Product", json!({})).await;
        assert_eq!(carl.read(&link).await["used"], 1);
        site.kill();
        site.start_again();
        assert_eq!(visitor.names(&link).await.len(), 4);
        let bundle = visitor.bundle_all(&link).await;
        visitor.save_bundle(&link, &bundle).await;
        site.kill();
    });
}
