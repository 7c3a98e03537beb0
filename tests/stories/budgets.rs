//! How many requests to the stores each operation may need. Every request costs money and time.

use std::collections::BTreeMap;

use e2e::{Link, Recipient, Site, story};
use serde_json::json;

/// Counts the requests of an operation, and returns the smallest of several counts: other work of the site, such as a
/// sweep or an event, can only add to a count.
async fn cost<F: Future>(site: &Site, mut work: impl FnMut() -> F) -> BTreeMap<String, u64> {
    let mut least: Option<BTreeMap<String, u64>> = None;
    for _ in 0..4 {
        site.cloud().calls().reset();
        work().await;
        let calls = site.cloud().calls().snapshot();
        let sum = |calls: &BTreeMap<String, u64>| calls.values().sum::<u64>();
        if least.as_ref().is_none_or(|least| sum(&calls) < sum(least)) {
            least = Some(calls);
        }
    }
    least.unwrap()
}

#[track_caller]
fn at_most(dynamodb: u64, cost: &BTreeMap<String, u64>) {
    let (table, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        cost.iter().partition(|(name, _)| name.starts_with("DynamoDB."));
    assert!(others.is_empty(), "requests to other stores than the table: {others:?}");
    let requests = table.values().copied().sum::<u64>();
    assert!((1..=dynamodb).contains(&requests), "{dynamodb} requests at most: {table:?}");
}

#[test]
fn recipients_requests_stay_within_their_budgets() {
    story(async {
        // A site of its own, because requests of other stories would be counted too.
        let site = Site::start().await;
        let carl = site.user("carl").await;
        let asset = carl.asset_id("Autumn/leaf.jpg").await;
        let tree = json!({"kind": "folder", "id": carl.folder("Autumn").await, "include_subfolders": true});
        let links: Vec<Link> = vec![
            carl.share_folder("Autumn", json!({})).await,
            carl.share(tree, json!({})).await,
            carl.share_asset("Autumn/leaf.jpg", json!({})).await,
            carl.share_selection(&["Autumn/leaf.jpg", "Product/front.jpg"], json!({})).await,
            carl.share_folder("Autumn", json!({"max_uses": 1})).await,
        ];
        for link in &links {
            // A list is read before its assets.
            let more = u64::from(link.body["target"]["kind"] == "selection");
            let recipient = Recipient::new();
            if recipient.document(link).await.json()["state"] == "gate" {
                recipient.open(link).await.is(303);
            }
            // The first assets, with thumbnails and previews.
            at_most(3 + more, &cost(&site, || async { recipient.page(link).await.is(200) }).await);
            at_most(3 + more, &cost(&site, || async { recipient.document(link).await.is(200) }).await);
            at_most(3 + more, &cost(&site, || async { recipient.get(link, "/assets").await.is(200) }).await);
            let download = || async { recipient.ask_for(link, &asset, "original").await.is(302) };
            at_most(2 + more, &cost(&site, download).await);
        }
        let closed = carl.share_folder("Autumn", json!({"password": "pass"})).await;
        at_most(2, &cost(&site, || async { Recipient::new().page(&closed).await.is(200) }).await);
        let unknown = closed.with_token(&"a".repeat(22));
        at_most(1, &cost(&site, || async { Recipient::new().page(&unknown).await.is(404) }).await);
    });
}

#[test]
fn spending_a_use_stays_within_its_budget() {
    story(async {
        let site = Site::start().await;
        let carl = site.user("carl").await;
        // A try of a password is counted before it is checked.
        let (counted, locked) = (json!({"max_uses": 100}), json!({"max_uses": 100, "password": "pass"}));
        for (security, budget) in [(counted, 3), (locked, 7)] {
            let link = carl.share_folder("Autumn", security).await;
            let recipient = Recipient::new();
            let mut nonces = Vec::new();
            for _ in 0..4 {
                nonces.push(recipient.nonce(&link).await);
            }
            let spend = || {
                let (recipient, link, nonce) = (&recipient, &link, nonces.pop().unwrap());
                async move { recipient.post(link, &nonce, "pass").await.is(303) }
            };
            at_most(budget, &cost(&site, spend).await);
            assert_eq!(carl.read(&link).await["used"], 4);
        }
    });
}

#[test]
fn a_page_of_many_assets_costs_no_more() {
    story(async {
        let site = Site::start().await;
        let carl = site.user("carl").await;
        for n in 0..120 {
            e2e::files::put(&site.library(), &format!("Many/{n:03}.txt"), format!("{n}").as_bytes());
        }
        carl.wait_for_ingest(e2e::files::tree(&site.library()).len()).await;
        let link = carl.share_folder("Many", json!({})).await;
        let recipient = Recipient::new();
        let page = recipient.page(&link).await.is(200).text();
        assert_eq!(page.matches(r#"data-asset=""#).count(), 48);
        assert!(page.contains("120 assets") && page.contains("Show more"));
        at_most(3, &cost(&site, || async { recipient.page(&link).await.is(200) }).await);
    });
}
