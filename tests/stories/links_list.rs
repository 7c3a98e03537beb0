//! The list of links in the API.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn links_are_listed_sorted_searched_and_filtered_by_status() {
    story(async {
        // A site of its own, because the whole list is compared.
        let site = Site::start().await;
        let (carl, ada) = (site.user("carl").await, site.user("ada").await);
        let titled = |title: &str| json!({"title": title});
        let first = carl.share_folder("Product", titled("Zebra")).await;
        let second = carl.share_folder("Autumn", titled("apple")).await;
        let counted = carl.share_asset("Imprint.txt", json!({"title": "Once", "max_uses": 1})).await;
        let others = ada.share_folder("Product", titled("Ada's")).await;
        Recipient::new().open(&counted).await.is(303);
        let titles = |user, query: &'static str| {
            let user: &e2e::User = user;
            async move {
                let list = user.get(&format!("/api/links{query}")).await.is(200).json();
                let items = list["items"].as_array().unwrap().iter();
                items.map(|link| link["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(titles(&carl, "").await, ["Once", "apple", "Zebra"], "newest first");
        assert_eq!(titles(&carl, "?sort=title").await, ["apple", "Once", "Zebra"]);
        assert_eq!(titles(&carl, "?status=used_up").await, ["Once"]);
        assert_eq!(titles(&carl, "?status=active").await, ["apple", "Zebra"]);
        assert_eq!(titles(&carl, "?q=ZEB").await, ["Zebra"]);
        assert_eq!(titles(&ada, "?owner=me").await, ["Ada's"]);
        assert_eq!(titles(&ada, "?owner=all&sort=title").await, ["Ada's", "apple", "Once", "Zebra"]);

        let list = carl.get("/api/links?limit=2").await.is(200).json();
        let next = list["next"].as_str().unwrap();
        let rest = carl.get(&format!("/api/links?limit=2&cursor={next}")).await.is(200).json();
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));
        assert_eq!(
            rest["items"][0],
            carl.read(&first).await,
            "the document of a link is the same in the list"
        );
        carl.delete_link(&second).await.is(204);
        assert_eq!(titles(&carl, "?sort=title").await, ["Once", "Zebra"]);
        assert_eq!(ada.read(&others).await["title"], "Ada's");
    });
}

#[test]
fn share_options_are_those_that_all_assets_have() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let options = |folder: String| {
            let carl = &carl;
            async move { carl.get(&format!("/api/share-options?kind=folder&id={folder}")).await.is(200).json() }
        };
        let pictures = options(carl.folder("Product").await).await;
        assert_eq!((&pictures["original"], &pictures["preview"]), (&json!(true), &json!(true)));
        let mixed = options(carl.folder("Autumn").await).await;
        assert_eq!(
            (&mixed["original"], &mixed["preview"], &mixed["pdf"]),
            (&json!(true), &json!(false), &json!(false))
        );
        let selected = [carl.asset_id("Product/front.jpg").await, carl.asset_id("Autumn/rain.wav").await];
        let body = json!({"kind": "selection", "assets": selected});
        let selection = carl.post("/api/share-options", body).await.is(200).json();
        assert_eq!((&selection["original"], &selection["thumbnail"]), (&json!(true), &json!(false)));
    });
}
