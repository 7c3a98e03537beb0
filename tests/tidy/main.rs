//! House rules that neither the compiler nor a lint holds.
//!
//! Each rule is a function from the repository's files to its faults, and is tested on a small bad example: a rule that
//! sees nothing would pass for ever.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

mod circles;
mod code;
mod files;
mod links;
mod manifests;
mod repo;
mod words;

use repo::{Fault, Repo};

/// Faults that are there and may stay for now: rule, subject, reason. One that is mended must leave this list.
const KNOWN: &[(&str, &str, &str)] = &[];

const CIRCLES: &str = "modules_import_each_other_in_one_direction";

/// Fails where there are faults that are not known, and where known ones are gone.
fn hold(rule: &str, faults: Vec<Fault>) {
    let known: Vec<_> = KNOWN.iter().filter(|known| known.0 == rule).map(|known| known.1).collect();
    let new: Vec<_> = faults.iter().filter(|fault| !known.contains(&fault.subject.as_str())).collect();
    let gone: Vec<_> =
        known.iter().filter(|&&subject| faults.iter().all(|fault| fault.subject != subject)).collect();
    let lines: Vec<_> = new.iter().map(|fault| format!("{}: {}", fault.subject, fault.what)).collect();
    assert!(lines.is_empty(), "{rule}:\n{}", lines.join("\n"));
    assert!(gone.is_empty(), "{rule}: mended, take it out of KNOWN in tests/tidy/main.rs: {gone:?}");
}

#[test]
fn the_repository_is_seen() {
    let repo = Repo::read();
    for path in ["Cargo.toml", "README.md", ".ci/run", "tests/tidy/main.rs", "infra/aws/template.yaml"] {
        assert!(repo.file(path).is_some(), "{path} is not among {} files", repo.files.len());
    }
    assert!(repo.sources("shared/domain").next().is_some());
    assert!(repo.files.iter().all(|file| !file.path.starts_with("target/")));
}

#[test]
fn files_are_short() {
    hold("files_are_short", files::too_long(&Repo::read()));
}

#[test]
fn names_say_what_is_in_a_file() {
    hold("names_say_what_is_in_a_file", files::cellars(&Repo::read()));
}

#[test]
fn programs_of_functions_only_start_them() {
    hold("programs_of_functions_only_start_them", files::long_programs(&Repo::read()));
}

#[test]
fn modules_import_each_other_in_one_direction() {
    hold(CIRCLES, circles::circles(&Repo::read()));
}

#[test]
fn crates_depend_in_one_direction() {
    hold("crates_depend_in_one_direction", manifests::against_the_direction(&Repo::read()));
}

#[test]
fn dependencies_have_a_reason() {
    hold("dependencies_have_a_reason", manifests::without_a_reason(&Repo::read()));
}

#[test]
fn no_function_carries_the_schemas_of_the_api_document() {
    hold(
        "no_function_carries_the_schemas_of_the_api_document",
        manifests::schemas_in_functions(&Repo::read()),
    );
}

#[test]
fn links_in_documents_lead_somewhere() {
    hold("links_in_documents_lead_somewhere", links::broken(&Repo::read()));
}

#[test]
fn files_that_are_named_are_in_the_repository() {
    hold("files_that_are_named_are_in_the_repository", words::absent_files(&Repo::read()));
}
