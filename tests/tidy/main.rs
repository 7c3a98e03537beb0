//! House rules that neither the compiler nor a lint checks.
//!
//! Each rule is a function from the repository's files to a list of faults. Each is also tested on a small bad example,
//! because a rule that never finds anything would always pass.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod circles;
mod code;
mod files;
mod links;
mod manifests;
mod repo;
mod snapshots;
mod words;

use repo::{Fault, Repo};

/// Faults that may stay for now: rule, subject, reason. A fault that was fixed must be removed from this list.
const KNOWN: &[(&str, &str, &str)] = &[];

const CIRCLES: &str = "modules_import_each_other_in_one_direction";

/// Fails if there are faults that are not in `KNOWN`, or if a known one no longer exists.
fn check(rule: &str, faults: Vec<Fault>) {
    let known: Vec<_> = KNOWN.iter().filter(|known| known.0 == rule).map(|known| known.1).collect();
    let new: Vec<_> = faults.iter().filter(|fault| !known.contains(&fault.subject.as_str())).collect();
    let gone: Vec<_> =
        known.iter().filter(|&&subject| faults.iter().all(|fault| fault.subject != subject)).collect();
    let lines: Vec<_> = new.iter().map(|fault| format!("{}: {}", fault.subject, fault.what)).collect();
    assert!(lines.is_empty(), "{rule}:\n{}", lines.join("\n"));
    assert!(gone.is_empty(), "{rule}: fixed, remove it from KNOWN in tests/tidy/main.rs: {gone:?}");
}

#[test]
fn the_repository_is_read() {
    let repo = Repo::read();
    for path in ["Cargo.toml", "README.md", ".ci/run", "tests/tidy/main.rs", "infra/aws/template.yaml"] {
        assert!(repo.file(path).is_some(), "{path} is not among {} files", repo.files.len());
    }
    assert!(repo.sources("shared/domain").next().is_some());
    assert!(repo.files.iter().all(|file| !file.path.starts_with("target/")));
}

#[test]
fn files_are_short() {
    check("files_are_short", files::too_long(&Repo::read()));
}

#[test]
fn names_say_what_is_in_a_file() {
    check("names_say_what_is_in_a_file", files::vague_names(&Repo::read()));
}

#[test]
fn programs_of_functions_only_start_them() {
    check("programs_of_functions_only_start_them", files::long_programs(&Repo::read()));
}

#[test]
fn modules_import_each_other_in_one_direction() {
    check(CIRCLES, circles::circles(&Repo::read()));
}

#[test]
fn crates_depend_in_one_direction() {
    check("crates_depend_in_one_direction", manifests::against_the_direction(&Repo::read()));
}

#[test]
fn samples_are_for_tests() {
    check("samples_are_for_tests", manifests::samples_outside_tests(&Repo::read()));
}

#[test]
fn dependencies_have_a_reason() {
    check("dependencies_have_a_reason", manifests::without_a_reason(&Repo::read()));
}

#[test]
fn snapshots_are_written_by_tests() {
    check("snapshots_are_written_by_tests", snapshots::without_a_test(&Repo::read()));
}

#[test]
fn no_function_carries_the_schemas_of_the_api_document() {
    check(
        "no_function_carries_the_schemas_of_the_api_document",
        manifests::schemas_in_functions(&Repo::read()),
    );
}

#[test]
fn links_in_documents_work() {
    check("links_in_documents_work", links::broken(&Repo::read()));
}

#[test]
fn named_files_are_in_the_repository() {
    check("named_files_are_in_the_repository", words::absent_files(&Repo::read()));
}
