//! Files under a content hash, and the two that browsers and crawlers ask for by a fixed name.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use web::headers::immutable;
use web::statics::{self, StaticFile, StaticSet};

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        vec![$(StaticFile::new($path, include_bytes!(concat!("../app/", $path)))),*]
    };
}

/// The app's own files. The shell is one of them, so that its content counts in the hash.
static FILES: LazyLock<Vec<StaticFile>> = LazyLock::new(|| {
    embed![
        "actions.js",
        "api.js",
        "app.css",
        "asset-page.js",
        "dialog.js",
        "dialogs.css",
        "dom.js",
        "duration-field.js",
        "email-dialog.js",
        "endless-list.js",
        "format.js",
        "gallery.css",
        "gallery.js",
        "ingest-banner.js",
        "keys.js",
        "library.js",
        "link-dialog.js",
        "link-form.js",
        "link-words.js",
        "links.js",
        "main.js",
        "menu.js",
        "password-field.js",
        "router.js",
        "selection-bar.js",
        "selection.js",
        "session-ended.js",
        "session.js",
        "share.js",
        "shell.html",
        "sidebar.js",
        "theme.js",
        "tile.js",
        "toast.js",
        "users.js",
    ]
});

/// The same under their hash.
pub(crate) static APP: LazyLock<StaticSet> = LazyLock::new(|| StaticSet::new(FILES.clone()));

/// The modules that main.js brings along.
pub(crate) fn modules() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.path).filter(|path| path.ends_with(".js") && *path != "main.js")
}

/// A file that every page shares.
pub(crate) async fn shared(Path((hash, path)): Path<(String, String)>, asked: HeaderMap) -> Response {
    serve(&statics::SET, "static", &hash, &path, &asked)
}

/// A file of the app.
pub(crate) async fn own(Path((hash, path)): Path<(String, String)>, asked: HeaderMap) -> Response {
    serve(&APP, "app", &hash, &path, &asked)
}

/// Another release's hash is led on to this one's: a module's relative imports then follow, since
/// they start from where it was found.
fn serve(set: &StaticSet, folder: &str, hash: &str, path: &str, asked: &HeaderMap) -> Response {
    match set.find(path).filter(|file| file.path != "shell.html") {
        None => (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]).into_response(),
        Some(file) if hash == set.hash() => {
            let mut headers = immutable();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            let body = set.body(&file, asked, &mut headers);
            (headers, body).into_response()
        }
        Some(file) => {
            let here = format!("/{folder}/{}/{}", set.hash(), file.path);
            (StatusCode::TEMPORARY_REDIRECT, [(CACHE_CONTROL, "no-store".to_owned()), (LOCATION, here)])
                .into_response()
        }
    }
}

/// The icon of the browser's tab.
pub(crate) async fn favicon() -> Response {
    let headers = [(CACHE_CONTROL, "public, max-age=86400"), (CONTENT_TYPE, "image/svg+xml"), NOSNIFF];
    (headers, statics::find("favicon.svg").map(|file| file.bytes).unwrap_or_default()).into_response()
}

/// Share links are nobody's to index, nor is the app behind its sign-in.
pub(crate) async fn robots() -> Response {
    let headers =
        [(CACHE_CONTROL, "public, max-age=86400"), (CONTENT_TYPE, "text/plain; charset=utf-8"), NOSNIFF];
    (headers, "User-agent: *\nDisallow: /s/\nDisallow: /api/\n").into_response()
}

const NOSNIFF: (HeaderName, &str) = (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff");
