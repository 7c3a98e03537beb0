//! Every route is in the document, and every operation of the document is served.

use std::collections::BTreeSet;
use std::fs;

use e2e::{Recipient, Site, story};
use serde_json::json;

use crate::{operations, read};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The paths below `/api` and `/s` in the functions' routers.
fn routed() -> BTreeSet<String> {
    let functions = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions");
    let mut paths = BTreeSet::new();
    for function in fs::read_dir(functions).unwrap() {
        let source = fs::read_to_string(function.unwrap().path().join("src/lib.rs")).unwrap();
        for rest in source.split(".route(").skip(1) {
            // A route with a variable instead of a text is one of the app.
            let path = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            paths.extend(
                path.filter(|path| path.starts_with("/api/") || path.starts_with("/s/")).map(str::to_owned),
            );
        }
    }
    paths
}

#[test]
fn every_routers_paths_are_in_the_document_and_no_other() {
    let described: BTreeSet<String> = operations(&read()).into_iter().map(|(_, path, _)| path).collect();
    assert!(described.len() > 15, "{described:?}");
    assert_eq!(described, routed());
}

#[test]
fn every_path_takes_the_methods_of_the_document_and_no_other() {
    story(async {
        let site = Site::shared().await;
        let (ada, recipient) = (site.user("ada").await, Recipient::new());
        let link = ada.share_folder("Autumn", json!({})).await;
        let described: BTreeSet<(String, String)> =
            operations(&read()).into_iter().map(|(method, path, _)| (path, method)).collect();
        let paths: BTreeSet<&String> = described.iter().map(|(path, _)| path).collect();
        for path in paths {
            for method in METHODS {
                // Ids that do not exist.
                let path_with_ids = path.replace("{id}", &"0".repeat(32)).replace("{token}", "");
                let status = match path_with_ids.strip_prefix("/s/") {
                    Some(rest) => recipient.ask(&method.to_uppercase(), &link, rest, &[]).await.status,
                    None => ada.ask(method, &path_with_ids).await.status,
                };
                let is_described = described.contains(&(path.clone(), method.to_owned()));
                assert_eq!(status != 405, is_described, "{method} {path}: {status}");
            }
        }
    });
}

#[test]
fn a_client_without_a_token_gets_the_kept_document() {
    story(async {
        let site = Site::shared().await;
        let stranger = e2e::User::with_token(site.url(), "");
        let answer = stranger.get("/api/openapi.json").await.is(200);
        assert_eq!(answer.json(), read());
        assert_eq!(answer.header("content-type"), "application/json");
    });
}
