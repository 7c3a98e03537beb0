//! Files under a content hash, and the two that browsers and crawlers ask for by a fixed name.

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

/// The app's one page, among its files so that its content counts in the hash.
pub(crate) const SHELL: &str = "shell.html";

/// The app's own files, and the module of recipients' pages that it imports: a module's address under
/// `/static/<hash>/` can't be written in one that is served as it is.
pub(crate) static APP: StaticFolder = StaticFolder::new(|| {
    let mut files = files_of::<Folder>();
    files.extend(SHARED.read().find("words.js").cloned());
    files
});

/// The modules that main.js brings along.
pub(crate) fn modules(app: &StaticSet) -> impl Iterator<Item = &str> {
    app.files().iter().map(|file| &*file.path).filter(|path| path.ends_with(".js") && *path != "main.js")
}

/// A file that every page shares.
pub(crate) async fn shared(Path((hash, path)): Path<(String, String)>, asked: HeaderMap) -> Response {
    serve(&SHARED.read(), "static", &hash, &path, &asked)
}

/// A file of the app.
pub(crate) async fn own(Path((hash, path)): Path<(String, String)>, asked: HeaderMap) -> Response {
    serve(&APP.read(), "app", &hash, &path, &asked)
}

/// Another release's hash is led on to this one's: a module's relative imports then follow, since
/// they start from where it was found.
fn serve(set: &StaticSet, folder: &str, hash: &str, path: &str, asked: &HeaderMap) -> Response {
    match set.find(path).filter(|file| file.path != SHELL) {
        None => (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]).into_response(),
        Some(file) if hash == set.hash() => {
            let mut headers = immutable();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            let body = set.body(file, asked, &mut headers);
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
