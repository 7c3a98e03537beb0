//! Documents of links, their options and their mails, for users.

use aws::rows::links::OwnedLink;
use domain::id::FolderId;
use domain::id::ListId;
use domain::link::{Access, Link, Target};
use domain::mail::{MailStatus, Mailing, address};
use domain::samples::{self, link_with, link_with_every_term, moment};
use domain::token::LinkToken;
use insta::assert_json_snapshot;
use serde_json::Value;
use stage::Call;

use crate::{Scene, assets, by_carl, document_of, scene};

async fn managed(scene: &Scene, call: Call) -> Value {
    document_of(manage_links::router(&scene.cloud), call).await
}

/// A link of a view-only selection.
async fn selection(scene: &Scene) -> OwnedLink {
    let token = LinkToken::from_random([2; 16]);
    let [photo, sound, _] = assets();
    let picked = [sound, photo];
    scene.cloud.lists().put_selection(&ListId::of_link(&token.link_id()), &picked, moment()).await.unwrap();
    let link = Link {
        target: Target::Selection,
        target_name: "2 assets".into(),
        ..link_with(|terms| {
            terms.title = "Two to look at".into();
            (terms.access, terms.options) = (Access::ViewOnly, None);
        })
    };
    scene.keep(link, token).await
}

#[tokio::test]
async fn a_link_with_every_term() {
    let scene = scene().await;
    let link = scene.keep(link_with_every_term(), samples::token()).await.link;
    let document = managed(&scene, by_carl("GET", &format!("/api/links/{}", link.id))).await;
    assert_json_snapshot!("link_with_every_term", document);
}

#[tokio::test]
async fn a_link_of_a_selection_names_its_assets() {
    let scene = scene().await;
    let link = selection(&scene).await.link;
    let document = managed(&scene, by_carl("GET", &format!("/api/links/{}", link.id))).await;
    assert_json_snapshot!("link_of_a_selection", document);
}

#[tokio::test]
async fn a_list_of_links() {
    let scene = scene().await;
    scene.keep(link_with_every_term(), samples::token()).await;
    selection(&scene).await;
    assert_json_snapshot!("links", managed(&scene, by_carl("GET", "/api/links?limit=1")).await);
}

#[tokio::test]
async fn what_a_link_may_offer() {
    let scene = scene().await;
    let id = FolderId::of("Press");
    let path = format!("/api/share-options?kind=folder&id={id}&include_subfolders=true");
    assert_json_snapshot!("share_options", managed(&scene, by_carl("GET", &path)).await);
}

#[tokio::test]
async fn mails_of_a_link() {
    let scene = scene().await;
    let link = scene.keep(samples::link(), samples::token()).await.link;
    let addresses = address::parse_list("anna@example.net, bert@example.net").unwrap();
    let mailing = Mailing::new("r-1", link.id.clone(), link.owner, &addresses, None, moment());
    scene.cloud.mails().put_mailing(&mailing, addresses.len()).await.unwrap();
    let mails = scene.cloud.mails().put(&mailing.mails(addresses)).await.unwrap();
    let outcomes = [(MailStatus::Sent, None), (MailStatus::Failed, Some("The mail service refused it."))];
    for (mail, (status, reason)) in mails.iter().zip(outcomes) {
        scene.cloud.mails().change(mail, status, reason, moment()).await.unwrap().unwrap();
    }
    let path = format!("/api/links/{}/emails", link.id);
    assert_json_snapshot!("mails", managed(&scene, by_carl("GET", &path)).await);
}
