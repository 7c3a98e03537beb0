//! Lengths and names of files.

use crate::repo::{Fault, Repo};

/// The largest number of lines of a file.
const LONGEST: usize = 400;

/// Files that may be longer, with the reason.
const LONGER: &[(&str, &str)] = &[
    ("infra/aws/template.yaml", "CloudFormation deploys one document"),
    ("Cargo.lock", "written by cargo"),
    ("tests/oidc/package-lock.json", "written by npm"),
    ("shared/api/openapi.json", "written by tests/openapi"),
];

/// The largest number of lines of a function's main.rs, which only reads settings and starts the function.
const LONGEST_PROGRAM: usize = 15;

/// Names that could mean anything.
const VAGUE_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "types", "misc"];

/// Finds text files of more than 400 lines.
pub(crate) fn too_long(repo: &Repo) -> Vec<Fault> {
    repo.files
        .iter()
        .filter(|file| LONGER.iter().all(|longer| longer.0 != file.path))
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LONGEST).then(|| Fault::new(&file.path, format!("{lines} lines; divide it by subject")))
        })
        .collect()
}

/// Finds files, folders and modules with a vague name.
pub(crate) fn vague_names(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &repo.files {
        let in_path = file.folder().split('/').chain([file.stem()]);
        let declared = file.text.lines().filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
            let name = line.strip_prefix("mod ")?.trim_end_matches([';', '{', ' ']);
            file.path.ends_with(".rs").then_some(name)
        });
        for name in in_path.chain(declared).filter(|name| VAGUE_NAMES.contains(name)) {
            faults.push(Fault::new(&file.path, format!("“{name}”: name it after what is in it")));
        }
    }
    faults
}

/// Finds programs of functions that do more than start them.
pub(crate) fn long_programs(repo: &Repo) -> Vec<Fault> {
    repo.files
        .iter()
        .filter(|file| file.path.starts_with("functions/") && file.path.ends_with("/src/main.rs"))
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let what =
                || format!("{lines} lines, at most {LONGEST_PROGRAM}: the rest belongs into the library");
            (lines > LONGEST_PROGRAM).then(|| Fault::new(&file.path, what()))
        })
        .collect()
}

#[test]
fn a_file_of_401_lines_is_found() {
    let long = "\n".repeat(LONGEST + 1);
    let files = [("a.rs", long.as_str()), ("b.html", &long), ("c.css", &long[1..]), ("Cargo.lock", &long)];
    let found = too_long(&Repo::of(&files));
    assert_eq!(found.iter().map(|fault| fault.subject.as_str()).collect::<Vec<_>>(), ["a.rs", "b.html"]);
}

#[test]
fn a_vague_name_of_a_file_folder_or_module_is_found() {
    let files = [
        ("a/src/utils.rs", ""),
        ("b/helpers/x.js", ""),
        ("c/src/lib.rs", "pub(crate) mod common;\n"),
        ("d/src/lib.rs", "mod types {\n}\n"),
        ("e/src/file_types.rs", "// mod misc;\nmod commons;\n"),
    ];
    let found = vague_names(&Repo::of(&files));
    let subjects: Vec<_> = found.iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["a/src/utils.rs", "b/helpers/x.js", "c/src/lib.rs", "d/src/lib.rs"]);
}

#[test]
fn a_program_of_16_lines_is_found() {
    let (long, short) = ("\n".repeat(16), "\n".repeat(15));
    let files = [("functions/a/src/main.rs", long.as_str()), ("functions/b/src/main.rs", &short)];
    let found = long_programs(&Repo::of(&files));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].subject, "functions/a/src/main.rs");
}
