//! Problems: the answers to requests with errors.

use insta::assert_json_snapshot;
use serde_json::json;
use stage::request;

use crate::{by_carl, document_of, scene};

#[tokio::test]
async fn a_body_with_several_faults_names_each() {
    let scene = scene().await;
    let body = json!({"title": "", "max_uses": 0, "titel": "x", "target": {"kind": "asset", "id": "?"}});
    let call = by_carl("POST", "/api/links").sending_json(&body);
    assert_json_snapshot!("problem_fields", document_of(manage_links::router(&scene.cloud), call).await);
}

#[tokio::test]
async fn a_body_that_is_not_json() {
    let scene = scene().await;
    let call = by_carl("POST", "/api/links").sending("application/json", "{");
    assert_json_snapshot!("problem_no_json", document_of(manage_links::router(&scene.cloud), call).await);
}

#[tokio::test]
async fn a_query_that_is_not_understood() {
    let scene = scene().await;
    let call = by_carl("GET", "/api/links?limit=0&sort=size");
    assert_json_snapshot!("problem_query", document_of(manage_links::router(&scene.cloud), call).await);
}

#[tokio::test]
async fn a_user_who_is_not_signed_in_and_one_whose_level_is_too_low() {
    let scene = scene().await;
    let signed_out = document_of(manage_links::router(&scene.cloud), request("GET", "/api/links")).await;
    assert_json_snapshot!("problem_signed_out", signed_out);
    let consumer = document_of(administer_site::router(&scene.cloud), by_carl("GET", "/api/users")).await;
    assert_json_snapshot!("problem_level", consumer);
}

#[tokio::test]
async fn a_path_and_a_method_that_are_not_served() {
    let scene = scene().await;
    let path = document_of(browse_library::router(&scene.cloud), by_carl("GET", "/api/nothing")).await;
    assert_json_snapshot!("problem_path", path);
    let method = document_of(browse_library::router(&scene.cloud), by_carl("PUT", "/api/me")).await;
    assert_json_snapshot!("problem_method", method);
}
