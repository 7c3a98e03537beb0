//! The static files of recipients' pages, and the design tokens, icons and words that the web app shares with them.
//!
//! They are served under `/static/<hash of all>/<path>`, so that browsers can cache them for ever. One hash over all
//! files lets JavaScript modules import each other by relative path.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use http::HeaderMap;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::compression::KeptText;

/// One static file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Path below `/static/<hash>/`, without a leading `/`.
    pub path: Cow<'static, str>,
    /// Its content.
    pub bytes: Bytes,
    /// Its `Content-Type`, with the charset for texts.
    pub content_type: &'static str,
}

impl StaticFile {
    /// A file whose content type is found from its extension.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>, bytes: impl Into<Bytes>) -> Self {
        let path = path.into();
        let content_type = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "html" => "text/html; charset=utf-8",
            "png" => "image/png",
            "ico" => "image/x-icon",
            "json" | "webmanifest" => "application/json",
            _ => "application/octet-stream",
        };
        Self { path, bytes: bytes.into(), content_type }
    }
}

/// Every file of a folder and its subfolders, ordered by path.
#[must_use]
pub fn files_of<Folder: RustEmbed>() -> Vec<StaticFile> {
    let file = |path: Cow<'static, str>| {
        // In a debug build a file can be deleted after it was listed.
        let bytes = match Folder::get(&path)?.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        Some(StaticFile::new(path, bytes))
    };
    Folder::iter().filter_map(file).collect()
}

/// Files that are served under one hash.
#[derive(Debug)]
pub struct StaticSet {
    files: Vec<StaticFile>,
    /// Their contents, in the same order.
    texts: Vec<KeptText>,
    hash: String,
}

impl StaticSet {
    /// Hashes the files: 16 hex digits of SHA-256 over every path, length and content.
    #[must_use]
    pub fn new(files: Vec<StaticFile>) -> Self {
        let mut sha = Sha256::new();
        for file in &files {
            sha.update((file.path.len() as u64).to_be_bytes());
            sha.update(file.path.as_bytes());
            sha.update((file.bytes.len() as u64).to_be_bytes());
            sha.update(&file.bytes);
        }
        let hash = sha.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let texts = files.iter().map(|file| KeptText::new(file.bytes.clone())).collect();
        Self { files, texts, hash }
    }

    /// The file at a path below `/static/<hash>/`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&StaticFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The body of a file of the set for a request with the headers `request`; adds the encoding to the headers
    /// `answer`. Each file is compressed once.
    pub fn body(&self, file: &StaticFile, request: &HeaderMap, answer: &mut HeaderMap) -> Bytes {
        let kept = self.files.iter().zip(&self.texts).find(|(known, _)| known.path == file.path);
        kept.map_or_else(|| file.bytes.clone(), |(_, text)| text.body(request, answer))
    }

    /// All files.
    #[must_use]
    pub fn files(&self) -> &[StaticFile] {
        &self.files
    }

    /// The one hash over all files.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// A folder of static files, as one set.
///
/// A release build embeds the files. A debug build reads them from the folder at every [`Self::read`], so that an edit
/// shows at the next reload without a build. The hash is computed at every read too, because browsers never request an
/// address again that they may cache for ever.
#[derive(Debug)]
pub struct StaticFolder {
    list: fn() -> Vec<StaticFile>,
    last: RwLock<Option<Arc<StaticSet>>>,
}

impl StaticFolder {
    /// A folder whose files `list` returns.
    pub const fn new(list: fn() -> Vec<StaticFile>) -> Self {
        Self { list, last: RwLock::new(None) }
    }

    /// The current files. Call it once for each request.
    pub fn read(&self) -> Arc<StaticSet> {
        if cfg!(debug_assertions) {
            self.keep(StaticSet::new((self.list)()));
        }
        self.last()
    }

    /// The files as they were last read.
    pub fn last(&self) -> Arc<StaticSet> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone();
        last.unwrap_or_else(|| self.keep(StaticSet::new((self.list)())))
    }

