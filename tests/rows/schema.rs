//! Tables and rows that another release wrote.

use serde_json::json;
use stage::{Stores, samples};

fn cause(error: &aws::Error) -> String {
    let aws::Error::Broken { cause, .. } = error else { panic!("{error}") };
    cause.clone()
}

#[tokio::test]
async fn a_table_of_another_schema_is_refused_by_name_and_left_as_it_is() {
    let stores = Stores::open().await;
    for _ in 0..2 {
        stores.cloud.rows().require_schema().await.unwrap();
    }
    let newer = json!({"pk": {"S": "SITE"}, "sk": {"S": "SCHEMA"}, "schema": {"N": "3"}});
    stores.put_row(newer);
    for _ in 0..2 {
        let refused = stores.cloud.rows().require_schema().await.unwrap_err();
        assert_eq!(cause(&refused), "its rows are of schema 3, and this release reads only 2");
    }
}

#[tokio::test]
async fn a_row_of_another_version_is_named_and_not_overwritten() {
    let stores = Stores::open().await;
    let asset = samples::asset("Press", "a.jpg");
    let pk = format!("ASSET#{}", asset.id);
    // The bytes 9, 1, 2: a card of version 9.
    let strange =
        json!({"pk": {"S": pk}, "sk": {"S": "ASSET"}, "revision": {"N": "4"}, "card": {"B": "CQEC"}});
    stores.put_row(strange);
    let refused = stores.cloud.assets().find(&asset.id).await.unwrap_err();
    assert_eq!(cause(&refused), format!("the card of {pk} has version 9, which this release does not know"));
    let written = stores.cloud.assets().replace(None, Some(&asset)).await.unwrap();
    assert_eq!(written, aws::rows::assets::Written::Outdated);
}
