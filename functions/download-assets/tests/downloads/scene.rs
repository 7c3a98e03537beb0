//! The scene of the tests: links on assets, and requests of recipients.

use aws::rows::links::OwnedLink;
use domain::asset::{Asset, Rendition};
use domain::bundle::Bundle;
use domain::id::{BundleId, LinkId};
use domain::link::{Link, Offer};
use jiff::SignedDuration;
use serde_json::Value;
use stage::{Answer, Call, Stores, ask, request, samples};

pub struct Scene {
    stores: Stores,
}

stage::on_stores!(Scene);

pub async fn scene() -> Scene {
    let stores = Stores::open().await;
    stores.user("carl").await;
    Scene { stores }
}

/// The path of a link, and its id.
pub fn path_and_id(OwnedLink { link, token }: OwnedLink) -> (String, LinkId) {
    (format!("/s/{}", token.reveal()), link.id)
}

impl Scene {
    /// Shares a selection, its originals and previews; gives the link's path.
    pub async fn offer(&self, assets: &[Asset], change: impl FnOnce(&mut Link)) -> (String, LinkId) {
        let owned = self.share_selection(assets, |link| {
            link.terms.title = "Herbst & Müller".into();
            link.terms.options = Some(Offer::of([Rendition::Original, Rendition::Preview]));
            change(link);
        });
        path_and_id(owned.await)
    }

    /// The answer to a request.
    pub async fn answer(&self, request: Call) -> Answer {
        ask(download_assets::router(&self.cloud).unwrap(), request.http()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.answer(request("GET", path)).await
    }

    pub async fn page(&self, path: &str) -> Answer {
        self.answer(request("GET", path).by_browser()).await
    }

    pub async fn head(&self, path: &str) -> Answer {
        self.answer(request("HEAD", path)).await
    }

    /// Requests a bundle.
    pub async fn order(&self, link: &str, body: Value) -> Answer {
        self.answer(order(link, &body)).await
    }

    /// A bundle whose row was last changed, and last used, so long ago.
    pub async fn bundle(&self, link: &LinkId, name: &str, ago: SignedDuration) -> Bundle {
        let then = aws::clock::now() - ago;
        let bundle = Bundle { updated: then, last_used: then, ..samples::bundle(link, name) };
        self.cloud.bundles().put(&bundle, None).await.unwrap();
        bundle
    }

    /// The row of the bundle in an answer.
    pub async fn row(&self, link: &LinkId, answer: &Value) -> Bundle {
        let id: BundleId = answer["id"].as_str().unwrap().parse().unwrap();
        self.cloud.bundles().find(link, &id).await.unwrap().unwrap()
    }

    /// Finishes the bundle in an answer. Returns whether it was still being prepared.
    pub async fn finish(&self, link: &LinkId, answer: &Value) -> bool {
        let row = self.row(link, answer).await;
        self.cloud.bundles().finish(&row, aws::clock::now()).await.unwrap()
    }
}

/// A request for a bundle.
pub fn order(link: &str, body: &Value) -> Call {
    request("POST", &format!("{link}/bundles")).sending_json(body)
}
