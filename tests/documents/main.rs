//! Compares each JSON document that a function answers with a file in `snapshots/`. After an intended change:
//! `INSTA_UPDATE=always cargo test -p e2e --test documents`, then read what changed.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

mod library;
mod links;
mod problems;
mod recipients;

use aws::rows::links::OwnedLink;
use axum::Router;
use domain::asset::{Asset, AssetState};
use domain::link::Link;
use domain::samples::{self, asset};
use domain::token::LinkToken;
use serde_json::Value;
use stage::{Call, Stores, ask, request};

struct Scene {
    stores: Stores,
}

stage::on_stores!(Scene);

/// A small library, and stores whose public address is the same each time.
async fn scene() -> Scene {
    let public = |settings: &mut aws::Settings| settings.store_url = Some("https://store.example.org".into());
    let stores = Stores::open_with(public).await;
    stores.user("carl").await;
    stores.add(&assets()).await;
    Scene { stores }
}

/// A photograph, a sound, and a file that could not be read.
fn assets() -> [Asset; 3] {
    let photo = Asset {
        attributes: [
            ("Credit".to_owned(), "A. Müller".to_owned()),
            ("Rights".to_owned(), "Press".to_owned()),
        ]
        .into(),
        ..asset("Press", "Harbour.jpg")
    };
    let sound = Asset { duration_ms: Some(61_500), ..asset("Press", "Interview.wav") };
    let failed = Asset {
        thumbnail: None,
        preview: None,
        width: None,
        height: None,
        state: AssetState::Failed,
        reason: Some("The file is cut short, so it has no preview.".into()),
        ..asset("Press/Autumn", "Larches.jpg")
    };
    [photo, sound, failed]
}

impl Scene {
    /// Creates a link with this token.
    async fn keep(&self, link: Link, token: LinkToken) -> OwnedLink {
        let owned = OwnedLink { link: Link { id: token.link_id(), ..link }, token };
        self.cloud.links().create(&owned).await.unwrap();
        owned
    }
}

/// The status and document of a function's answer, without signatures, which differ each time.
async fn document_of(function: Router, call: Call) -> Value {
    let answer = ask(function, call.http()).await;
    let mut body = answer.json();
    without_signatures(&mut body);
    let mut document =
        serde_json::json!({"status": answer.status, "type": answer.header("content-type"), "body": body});
    // The order of fields depends on a feature of serde_json that other crates may enable.
    document.sort_all_objects();
    document
}

/// Cuts the signatures off signed URLs.
fn without_signatures(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.find("?X-Amz-").or(text.find("?x-id")) {
                text.truncate(path);
                text.push_str("?signed");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_signatures),
        Value::Object(fields) => fields.values_mut().for_each(without_signatures),
        _ => {}
    }
}

/// A request of the consumer Carl.
fn by_carl(method: &str, path: &str) -> Call {
    request(method, path).by(&samples::owner(), "consumer")
}
