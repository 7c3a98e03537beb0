//! Tests of the document by itself.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::{operations, read, written};

/// The file of the document.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/api/openapi.json");
/// With this variable set the test writes the document, and compares nothing.
const WRITE: &str = "WRITE_OPENAPI";

#[test]
fn the_kept_document_is_what_the_code_says() {
    if aws::environment::read(WRITE).is_some() {
        fs::write(KEPT, written()).unwrap();
        return;
    }
    let is_same = fs::read_to_string(KEPT).is_ok_and(|kept| kept == written());
    assert!(
        is_same,
        "shared/api/openapi.json differs from the code. Write it again, then read what changed:\n  \
         {WRITE}=1 cargo test -p e2e --test openapi the_kept_document"
    );
}

/// Every text under the name `key`, at any depth.
fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                if let (true, Some(text)) = (name == key, inner.as_str()) {
                    found.push(text);
                }
                texts(inner, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, key, found)),
        _ => {}
    }
}

#[test]
fn every_reference_has_a_target() {
    let document = read();
    let mut references = Vec::new();
    texts(&document, "$ref", &mut references);
    assert!(references.len() > 50, "{}", references.len());
    for reference in references {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference} has no target");
    }
}

#[test]
fn descriptions_are_for_readers_who_do_not_know_the_code() {
    let document = read();
    let mut descriptions = Vec::new();
    for key in ["summary", "description"] {
        texts(&document, key, &mut descriptions);
    }
    for text in descriptions {
        assert!(!text.is_empty(), "a description is empty");
        assert!(!text.contains("[`") && !text.contains("::"), "{text}");
    }
}

#[test]
fn each_operation_has_its_own_name_a_summary_and_one_tag() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&read()) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} is used twice");
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["tags"].as_array().unwrap().len() == 1, "{method} {path}");
    }
}

#[test]
fn every_answer_with_a_body_has_its_type() {
    for (method, path, operation) in operations(&read()) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let has_body = !["204", "302", "303", "304"].contains(&status.as_str());
            let has_type = answer.get("content").is_some() || answer.get("$ref").is_some();
            assert_eq!(has_type, has_body, "{method} {path}: {status}");
        }
    }
}
