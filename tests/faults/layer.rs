//! That the layer does what AWS does, and the stand-ins do not.

use std::time::Duration;

use bytes::Bytes;
use e2e::faults::{Kind, Rates};
use e2e::story;
use futures_util::future::join_all;
use http::Request;
use local::inside::ROWS_URL;
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
fn an_index_key_over_1024_bytes_fails_its_write_though_the_stand_in_takes_it() {
    story(async {
        let table = Table::new().await;
        let key = |length: usize| json!({"S": "x".repeat(length)});
        let row =
            |title: usize| json!({"pk": key(9), "sk": key(9), "site_shard": key(9), "title_key": key(title)});
        assert_eq!(put_raw(&table, row(1025)).await, 200, "the stand-in checks it now: the layer need not");

        // A folder's index key has its path, which is too long here for any object in S3.
        let asset = samples::asset(&"x".repeat(1100), "a.jpg");
        let Err(aws::Error::Broken { cause, .. }) = table.cloud.assets().replace(None, Some(&asset)).await
        else {
            panic!("it was written")
        };
        assert!(cause.contains("size limit of 1024 bytes"), "{cause}");
        assert_eq!(table.faults.count(Kind::KeyTooLong), 1);
    });
}

#[test]
fn transactions_that_overlap_conflict_and_those_that_do_not_never_do() {
    story(async {
        let table = Table::new().await;
        table.faults.set_rates(Rates { hold: Duration::from_millis(8), ..Rates::NONE });
        let (users, now) = (table.cloud.users(), aws::clock::now());
        for id in ["carl", "cora", "prue"] {
            users.remember(samples::user(id)).await.unwrap();
        }
        for id in ["cora", "prue"] {
            assert!(users.delete(&samples::user_id(id), now).await.unwrap());
        }
        assert_eq!(table.faults.count(Kind::Conflict), 0);
        let carl = samples::user_id("carl");
        let deleted = join_all((0..6).map(|_| users.delete(&carl, now))).await;
        assert_eq!(deleted.into_iter().filter(|deleted| *deleted.as_ref().unwrap()).count(), 1);
        assert!(table.faults.count(Kind::Conflict) >= 5, "{}", table.faults.told());
    });
}

#[test]
fn an_index_shows_a_write_a_moment_later_and_a_consistent_read_at_once() {
    story(async {
        let table = Table::new().await;
        let lag = Duration::from_secs(2);
        table.faults.set_rates(Rates { late: 1.0, lag, ..Rates::NONE });
        let users = table.cloud.users();
        users.remember(samples::user("carl")).await.unwrap();
        assert!(users.find_many(&[samples::user_id("carl")]).await.unwrap()[0].is_some());
        assert!(users.list(None, 9).await.unwrap().items.is_empty());
        table.faults.settled().await;
        assert_eq!(users.list(None, 9).await.unwrap().items.len(), 1);
        users.delete(&samples::user_id("carl"), aws::clock::now()).await.unwrap();
        assert_eq!(users.list(None, 9).await.unwrap().items.len(), 1, "it is still shown");
        table.faults.settled().await;
        assert!(users.list(None, 9).await.unwrap().items.is_empty());
    });
}
