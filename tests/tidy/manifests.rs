//! Manifests: which crate may depend on which, and the reason of each dependency.

use crate::repo::{Fault, Repo};

/// The layers of crates by folder, from the lowest. A crate may depend only on crates of lower layers.
const LAYERS: &[&[&str]] = &[
    &["shared/domain", "infra/local/inside", "infra/local/s3"],
    &["shared/web", "shared/aws", "shared/media"],
    &["shared/api", "shared/worker"],
    &["functions/*"],
    &["infra/local"],
    &["tests/stage"],
    &["tests"],
];

/// Crates that tests of every crate may use too: the local stores and samples.
const FOR_TESTS: &[&str] = &["infra/local/inside", "infra/local/s3", "tests/stage"];

/// A dependency in a manifest.
#[derive(Debug)]
struct Dependency<'a> {
    name: &'a str,
    line: &'a str,
    is_for_tests: bool,
}

/// Finds dependencies on a crate of the same or a higher layer.
pub(crate) fn against_the_direction(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    let layer = |folder: &str| {
        let matches = |place: &&str| match place.strip_suffix('*') {
            Some(begins) => folder.starts_with(begins),
            None => *place == folder,
        };
        LAYERS.iter().position(|places| places.iter().any(matches))
    };
    for krate in repo.crates() {
        let manifest = format!("{krate}/Cargo.toml");
        let Some(own) = layer(krate) else {
            faults.push(Fault::new(&manifest, "in no layer: add it to LAYERS of tests/tidy/manifests.rs"));
            continue;
        };
        for dependency in dependencies(repo.file(&manifest).map_or("", |file| file.text.as_str())) {
            let Some(known) = repo.crates().find(|other| package(repo, other) == Some(dependency.name))
            else {
                continue;
            };
            let is_below = layer(known).is_some_and(|layer| layer < own);
            // A package may depend on itself for its tests.
            if !is_below && !(dependency.is_for_tests && (FOR_TESTS.contains(&known) || known == krate)) {
                faults.push(Fault::new(&manifest, format!("{} is not below it", dependency.name)));
            }
        }
    }
    faults
}

/// Finds crates that use samples outside their tests.
pub(crate) fn samples_outside_tests(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in repo.crates().filter(|krate| !krate.starts_with("tests")) {
        let manifest = format!("{krate}/Cargo.toml");
        for dependency in dependencies(repo.file(&manifest).map_or("", |file| file.text.as_str())) {
            if !dependency.is_for_tests && dependency.line.contains("\"samples\"") {
                let what = format!("{}: samples are for dev-dependencies", dependency.name);
                faults.push(Fault::new(&manifest, what));
            }
        }
    }
    faults
}

/// Finds dependencies of the workspace without a reason on their line, and versions outside the root's manifest.
pub(crate) fn without_a_reason(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repo.files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        for Dependency { name, line, .. } in dependencies(&file.text) {
            let value = line.split_once('=').map_or("", |(_, value)| value.trim());
            let (is_ours, is_inherited) = (value.contains("path ="), line.contains("workspace = true"));
            if file.path == "Cargo.toml" && !is_ours && !line.contains(" # ") {
                faults.push(Fault::new(&file.path, format!("{name} has no reason: end its line with one")));
            }
            if file.path != "Cargo.toml" && !is_inherited {
                faults.push(Fault::new(
                    &file.path,
                    format!("{name}: its version belongs into the root's manifest"),
                ));
            }
        }
    }
    faults
}

/// Crates of functions that could carry what the OpenAPI document says: utoipa is behind the feature `openapi`, which
/// none but the tests ask for.
pub(crate) fn schemas_in_functions(repo: &Repo) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in repo.crates().filter(|krate| !krate.starts_with("tests")) {
        let manifest = format!("{krate}/Cargo.toml");
        for line in repo.file(&manifest).map_or("", |file| file.text.as_str()).lines() {
            let asks = line.contains("openapi\"") && !line.starts_with("openapi = ");
            let carries = line.starts_with("utoipa") && !line.contains("optional = true");
            if asks || carries {
                let what = "every function would carry the OpenAPI document's schemas";
                faults.push(Fault::new(&manifest, format!("{line}: {what}")));
            }
        }
    }
    faults
}

