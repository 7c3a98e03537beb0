//! The static files of recipients' pages, and the tokens and icons that the web app shares with them.
//!
//! They are part of the program and are served under `/static/<hash of all>/<path>`, so that a browser may
//! keep them for ever: one hash over all files lets JavaScript modules import each other by relative path.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::body::Bytes;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::compression::KeptText;

/// One static file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticFile {
    /// Path below `/static/<hash>/`, without a leading `/`.
    pub path: &'static str,
    /// What it contains.
    pub bytes: &'static [u8],
    /// Its `Content-Type`, with the charset where it is text.
    pub content_type: &'static str,
}

impl StaticFile {
    /// A file whose type follows from its extension: `css`, `js`, `svg`, `html`, `png`, `ico` or `json`.
    #[must_use]
    pub fn new(path: &'static str, bytes: &'static [u8]) -> Self {
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
        Self { path, bytes, content_type }
    }
}

/// Files that are served under one hash. The web app has a set of its own beside [`SET`].
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
            sha.update(file.bytes);
        }
        let hash = sha.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let texts = files.iter().map(|file| KeptText::new(file.bytes)).collect();
        Self { files, texts, hash }
    }

    /// The file at a path below `/static/<hash>/`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<StaticFile> {
        self.files.iter().find(|file| file.path == path).copied()
    }

    /// The content of a file of the set, for a request with the headers `asked`, and what `answer` says of it. It is
    /// compressed once.
    pub fn body(&self, file: &StaticFile, asked: &HeaderMap, answer: &mut HeaderMap) -> Bytes {
        let of_the_set = self.files.iter().zip(&self.texts).find(|(known, _)| known.path == file.path);
        of_the_set.map_or(Bytes::from_static(file.bytes), |(_, text)| text.body(asked, answer))
    }

    /// All files.
    #[must_use]
    pub fn files(&self) -> &[StaticFile] {
        &self.files
    }

    /// `/static/<hash>/<path>`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("/static/{}/{path}", self.hash)
    }

    /// The one hash over all files.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        vec![$(StaticFile::new($path, include_bytes!(concat!("../static/", $path)))),*]
    };
}

/// The files of this crate.
pub static SET: LazyLock<StaticSet> = LazyLock::new(|| {
    StaticSet::new(embed![
        "base.css",
        "bundle.js",
        "early.js",
        "favicon.svg",
        "icons.svg",
        "landing.js",
        "pages.css",
        "preview.js",
        "theme.js",
        "words.js",
    ])
});

/// The hash in the address of every file of [`SET`].
pub static HASH: LazyLock<&'static str> = LazyLock::new(|| SET.hash());

/// The file of [`SET`] at a path below `/static/<hash>/`.
#[must_use]
pub fn find(path: &str) -> Option<StaticFile> {
    SET.find(path)
}

/// `/static/<hash>/<path>` for a file of [`SET`].
#[must_use]
pub fn url(path: &str) -> String {
    SET.url(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_none_else() {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/static")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let file = find(&name).unwrap_or_else(|| panic!("{name} is not embedded"));
            assert_ne!(file.content_type, "application/octet-stream", "{name} has a type");
            found.push(name);
        }
        assert_eq!(found.len(), SET.files.len());
        assert_eq!(find("../Cargo.toml"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn the_hash_is_in_the_address_and_follows_content_and_path() {
        assert_eq!(url("base.css"), format!("/static/{}/base.css", *HASH));
        assert_eq!(HASH.len(), 16);
        let hash = |path, bytes| StaticSet::new(vec![StaticFile::new(path, bytes)]).hash().to_owned();
        assert_ne!(hash("a.css", b"x"), hash("a.css", b"y"));
        assert_ne!(hash("a.css", b"x"), hash("b.css", b"x"));
        assert_eq!(hash("a.css", b"x"), hash("a.css", b"x"));
    }

    #[test]
    fn the_tokens_that_others_rely_on_exist() {
        let css = std::str::from_utf8(find("base.css").unwrap().bytes).unwrap();
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
