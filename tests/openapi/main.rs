//! The OpenAPI document is what the code generates, and agrees with the routes.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod document;
mod routes;

use serde_json::Value;
use utoipa::OpenApi as _;

/// The document that the code generates, as the text of the file.
fn written() -> String {
    let document = api::openapi::document([
        manage_links::Described::openapi(),
        administer_site::Described::openapi(),
        browse_library::Described::openapi(),
        serve_app::Described::openapi(),
        open_link::Described::openapi(),
        download_assets::Described::openapi(),
    ]);
    document.to_pretty_json().unwrap() + "\n"
}

/// The same, as JSON.
fn read() -> Value {
    serde_json::from_str(&written()).unwrap()
}

/// Each operation: its method in lower case, its path, and its description.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}
