//! Import cycles between the modules of one crate.
//!
//! The imports of a folder are those of all its files, and folders beside each other must have an order. A module and
//! its children count as one, so that a child may use what its parent defines for all children.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::repo::{Fault, Repo};

type Path = Vec<String>;

/// The modules of a crate by their paths; the crate's root has the empty one.
type Modules = BTreeMap<Path, Code>;

/// The imports between the children of each module.
type Imports = BTreeMap<Path, BTreeMap<String, BTreeSet<String>>>;

/// Finds the cycles of all crates.
pub(crate) fn circles(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in repo.crates() {
        for root in ["lib.rs", "main.rs"].map(|name| format!("{krate}/src/{name}")) {
            let mut modules = Modules::new();
            read_into(&mut modules, repo, &root, Path::new());
            for (parent, imports) in imports(&modules) {
                for circle in find_cycles(&imports) {
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

/// Reads a module's file and those of the modules that it declares, except modules of tests.
fn read_into(modules: &mut Modules, repo: &Repo, file: &str, path: Path) {
    let Some(file) = repo.file(file) else { return };
    let code = Code::parse(&file.text);
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
                let siblings = imports.entry(from[..shared].to_vec()).or_default();
                siblings.entry(one.clone()).or_default().insert(other.clone());
            }
        }
    }
    imports
}

/// The module of a path, seen from the module `from`; re-exports of other modules are followed.
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
        let import = modules.get(&at)?.uses.iter().find(|(used, alias)| alias == name && *used != path);
        if let Some((used, _)) = import.filter(|_| is_ours && depth < 8) {
            let onward: Path = used.iter().chain(&rest[index + 1..]).cloned().collect();
            return resolve(modules, &at, &onward, depth + 1).or(Some(at));
        }
        break;
    }
    is_ours.then_some(at)
}

/// Groups of modules that all reach each other by imports.
fn find_cycles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = imports.get(from).into_iter().flatten().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(imports.get(next).into_iter().flatten());
            }
        }
        seen
    };
    let reached_from: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|name| (name, reach(name))).collect();
    let mut groups = BTreeSet::new();
    for (name, reached) in &reached_from {
        let leads_back = |other: &&String| reached_from.get(other).is_some_and(|back| back.contains(*name));
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

    fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = [("a/Cargo.toml", "")].iter().chain(files).copied().collect();
        circles(&Repo::of(&files)).into_iter().map(|fault| fault.subject).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_found() {
        let found = cycles_of(&[
            ("a/src/lib.rs", "mod one; mod two; mod three;"),
            ("a/src/one.rs", "use crate::two::{Two};"),
            ("a/src/two.rs", "fn f() { super::one::g(); crate::three::h(); }"),
            ("a/src/three.rs", ""),
        ]);
        assert_eq!(found, ["a: one, two"]);
    }

    #[test]
    fn a_cycle_through_a_reexport_of_the_root_is_found() {
        let found = cycles_of(&[
            ("a/src/lib.rs", "mod cloud; mod signer; mod url; pub use cloud::Cloud;"),
            ("a/src/cloud.rs", "use crate::url::Url;"),
            ("a/src/url.rs", "use crate::signer::Signer;"),
            ("a/src/signer.rs", "impl crate::Cloud {}"),
        ]);
        assert_eq!(found, ["a: cloud, signer, url"]);
    }

    #[test]
    fn folders_whose_files_import_each_other_are_found() {
        let found = cycles_of(&[
            ("a/src/lib.rs", "mod one; mod two;"),
            ("a/src/one.rs", "mod inner;"),
            ("a/src/one/inner.rs", "use crate::two::Two;"),
            ("a/src/two/mod.rs", "mod deep;"),
            ("a/src/two/deep.rs", "use crate::one::One; use super::Two;"),
        ]);
        assert_eq!(found, ["a: one, two"]);
    }

    #[test]
    fn imports_of_a_parent_and_imports_of_tests_are_no_cycle() {
        let found = cycles_of(&[
            ("a/src/lib.rs", "mod one; mod two; use one::One; struct Site;"),
            ("a/src/one.rs", "use crate::Site; use crate::two::Two;"),
            ("a/src/two.rs", "use crate::Site; #[cfg(test)] mod tests { use crate::one::One; }"),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
