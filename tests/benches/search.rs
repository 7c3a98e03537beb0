//! Measures searches among 100,000 assets: `cargo bench -p e2e --bench search`. An argument, such as `5000`, is another
//! number of assets.
//!
//! The table is the embedded one, in this process. Each figure is of first pages of 50.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

use std::time::Instant;

use aws::clock::now;
use aws::rows::order::Order;
use aws::rows::search::Total;
use domain::asset::Asset;
use domain::library::query::Query;
use domain::library::words::words_of_asset;
use e2e::story;
use futures_util::StreamExt;
use stage::{Stores, samples};

/// Assets whose postings are put in one call.
const TOGETHER: usize = 200;
/// How often each search is measured.
const TIMES: usize = 30;

/// Of a hundred assets: 50 are `sea`, 33 `ship` (17 of them both), one is `harbour`; all are `img` and `jpg`. One of a
/// thousand is `lighthouse`.
fn asset(n: usize) -> Asset {
    let mut asset = samples::asset("Bench", &format!("IMG_{n:06}.jpg"));
    let words = [(2, "sea"), (3, "ship"), (100, "harbour"), (1_000, "lighthouse")];
    let caption = words.iter().filter(|(each, _)| n.is_multiple_of(*each)).map(|(_, word)| *word);
    asset.attributes.insert("Caption".to_owned(), caption.collect::<Vec<_>>().join(" "));
    asset
}

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    story(async {
        let stores = Stores::open().await;
        let start = Instant::now();
        let assets: Vec<Asset> = (0..count).map(asset).collect();
        let mut postings = 0;
        for some in assets.chunks(TOGETHER) {
            let words: Vec<Vec<_>> =
                some.iter().map(|asset| words_of_asset(asset).into_iter().collect()).collect();
            postings += words.iter().map(Vec::len).sum::<usize>();
            let put: Vec<_> =
                some.iter().zip(&words).map(|(asset, words)| (asset, words.as_slice())).collect();
            stores.cloud.words().put(&put, now()).await.unwrap();
        }
        println!("put {postings} postings of {count} assets in {:.1} s", start.elapsed().as_secs_f64());
        let start = Instant::now();
        futures_util::stream::iter(&assets)
            .for_each_concurrent(8, |asset| async {
                stores.cloud.assets().replace(None, Some(asset)).await.unwrap();
            })
            .await;
        println!("wrote their rows in {:.1} s", start.elapsed().as_secs_f64());

        println!("{:<28}{:>9}{:>9}{:>9}{:>9}  found", "", "p50 ms", "worst ms", "ranges", "requests");
        for typed in [
            "img_000042",
            "lighthouse",
            "harb",
            "lighthouse sea jpg",
            "sea",
            "img",
            "sea ship",
            "sh sea img jpg",
            "sea nothing",
        ] {
            measure(&stores, typed).await;
        }
    });
}

async fn measure(stores: &Stores, typed: &str) {
    let query = Query::parse(typed).unwrap().unwrap();
    let mut times = Vec::new();
    let mut found = String::new();
    stores.cloud.calls().reset();
    for _ in 0..TIMES {
        let start = Instant::now();
        let page = stores.cloud.words().search(&query, Order::Name, None, 50, &|_| true).await.unwrap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
        found = match page.total {
            Some(Total::Exactly(total)) => format!("{} of {total}", page.assets.len()),
            Some(Total::About(total)) => format!("{} of about {total}", page.assets.len()),
            None => String::new(),
        };
    }
    times.sort_by(f64::total_cmp);
    let each = |calls: u64| calls as f64 / TIMES as f64;
    println!(
        "{typed:<28}{:>9.1}{:>9.1}{:>9}{:>9}  {found}",
        times[TIMES / 2],
        times[TIMES - 1],
        each(stores.calls(|call| call == "DynamoDB.Query")),
        each(stores.calls(|_| true)),
    );
}
