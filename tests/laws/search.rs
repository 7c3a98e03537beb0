//! A search finds exactly what its query matches, however rare or frequent its words are, on whatever pages.

use std::collections::BTreeSet;

use aws::clock::now;
use aws::rows::order::Order;
use aws::rows::search::{Place, Total};
use aws::rows::table::Cursor;
use domain::asset::Asset;
use domain::id::AssetId;
use domain::library::query::Query;
use domain::library::words::{Word, words_of, words_of_asset};
use e2e::story;
use jiff::SignedDuration;
use stage::{Stores, samples};

/// The most requests of one search in these tests; more would mean that it never ends.
const MOST_PAGES: usize = 100;

fn asset(n: u32, caption: &str) -> Asset {
    let mut asset = samples::asset("Press", &format!("IMG_{n:04}.jpg"));
    asset.attributes.insert("Caption".to_owned(), caption.to_owned());
    asset.created = samples::moment() + SignedDuration::from_secs(i64::from(n.wrapping_mul(7_919) % 1_000));
    asset
}

/// Puts postings of assets, without their rows; only those of some words if they are given.
async fn index(stores: &Stores, assets: &[Asset], only: &str) {
    let only = words_of(only);
    for some in assets.chunks(100) {
        let words =
            |asset| words_of_asset(asset).into_iter().filter(|word| only.is_empty() || only.contains(word));
        let words: Vec<Vec<Word>> = some.iter().map(|asset| words(asset).collect()).collect();
        let put: Vec<_> = some.iter().zip(&words).map(|(asset, words)| (asset, words.as_slice())).collect();
        stores.cloud.words().put(&put, now()).await.unwrap();
    }
}

/// All pages of a search, and what the first one says of their number.
async fn search(
    stores: &Stores,
    typed: &str,
    order: Order,
    limit: usize,
    accepts: &(dyn Fn(&Asset) -> bool + Sync),
) -> (Vec<Asset>, Total) {
    let query = Query::parse(typed).unwrap().unwrap();
    let (mut found, mut total, mut after) = (Vec::new(), None, None);
    for _ in 0..MOST_PAGES {
        let page = stores.cloud.words().search(&query, order, after.as_ref(), limit, accepts).await.unwrap();
        assert!(page.assets.len() <= limit);
        found.extend(page.assets);
        total = total.or(page.total);
        // As a client sends it back.
        let cursor = page.next.map(|place| Cursor::from(place).to_string());
        after = cursor.map(|cursor| Place::of(&Cursor::parse(&cursor).unwrap()).unwrap());
        if after.is_none() {
            return (found, total.unwrap());
        }
    }
    panic!("{typed}: there are more than {MOST_PAGES} pages")
}

fn ids<'a>(assets: impl IntoIterator<Item = &'a Asset>) -> BTreeSet<&'a AssetId> {
    assets.into_iter().map(|asset| &asset.id).collect()
}

#[test]
fn a_search_finds_what_its_query_matches_on_whatever_pages() {
    story(async {
        let stores = Stores::open().await;
        let captions =
            ["red", "blue", "reddish blue", "Red sea, été", "東京都 red", "sunset", "red reddish", ""];
        let assets: Vec<Asset> = (0..100).map(|n| asset(n, captions[n as usize % captions.len()])).collect();
        stores.add(&assets).await;
        index(&stores, &assets, "").await;
        let even = |asset: &Asset| asset.size.is_multiple_of(2) && !asset.name.contains('7');
        let check = async |stores: &Stores, is_rare: bool| {
            for typed in [
                "red",
                "re",
                "RED blue",
                "sun",
                "ete",
                "東",
                "京都",
                "img",
                "img_01",
                "im jp",
                "0007",
                "img red 東",
                "nothing",
                "red nothing",
                "img_0007.jpg",
                "b",
            ] {
                let query = Query::parse(typed).unwrap().unwrap();
                for (order, limit) in [(Order::Name, 20), (Order::Newest, 200)] {
                    let (found, total) = search(stores, typed, order, limit, &even).await;
                    let expected = ids(assets.iter().filter(|asset| query.matches(asset) && even(asset)));
                    assert_eq!(found.len(), expected.len(), "{typed}: none is found twice");
                    assert_eq!(ids(&found), expected, "{typed} by {limit}");
                    let in_order = |one: &Asset, other: &Asset| match order {
                        Order::Newest => one.created >= other.created,
                        _ => one.name_key() <= other.name_key(),
                    };
                    assert!(!is_rare || found.is_sorted_by(in_order), "{typed}");
                    if let Total::Exactly(total) = total {
                        assert_eq!(total, expected.len() as u64, "{typed} by {limit}");
                    }
                }
            }
        };
        check(&stores, true).await;
        // Files whose rows were never written, or are gone, make some words frequent.
        let gone: Vec<Asset> = (1_000..2_010).map(|n| asset(n, "red blue")).collect();
        index(&stores, &gone, "img jpg red blue").await;
        check(&stores, false).await;
    });
}

