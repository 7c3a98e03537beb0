//! References that a reader can't follow.

use crate::repo::{Fault, File, Repo};

/// Ends of file names: a source file may name such a file only if it is in the repository.
const NAMED_IN_SOURCES: &[&str] = &[".md"];
/// The same for documents, whose readers look for more kinds of files.
const NAMED_IN_DOCUMENTS: &[&str] = &[".md", ".rs", ".js", ".py", ".html", ".css"];

/// Finds names of files that are not in the repository, and references to points of documents, such as a letter and a
/// number in brackets.
pub(crate) fn absent_files(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &repo.files {
        let ends = if file.path.ends_with(".md") { NAMED_IN_DOCUMENTS } else { NAMED_IN_SOURCES };
        for (number, line) in file.text.lines().enumerate() {
            for name in names(line, ends).filter(|name| !exists(repo, file, name)) {
                faults.push(Fault::new(&file.path, format!("line {}: {name} does not exist", number + 1)));
            }
            if let Some(point) = point(line) {
                faults.push(Fault::new(
                    &file.path,
                    format!("line {}: write what {point} says instead", number + 1),
                ));
            }
        }
    }
    faults
}

/// The words of a line that are file names with one of these ends.
fn names<'a>(line: &'a str, ends: &[&str]) -> impl Iterator<Item = &'a str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || "_./:-".contains(c)))
        .map(|word| word.trim_end_matches(['.', ':']).trim_start_matches("./"))
        .filter(|word| !word.contains("://") && ends.iter().any(|end| is_named(word, end)))
}

fn is_named(word: &str, end: &str) -> bool {
    word.strip_suffix(end).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
}

/// Whether a named file exists, relative to the naming file or the root, or as the end of any path.
fn exists(repo: &Repo, file: &File, name: &str) -> bool {
    let mut folder: Vec<_> = file.folder().split('/').collect();
    let mut rest = name;
    while let Some(above) = rest.strip_prefix("../") {
        folder.pop();
        rest = above;
    }
    let beside = format!("{}/{rest}", folder.join("/"));
    let ends = format!("/{rest}");
    repo.files.iter().any(|other| {
        other.path == rest || other.path == beside.trim_start_matches('/') || other.path.ends_with(&ends)
    })
}

/// A reference to a point of a document, in brackets: a word, a capital letter and a number.
fn point(line: &str) -> Option<&str> {
    line.match_indices('(').find_map(|(at, _)| {
        let inside = &line[at + 1..];
        let inside = &inside[..inside.find(')')?];
        let (word, number) = inside.split_once(' ')?;
        let digits = number.strip_prefix(|c: char| c.is_ascii_uppercase())?;
        let is_point = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_lowercase())
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit());
        is_point.then_some(inside)
    })
}

#[test]
fn names_of_missing_files_and_references_to_points_are_found() {
    let absent = concat!("/// One asset as contract", ".md gives it.\n");
    let present = "See ../README.md, README.md. and aws/README.md, or https://example.org/far.md for more.\n";
    let files = [
        ("README.md", "`aws/doctor.py`, `absent.py`, `*.py` and https://example.org/x.js\n"),
        ("infra/aws/README.md", ""),
        ("infra/aws/doctor.py", "absent.py"),
        ("infra/a.rs", absent),
        ("infra/b.rs", present),
        ("c.rs", concat!("/// May share (product ", "A11).\n")),
        ("d.rs", "/// As text (RFC 9110), a key (gsi1) and a call f(x A1b).\n"),
    ];
    let found = absent_files(&Repo::of(&files));
    assert_eq!(
        found.iter().map(|fault| fault.subject.as_str()).collect::<Vec<_>>(),
        ["README.md", "infra/a.rs", "c.rs"]
    );
}