    /// Keeps this set and returns it; if an equal one is kept already, that one, since its files may be compressed.
    fn keep(&self, now: StaticSet) -> Arc<StaticSet> {
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(known) if known.hash == now.hash => Arc::clone(known),
            _ => Arc::clone(last.insert(Arc::new(now))),
        }
    }
}

#[derive(RustEmbed)]
#[folder = "static"]
struct Folder;

/// The files that all pages use. The web app has more files of its own.
pub static SHARED: StaticFolder = StaticFolder::new(files_of::<Folder>);

/// The file of [`SHARED`] at a path below `/static/<hash>/`.
#[must_use]
pub fn find(path: &str) -> Option<StaticFile> {
    SHARED.last().find(path).cloned()
}

/// `/static/<hash>/<path>` for a file of [`SHARED`].
#[must_use]
pub fn url(path: &str) -> String {
    format!("/static/{}/{path}", SHARED.last().hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_of_the_folder_are_served() {
        let mut found = 0;
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/static")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let file = find(&name).unwrap_or_else(|| panic!("{name} is not served"));
            assert_ne!(file.content_type, "application/octet-stream", "{name} has a type");
            found += 1;
        }
        assert_eq!(found, SHARED.last().files().len());
        assert_eq!(find("../Cargo.toml"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn the_hash_is_in_the_address_and_follows_content_and_path() {
        let set = SHARED.last();
        assert_eq!(url("base.css"), format!("/static/{}/base.css", set.hash()));
        assert_eq!(set.hash().len(), 16);
        let hash = |path: &'static str, content: &'static str| {
            StaticSet::new(vec![StaticFile::new(path, content)]).hash().to_owned()
        };
        assert_ne!(hash("a.css", "x"), hash("a.css", "y"));
        assert_ne!(hash("a.css", "x"), hash("b.css", "x"));
        assert_eq!(hash("a.css", "x"), hash("a.css", "x"));
    }

    /// The content of the file in the next test.
    static EDITED: std::sync::Mutex<&str> = std::sync::Mutex::new("body {}");

    #[test]
    fn an_edit_shows_in_a_debug_build_under_another_hash() {
        fn list() -> Vec<StaticFile> {
            vec![StaticFile::new("page.css", *EDITED.lock().unwrap())]
        }
        static FOLDER: StaticFolder = StaticFolder::new(list);
        let first = FOLDER.read();
        assert!(Arc::ptr_eq(&first, &FOLDER.read()), "an unchanged file stays compressed");
        *EDITED.lock().unwrap() = "body { margin: 0 }";
        assert!(Arc::ptr_eq(&first, &FOLDER.last()), "within a request nothing changes");
        let next = FOLDER.read();
        if cfg!(debug_assertions) {
            assert_ne!(first.hash(), next.hash());
            assert_eq!(next.find("page.css").unwrap().bytes, "body { margin: 0 }");
            assert!(Arc::ptr_eq(&next, &FOLDER.last()));
        } else {
            assert!(Arc::ptr_eq(&first, &next), "a release never reads again");
        }
    }

    #[test]
    fn the_design_tokens_and_classes_that_pages_use_exist() {
        let css = find("base.css").unwrap().bytes;
        let css = std::str::from_utf8(&css).unwrap();
        for name in [
            "bg",
            "surface",
            "surface-2",
            "ink",
            "ink-muted",
            "line",
            "accent",
            "accent-ink",
            "danger",
            "ok",
            "focus",
            "radius",
            "radius-small",
            "space-1",
            "space-7",
            "shadow",
            "font",
            "font-mono",
        ] {
            assert!(css.contains(&format!("  --{name}: ")), "--{name}");
        }
        for class in [
            "button",
            "field",
            "card",
            "menu",
            "badge",
            "table",
            "progress",
            "toast",
            "visually-hidden",
            "skeleton",
        ] {
            assert!(css.contains(&format!("\n.{class}")), ".{class}");
        }
    }
}
