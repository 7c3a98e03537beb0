//! Snapshots: each is still written by a test.

use crate::repo::{Fault, Repo};

/// Snapshots whose test is gone, or calls them otherwise by now: nothing holds them any more.
pub(crate) fn without_a_test(repo: &Repo) -> Vec<Fault> {
    let is_orphan = |snapshot: &&crate::repo::File| {
        let source = snapshot.text.lines().find_map(|line| line.strip_prefix("source: "));
        let name = snapshot.stem().rsplit("__").next().unwrap_or_default();
        let source = source.and_then(|source| repo.file(source));
        source.is_none_or(|source| !source.text.contains(&format!("\"{name}\"")))
    };
    let orphans = repo.snapshots.iter().filter(is_orphan);
    orphans.map(|orphan| Fault::new(&orphan.path, "no test writes it: delete it")).collect()
}

#[test]
fn a_snapshot_without_a_test_is_found() {
    let files = [
        ("a/tests/pages.rs", "insta::assert_snapshot!(\"gate\", page);"),
        ("a/tests/snapshots/pages__gate.snap", "---\nsource: a/tests/pages.rs\nexpression: page\n---\nx"),
        ("a/tests/snapshots/pages__ended.snap", "---\nsource: a/tests/pages.rs\nexpression: page\n---\nx"),
        ("a/tests/snapshots/mails__gate.snap", "---\nsource: a/tests/mails.rs\nexpression: page\n---\nx"),
    ];
    let found = without_a_test(&Repo::of(&files));
    let subjects: Vec<_> = found.iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["a/tests/snapshots/pages__ended.snap", "a/tests/snapshots/mails__gate.snap"]);
}
