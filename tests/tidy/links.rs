//! Links in documents.

use crate::repo::{Fault, File, Repo};

/// Finds links to a file, folder or heading that does not exist. Links to the web are not checked.
pub(crate) fn broken(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repo.files.iter().filter(|file| file.path.ends_with(".md")) {
        for link in targets(&file.text).filter(|link| !link.contains("://") && !exists(repo, file, link)) {
            faults.push(Fault::new(&file.path, format!("nothing is at {link}")));
        }
    }
    faults
}

/// The targets of a document's links, also of those that span two lines.
fn targets(text: &str) -> impl Iterator<Item = String> {
    text.split("](").skip(1).filter_map(|after| {
        let (target, _) = after.split_once(')')?;
        Some(target.split_whitespace().collect())
    })
}

fn exists(repo: &Repo, file: &File, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let mut place: Vec<_> = file.folder().split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        if name == ".." {
            place.pop();
        } else {
            place.push(name);
        }
    }
    let place = if path.is_empty() { file.path.clone() } else { place.join("/") };
    if heading.is_empty() {
        let inside = format!("{place}/");
        return repo.files.iter().any(|other| other.path == place || other.path.starts_with(&inside));
    }
    let headings = repo.file(&place).into_iter().flat_map(|other| other.text.lines());
    headings.filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
}

/// The anchor of a heading: lower-case letters, digits and hyphens.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|&c| c.is_alphanumeric() || "-_ ".contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn broken_links_are_found() {
    let good =
        "[a](aws/README.md#why-not-so) [b](#a) [c](aws/) ![d](p.webp) [e](https://example.org/x)\n# A\n";
    let bad = "[a](../README.md#b)\n[b](absent)\n[c](../aws)\n[d](#d\n)\n";
    let files = [
        ("README.md", good),
        ("aws/README.md", "## Why, not `so`?\n"),
        ("p.webp", ""),
        ("tests/README.md", bad),
    ];
    let found = broken(&Repo::of(&files));
    assert!(found.iter().all(|fault| fault.subject == "tests/README.md"), "{found:?}");
    let whats: Vec<_> = found.iter().map(|fault| fault.what.as_str()).collect();
    assert_eq!(whats, ["nothing is at ../README.md#b", "nothing is at absent", "nothing is at #d"]);
}
