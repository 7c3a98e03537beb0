//! Documents of the library and its users.

use domain::id::FolderId;
use domain::samples;
use insta::assert_json_snapshot;
use serde_json::Value;
use stage::{Call, request};

use crate::{Scene, assets, by_carl, document_of, scene};

async fn browsed(scene: &Scene, path: &str) -> Value {
    document_of(browse_library::router(&scene.cloud), by_carl("GET", path)).await
}

async fn administered(scene: &Scene, path: &str) -> Value {
    let by_ada: Call = request("GET", path).by(&samples::user("ada"), "administrator");
    document_of(administer_site::router(&scene.cloud), by_ada).await
}

#[tokio::test]
async fn who_is_signed_in() {
    assert_json_snapshot!("me", browsed(&scene().await, "/api/me").await);
}

#[tokio::test]
async fn folders_and_one_of_them() {
    let scene = scene().await;
    assert_json_snapshot!("folders", browsed(&scene, "/api/folders").await);
    let folder = format!("/api/folders/{}", FolderId::of("Press/Autumn"));
    assert_json_snapshot!("folder", browsed(&scene, &folder).await);
}

#[tokio::test]
async fn an_ingested_asset_and_a_failed_one() {
    let scene = scene().await;
    let [photo, _, failed] = assets();
    assert_json_snapshot!("asset", browsed(&scene, &format!("/api/assets/{}", photo.id)).await);
    assert_json_snapshot!("asset_failed", browsed(&scene, &format!("/api/assets/{}", failed.id)).await);
}

#[tokio::test]
async fn a_page_of_a_folders_assets() {
    let path = format!("/api/assets?in=folder:{}&limit=1", FolderId::of("Press"));
    assert_json_snapshot!("assets", browsed(&scene().await, &path).await);
}

#[tokio::test]
async fn how_far_the_library_has_been_read() {
    assert_json_snapshot!("ingest", browsed(&scene().await, "/api/ingest").await);
}

#[tokio::test]
async fn a_user_and_a_page_of_users() {
    let scene = scene().await;
    assert_json_snapshot!("user", administered(&scene, "/api/users/carl").await);
    assert_json_snapshot!("users", administered(&scene, "/api/users?limit=1").await);
}
