//! The repository's files.

use std::fs;
use std::path::Path;

/// Folders with generated or downloaded files.
const GENERATED: &[&str] = &[".git", "target", ".vitrine", ".venv", "node_modules", "__pycache__"];

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, crate or modules at fault; `KNOWN` names them.
    pub(crate) subject: String,
    /// What is wrong, and what to do.
    pub(crate) what: String,
}

impl Fault {
    pub(crate) fn new(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { subject: subject.into(), what: what.into() }
    }
}

/// One file; the text of a binary file is empty.
pub(crate) struct File {
    /// From the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The folder it is in, empty for the root.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its name up to the first dot, which may not be the first character.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let end = name.char_indices().skip(1).find(|&(_, c)| c == '.').map_or(name.len(), |(at, _)| at);
        &name[..end]
    }
}

/// All files.
pub(crate) struct Repo {
    pub(crate) files: Vec<File>,
    /// What tests have written down, which most rules pass over.
    pub(crate) snapshots: Vec<File>,
}

impl Repo {
    /// Reads the repository that this test belongs to.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = Vec::new();
        read_into(&mut files, root, "");
        files.sort_by(|one: &File, other| one.path.cmp(&other.path));
        Self::new(files)
    }

    /// A repository of a few files, to test rules.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self::new(files.iter().map(file).collect())
    }

    fn new(files: Vec<File>) -> Self {
        let (snapshots, files) = files.into_iter().partition(|file| file.path.ends_with(".snap"));
        Self { files, snapshots }
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files below the `src` of a crate's folder.
    pub(crate) fn sources(&self, krate: &str) -> impl Iterator<Item = &File> {
        let begins = format!("{krate}/src/");
        self.files.iter().filter(move |file| file.path.starts_with(&begins) && file.path.ends_with(".rs"))
    }

    /// The folders of all crates.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"))
    }
}

fn read_into(files: &mut Vec<File>, folder: &Path, path: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !GENERATED.contains(&name.as_str()) {
            read_into(files, &entry.path(), &path);
        } else if kind.is_file() {
            let text = String::from_utf8(fs::read(entry.path()).unwrap()).unwrap_or_default();
            files.push(File { path, text });
        }
    }
}