/// The name that a crate's manifest gives it.
fn package<'a>(repo: &'a Repo, krate: &str) -> Option<&'a str> {
    let manifest = repo.file(&format!("{krate}/Cargo.toml"))?;
    manifest.text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

/// The dependencies of a manifest.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            // [dependencies.NAME]
            if let Some((_, name)) = section.rsplit_once("dependencies.") {
                found.push(Dependency { name, line, is_for_tests: section.contains("dev-") });
            }
            continue;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if section.ends_with("dependencies") && !name.is_empty() && !name.starts_with('#') {
            found.push(Dependency { name, line, is_for_tests: section.contains("dev-") });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(faults: Vec<Fault>) -> Vec<String> {
        faults.into_iter().map(|fault| format!("{}: {}", fault.subject, fault.what)).collect()
    }

    #[test]
    fn dependencies_against_the_direction_are_found() {
        let name = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\n{rest}");
        let files = [
            (
                "shared/domain/Cargo.toml",
                name("domain", "[dependencies]\nserde.workspace = true\nweb.workspace = true\n"),
            ),
            ("shared/web/Cargo.toml", name("web", "[dependencies.aws]\nworkspace = true\n")),
            ("shared/aws/Cargo.toml", name("aws", "[dependencies]\ndomain.workspace = true\n")),
            (
                "functions/a/Cargo.toml",
                name("a", "[dependencies]\naws = { workspace = true, optional = true }\n"),
            ),
            (
                "functions/b/Cargo.toml",
                name("b", "[dev-dependencies]\na.workspace = true\nlocal-s3.workspace = true\n"),
            ),
            ("infra/local/s3/Cargo.toml", name("local-s3", "")),
            ("attic/x/Cargo.toml", name("x", "")),
        ];
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let expected = [
            "shared/domain/Cargo.toml: web is not below it",
            "shared/web/Cargo.toml: aws is not below it",
            "functions/b/Cargo.toml: a is not below it",
            "attic/x/Cargo.toml: in no layer: add it to LAYERS of tests/tidy/manifests.rs",
        ];
        assert_eq!(whats(against_the_direction(&Repo::of(&files))), expected);
    }

    #[test]
    fn samples_in_a_product_are_found() {
        let manifest =
            "name = \"a\"\n[dependencies]\ndomain = { workspace = true, features = [\"samples\"] }\n";
        let dev = manifest.replace("[dep", "[dev-dep");
        let files = [
            ("functions/a/Cargo.toml", manifest),
            ("functions/b/Cargo.toml", &dev),
            ("tests/stage/Cargo.toml", manifest),
        ];
        let found = samples_outside_tests(&Repo::of(&files));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].subject, "functions/a/Cargo.toml");
    }

    #[test]
    fn schemas_that_a_function_would_carry_are_found() {
        let held = "[features]\nlambda = [\"aws/lambda\"]\nopenapi = [\"dep:utoipa\", \"api/openapi\"]\n\
                    [dependencies]\nutoipa = { workspace = true, optional = true }\n";
        let files = [
            ("functions/a/Cargo.toml", held),
            ("functions/b/Cargo.toml", "[dependencies]\nutoipa.workspace = true\n"),
            ("functions/c/Cargo.toml", "[features]\nlambda = [\"openapi\"]\n"),
            ("infra/local/Cargo.toml", "web = { workspace = true, features = [\"openapi\"] }\n"),
            ("tests/Cargo.toml", "utoipa.workspace = true\n"),
        ];
        let found = schemas_in_functions(&Repo::of(&files));
        let subjects: Vec<_> = found.iter().map(|fault| fault.subject.as_str()).collect();
        assert_eq!(subjects, ["functions/b/Cargo.toml", "functions/c/Cargo.toml", "infra/local/Cargo.toml"]);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let root = "[workspace.dependencies]\n# ours\ndomain = { path = \"shared/domain\" }\na = \"1\" # dates\nb = \"2\"\n";
        let files =
            [("Cargo.toml", root), ("x/Cargo.toml", "[dependencies]\na.workspace = true\nc = \"3\" # why\n")];
        let expected = [
            "Cargo.toml: b has no reason: end its line with one",
            "x/Cargo.toml: c: its version belongs into the root's manifest",
        ];
        assert_eq!(whats(without_a_reason(&Repo::of(&files))), expected);
    }
}
