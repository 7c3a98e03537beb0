//! Documents of links for programs of recipients.

use domain::bundle::Bundle;
use domain::link::Link;
use domain::samples::{self, bundle, link_with, link_with_every_term, moment};
use insta::assert_json_snapshot;
use jiff::SignedDuration;
use serde_json::Value;
use stage::request;

use crate::{Scene, assets, document_of, scene};

/// The path of the sample link.
fn path() -> String {
    format!("/s/{}", samples::token().reveal())
}

async fn opened(scene: &Scene, path: &str) -> Value {
    let call = request("GET", path).with("accept", "application/json");
    document_of(open_link::router(&scene.cloud).unwrap(), call).await
}

async fn downloaded(scene: &Scene, path: &str) -> Value {
    document_of(download_assets::router(&scene.cloud).unwrap(), request("GET", path)).await
}

/// An open link on the folders `Press` and `Press/Autumn`, which shows one attribute.
async fn open(scene: &Scene) -> Link {
    let link = Link {
        target: samples::tree("Press"),
        ..link_with(|terms| {
            terms.attributes = Some(vec!["Credit".into()]);
            terms.options = link_with_every_term().terms.options;
        })
    };
    scene.keep(link, samples::token()).await.link
}

#[tokio::test]
async fn a_link_that_is_open() {
    let scene = scene().await;
    open(&scene).await;
    assert_json_snapshot!("open_link", opened(&scene, &path()).await);
}

#[tokio::test]
async fn what_an_open_link_shares() {
    let scene = scene().await;
    open(&scene).await;
    assert_json_snapshot!("open_link_assets", opened(&scene, &format!("{}/assets?limit=2", path())).await);
}

#[tokio::test]
async fn a_link_behind_its_gate() {
    let scene = scene().await;
    scene.keep(link_with_every_term(), samples::token()).await;
    let mut gate = opened(&scene, &path()).await;
    let nonce = std::mem::replace(&mut gate["body"]["visit"], "another one each time".into());
    assert_eq!(nonce.as_str().unwrap().len(), 22, "{nonce}");
    assert_json_snapshot!("gate", gate);
    assert_json_snapshot!("gate_of_assets", opened(&scene, &format!("{}/assets", path())).await);
}

#[tokio::test]
async fn a_link_that_has_ended_and_one_that_never_existed() {
    let scene = scene().await;
    assert_json_snapshot!("no_link", opened(&scene, &path()).await);
    let year_ago = moment() - SignedDuration::from_hours(24 * 365);
    let ended = link_with(|terms| terms.expires_at = Some(year_ago));
    scene.keep(ended, samples::token()).await;
    assert_json_snapshot!("ended_link", opened(&scene, &path()).await);
}

#[tokio::test]
async fn a_bundle_while_it_is_made_and_afterwards() {
    let scene = scene().await;
    let link = open(&scene).await;
    let bundles = scene.cloud.bundles();
    let [made, ready, failed] = ["made", "ready", "failed"].map(|name| bundle(&link.id, name));
    for row in [&made, &ready, &failed] {
        bundles.put(row, None).await.unwrap();
    }
    bundles.finish(&ready, moment()).await.unwrap();
    bundles.fail(&failed, "“Harbour.jpg” was replaced.", moment()).await.unwrap();
    let status = async |row: &Bundle| downloaded(&scene, &format!("{}/bundles/{}", path(), row.id)).await;
    assert_json_snapshot!("bundle_preparing", status(&made).await);
    assert_json_snapshot!("bundle_ready", status(&ready).await);
    assert_json_snapshot!("bundle_failed", status(&failed).await);
}

#[tokio::test]
async fn a_file_that_is_not_offered() {
    let scene = scene().await;
    open(&scene).await;
    let [photo, ..] = assets();
    let path = format!("{}/assets/{}/thumbnail", path(), photo.id);
    assert_json_snapshot!("not_offered", downloaded(&scene, &path).await);
}
