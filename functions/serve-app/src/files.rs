//! Files under a content hash, and the two files that browsers and crawlers request at fixed paths.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rust_embed::RustEmbed;
use web::headers::immutable;
use web::statics::{self, SHARED, StaticFolder, StaticSet, files_of};

#[derive(RustEmbed)]
#[folder = "app"]
struct Folder;

/// The app's HTML page. It is one of the app's files, so that the hash covers it.
pub(crate) const SHELL: &str = "shell.html";

/// The app's own files and a copy of words.js from recipients' pages: a module that is served unchanged can't import
/// it from `/static/<hash>/`, because it does not know the hash.
pub(crate) static APP: StaticFolder = StaticFolder::new(|| {
    let mut files = files_of::<Folder>();
    files.extend(SHARED.read().find("words.js").cloned());
    files
});

/// The paths of all modules that main.js imports, directly or not.
pub(crate) fn modules(app: &StaticSet) -> impl Iterator<Item = &str> {
    app.files().iter().map(|file| &*file.path).filter(|path| path.ends_with(".js") && *path != "main.js")
}

/// Serves a file that all pages share.
pub(crate) async fn serve_shared(Path((hash, path)): Path<(String, String)>, request: HeaderMap) -> Response {
    serve(&SHARED.read(), "static", &hash, &path, &request)
}

/// Serves a file of the app.
pub(crate) async fn serve_own(Path((hash, path)): Path<(String, String)>, request: HeaderMap) -> Response {
    serve(&APP.read(), "app", &hash, &path, &request)
}

/// Serves a file of a set. The hash of another release is redirected to this one's, so that the module's relative
/// imports use the new hash too.
fn serve(set: &StaticSet, folder: &str, hash: &str, path: &str, request: &HeaderMap) -> Response {
    match set.find(path).filter(|file| file.path != SHELL) {
        None => (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]).into_response(),
        Some(file) if hash == set.hash() => {
            let mut headers = immutable();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            let body = set.body(file, request, &mut headers);
            (headers, body).into_response()
        }
        Some(file) => {
            let location = format!("/{folder}/{}/{}", set.hash(), file.path);
            (StatusCode::TEMPORARY_REDIRECT, [(CACHE_CONTROL, "no-store".to_owned()), (LOCATION, location)])
                .into_response()
        }
    }
}

/// Serves the icon for the browser's tab.
pub(crate) async fn serve_favicon() -> Response {
    let headers = [(CACHE_CONTROL, "public, max-age=86400"), (CONTENT_TYPE, "image/svg+xml"), NOSNIFF];
    (headers, statics::find("favicon.svg").map(|file| file.bytes).unwrap_or_default()).into_response()
}

/// Serves robots.txt: crawlers must not index share links, and the API is behind the sign-in.
pub(crate) async fn serve_robots() -> Response {
    let headers =
        [(CACHE_CONTROL, "public, max-age=86400"), (CONTENT_TYPE, "text/plain; charset=utf-8"), NOSNIFF];
    (headers, "User-agent: *\nDisallow: /s/\nDisallow: /api/\n").into_response()
}

const NOSNIFF: (HeaderName, &str) = (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff");
