//! Tests of the layer itself: faults that AWS gives and the embedded stores do not.

use std::time::Duration;

use aws::rows::assets::{Change, Stored};
use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use bytes::Bytes;
use domain::asset::Asset;
use domain::id::LinkId;
use domain::set::Set;
use e2e::faults::{Kind, Rates};
use e2e::story;
use futures_util::future::join_all;
use http::Request;
use local_inside::ROWS_URL;
use serde_json::{Value, json};
use stage::samples;

use crate::table::Table;

async fn put_raw(table: &Table, row: Value) -> u16 {
    let body = json!({"TableName": "vitrine", "Item": row}).to_string();
    let request = Request::post("/").header("x-amz-target", "DynamoDB_20120810.PutItem");
    let answer = table.inside.answer(ROWS_URL, request.body(Bytes::from(body)).unwrap()).await.unwrap();
    answer.status().as_u16()
}

#[test]
fn a_write_with_an_index_key_over_1024_bytes_fails_although_the_embedded_table_accepts_it() {
    story(async {
        let table = Table::new().await;
        let key = |length: usize| json!({"S": "x".repeat(length)});
        let row = |title: usize| json!({"pk": key(9), "sk": key(9), "gsi1pk": key(9), "gsi1sk": key(title)});
        assert_eq!(
            put_raw(&table, row(1025)).await,
            200,
            "the embedded table checks it now, so remove it from the layer"
        );

        // Keys of assets and folders fit for any object in S3, and longer ones.
        let asset = samples::asset(&"x".repeat(1100), &"9".repeat(1000));
        table.cloud.assets().replace(None, Some(&asset)).await.unwrap();
        assert_eq!(table.faults.count(Kind::KeyTooLong), 0);
        put_raw(&table, row(1025)).await;
    });
}

#[test]
fn transactions_that_overlap_conflict_and_those_that_do_not_never_do() {
    story(async {
        let table = Table::new().await;
        table.faults.set_rates(Rates { hold: Duration::from_millis(8), ..Rates::NONE });
        let link = LinkId::of("t");
        let bundles: Vec<_> = (0..9).map(|n| samples::bundle(&link, &n.to_string())).collect();
        // Every transaction writes the counts of the link.
        for bundle in &bundles[..3] {
            table.cloud.bundles().put(bundle, None).await.unwrap();
        }
        assert_eq!(table.faults.count(Kind::Conflict), 0);
        for put in join_all(bundles[3..].iter().map(|bundle| table.cloud.bundles().put(bundle, None))).await {
            put.unwrap();
        }
        assert!(table.faults.count(Kind::Conflict) >= 5, "{}", table.faults.summary());
    });
}

#[test]
fn an_index_shows_a_write_a_moment_later_and_a_consistent_read_at_once() {
    story(async {
        let table = Table::new().await;
        let lag = Duration::from_secs(2);
        table.faults.set_rates(Rates { late: 1.0, lag, ..Rates::NONE });
        let (assets, asset) = (table.cloud.assets(), samples::asset("Press", "a.jpg"));
        let change = |was: Option<&Asset>, now: Option<&Asset>| {
            vec![Change { was: was.cloned().map(Stored::Here), now: now.cloned() }]
        };
        let listed = async || {
            let page = PageOf { order: Order::Natural, after: None, limit: 9, sorted: 0 };
            table.cloud.sets().list_members(&Set::library(), &page).await.unwrap().unwrap().items.len()
        };
        assets.write_rows(change(None, Some(&asset))).await.pop().unwrap().unwrap();
        assert!(assets.find(&asset.id).await.unwrap().is_some());
        assert_eq!(listed().await, 0);
        table.faults.wait_for_indexes().await;
        assert_eq!(listed().await, 1);
        assets.write_rows(change(Some(&asset), None)).await.pop().unwrap().unwrap();
        assert_eq!(listed().await, 1, "it is still shown");
        table.faults.wait_for_indexes().await;
        assert_eq!(listed().await, 0);
    });
}
