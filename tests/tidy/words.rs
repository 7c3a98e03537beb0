//! References that a reader can't follow.

use crate::repo::{Fault, File, Repo};

/// What a source file may name only if it is in the repository.
const NAMED_IN_SOURCES: &[&str] = &[".md"];
/// The same for documents: their readers look for the files that they name.
const NAMED_IN_DOCUMENTS: &[&str] = &[".md", ".rs", ".js", ".py", ".html", ".css"];

/// Files that are named and not in the repository, and points of documents: a letter and a number in brackets.
pub(crate) fn absent_files(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &repo.files {
        let ends = if file.path.ends_with(".md") { NAMED_IN_DOCUMENTS } else { NAMED_IN_SOURCES };
        for (number, line) in file.text.lines().enumerate() {
            for name in names(line, ends).filter(|name| !is_there(repo, file, name)) {
                faults.push(Fault::new(&file.path, format!("line {}: {name} is not here", number + 1)));
            }
            if let Some(point) = point(line) {
                faults.push(Fault::new(&file.path, format!("line {}: say what {point} says", number + 1)));
            }
        }
    }
    faults
}

/// The files that a line names, of those whose names end so.
fn names<'a>(line: &'a str, ends: &[&str]) -> impl Iterator<Item = &'a str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || "_./:-".contains(c)))
        .map(|word| word.trim_end_matches(['.', ':']).trim_start_matches("./"))
        .filter(|word| !word.contains("://") && ends.iter().any(|end| is_named(word, end)))
}

fn is_named(word: &str, end: &str) -> bool {
    word.strip_suffix(end).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
}

/// Whether a file is where its name says: from the file that names it, from the root, or anywhere by its end.
fn is_there(repo: &Repo, file: &File, name: &str) -> bool {
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

/// A point of a document in brackets: a word, a capital letter and a number.
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
fn files_and_points_that_nobody_can_read_are_found() {
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
