//! Modules of one crate that import each other in a circle.
//!
//! A folder is a room: what its files import is what the room imports. Rooms beside each other must have an order. A
//! module and those inside it are one room, so that a child may use what its parent gives to all its children.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::repo::{Fault, Repo};

type Path = Vec<String>;

/// The modules of a crate by their paths; the crate's root has the empty one.
type Modules = BTreeMap<Path, Code>;

/// Who imports whom among the children of each module.
type Imports = BTreeMap<Path, BTreeMap<String, BTreeSet<String>>>;

/// The circles of all crates.
pub(crate) fn circles(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in repo.crates() {
        for root in ["lib.rs", "main.rs"].map(|name| format!("{krate}/src/{name}")) {
            let mut modules = Modules::new();
            read_into(&mut modules, repo, &root, Path::new());
            for (parent, imports) in imports(&modules) {
                for circle in in_a_circle(&imports) {
                    let place: Vec<_> =
                        [krate].into_iter().chain(parent.iter().map(String::as_str)).collect();
                    let subject = format!("{}: {}", place.join("/"), circle.join(", "));
                    faults.push(Fault::new(
                        subject,
                        "they import each other; move what both need into a third",
                    ));
                }
            }
        }
    }
    faults
}

/// Reads a module's file and those of the modules that it declares. Modules of tests are not declared outside tests.
fn read_into(modules: &mut Modules, repo: &Repo, file: &str, path: Path) {
    let Some(file) = repo.file(file) else { return };
    let code = Code::read(&file.text);
    let is_root = file.stem() == "mod" || path.is_empty();
    let folder =
        if is_root { file.folder().to_owned() } else { format!("{}/{}", file.folder(), file.stem()) };
    for name in &code.modules {
        let child: Path = path.iter().chain([name]).cloned().collect();
        read_into(modules, repo, &format!("{folder}/{name}.rs"), child.clone());
        read_into(modules, repo, &format!("{folder}/{name}/mod.rs"), child);
    }
    modules.insert(path, code);
}

fn imports(modules: &Modules) -> Imports {
    let mut imports = Imports::new();
    for (from, code) in modules {
        for path in code.uses.iter().map(|(path, _)| path).chain(&code.mentions) {
            let Some(to) = resolve(modules, from, path, 0) else { continue };
            let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                let room = imports.entry(from[..shared].to_vec()).or_default();
                room.entry(one.clone()).or_default().insert(other.clone());
            }
        }
    }
    imports
}

/// The module that a path leads to, as seen from the module `from`; what another module passes on by `use` is followed.
fn resolve(modules: &Modules, from: &Path, path: &[String], depth: usize) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    let mut at = from.clone();
    let mut rest = rest;
    match first.as_str() {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            at.pop()?;
            while let Some((_, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
                at.pop()?;
                rest = after;
            }
        }
        // Another crate, or a child.
        _ => rest = path,
    }
    let mut is_ours = first == "crate" || first == "self" || first == "super";
    for (index, name) in rest.iter().enumerate() {
        let child: Path = at.iter().chain([name]).cloned().collect();
        if modules.contains_key(&child) {
            at = child;
            is_ours = true;
            continue;
        }
        let given = modules.get(&at)?.uses.iter().find(|(used, given)| given == name && *used != path);
        if let Some((used, _)) = given.filter(|_| is_ours && depth < 8) {
            let onward: Path = used.iter().chain(&rest[index + 1..]).cloned().collect();
            return resolve(modules, &at, &onward, depth + 1).or(Some(at));
        }
        break;
    }
    is_ours.then_some(at)
}

/// Groups whose members all lead to each other.
fn in_a_circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = imports.get(from).into_iter().flatten().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(imports.get(next).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|name| (name, reached(name))).collect();
    let mut groups = BTreeSet::new();
    for (name, reached) in &reach {
        let leads_back = |other: &&String| reach.get(other).is_some_and(|back| back.contains(*name));
        let group: Vec<_> = reached.iter().filter(leads_back).cloned().collect();
        if !group.is_empty() {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = [("a/Cargo.toml", "")].iter().chain(files).copied().collect();
        circles(&Repo::of(&files)).into_iter().map(|fault| fault.subject).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_found() {
        let found = subjects(&[
            ("a/src/lib.rs", "mod one; mod two; mod three;"),
            ("a/src/one.rs", "use crate::two::{Two};"),
            ("a/src/two.rs", "fn f() { super::one::g(); crate::three::h(); }"),
            ("a/src/three.rs", ""),
        ]);
        assert_eq!(found, ["a: one, two"]);
    }

    #[test]
    fn a_circle_by_way_of_what_the_root_passes_on_is_found() {
        let found = subjects(&[
            ("a/src/lib.rs", "mod cloud; mod signer; mod url; pub use cloud::Cloud;"),
            ("a/src/cloud.rs", "use crate::url::Url;"),
            ("a/src/url.rs", "use crate::signer::Signer;"),
            ("a/src/signer.rs", "impl crate::Cloud {}"),
        ]);
        assert_eq!(found, ["a: cloud, signer, url"]);
    }

    #[test]
    fn folders_that_import_each_other_by_different_files_are_found() {
        let found = subjects(&[
            ("a/src/lib.rs", "mod one; mod two;"),
            ("a/src/one.rs", "mod inner;"),
            ("a/src/one/inner.rs", "use crate::two::Two;"),
            ("a/src/two/mod.rs", "mod deep;"),
            ("a/src/two/deep.rs", "use crate::one::One; use super::Two;"),
        ]);
        assert_eq!(found, ["a: one, two"]);
    }

    #[test]
    fn a_child_that_uses_its_parent_and_a_test_that_uses_anything_are_no_circle() {
        let found = subjects(&[
            ("a/src/lib.rs", "mod one; mod two; use one::One; struct Site;"),
            ("a/src/one.rs", "use crate::Site; use crate::two::Two;"),
            ("a/src/two.rs", "use crate::Site; #[cfg(test)] mod tests { use crate::one::One; }"),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