#[test]
fn a_rare_word_leads_in_few_requests_however_frequent_the_others_are() {
    story(async {
        let stores = Stores::open().await;
        let assets: Vec<Asset> = (0..120).map(|n| asset(n, "rare")).collect();
        stores.add(&assets).await;
        index(&stores, &assets, "").await;
        index(&stores, &(1_000..2_010).map(|n| asset(n, "")).collect::<Vec<_>>(), "img jpg").await;
        stores.cloud.calls().reset();
        let query = Query::parse("img jpg rare").unwrap().unwrap();
        let page = stores.cloud.words().search(&query, Order::Name, None, 50, &|_| true).await.unwrap();
        assert_eq!((page.assets.len(), page.total), (50, Some(Total::About(120))));
        assert_eq!(page.assets[0].name, "IMG_0000.jpg");
        let calls = (stores.calls(|call| call == "DynamoDB.Query"), stores.calls(|_| true));
        assert_eq!(calls, (3, 4), "each word once, and the rows of one page");
    });
}

#[test]
fn two_frequent_words_with_few_assets_in_common_are_merged_without_reading_rows() {
    story(async {
        let stores = Stores::open().await;
        // `re` begins `red`, which is frequent, and `reed`, which is not.
        let captions = ["red blue", "reed blue"];
        let both: Vec<Asset> = (0..40).map(|n| asset(n, captions[n as usize % 2])).collect();
        stores.add(&both).await;
        index(&stores, &both, "").await;
        for (word, from, to) in [("red", 1_000, 2_300), ("blue", 3_000, 4_010)] {
            let others: Vec<Asset> = (from..to).map(|n| asset(n, word)).collect();
            index(&stores, &others, word).await;
        }
        stores.cloud.calls().reset();
        let (found, total) = search(&stores, "re blue", Order::Name, 50, &|_| true).await;
        assert_eq!((ids(&found), total), (ids(&both), Total::Exactly(40)));
        let rows = stores.calls(|call| call == "DynamoDB.BatchGetItem");
        let ranges = stores.calls(|call| call == "DynamoDB.Query");
        assert!(rows <= 2, "only rows of assets that have both are read: {rows} requests");
        assert!(ranges <= 10, "{ranges}");
    });
}

#[test]
fn a_request_reads_at_most_200_rows_and_the_number_is_estimated_from_what_it_covers() {
    story(async {
        let stores = Stores::open().await;
        let assets: Vec<Asset> = (0..1_200).map(|n| asset(n, "")).collect();
        index(&stores, &assets, "img").await;
        // One of twelve has a row.
        let some: Vec<Asset> = assets.iter().step_by(12).cloned().collect();
        stores.add(&some).await;
        stores.cloud.calls().reset();
        let query = Query::parse("img").unwrap().unwrap();
        let page = stores.cloud.words().search(&query, Order::Name, None, 200, &|_| true).await.unwrap();
        assert!(page.assets.len() < 30 && page.next.is_some(), "{} assets", page.assets.len());
        assert_eq!(stores.calls(|call| call == "DynamoDB.BatchGetItem"), 2, "of a hundred rows each");
        let Some(Total::About(total)) = page.total else { panic!("{:?}", page.total) };
        assert!((60..160).contains(&total), "about {total} of {}", some.len());
    });
}
