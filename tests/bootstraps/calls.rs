//! With `aws::calls=debug` a function logs which resource each of its requests uses.

use std::collections::BTreeSet;

use e2e::samples::request;
use e2e::{Recipient, Site, story};
use serde_json::Value;

use crate::{parse_lines, start};

/// The calls in a log: the operation, and the resource that it uses.
fn parse_calls(logs: &str) -> BTreeSet<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    parse_lines(logs)
        .iter()
        .filter(|line| line["target"] == "aws::calls")
        .map(|line| {
            let names = ["resource", "inner", "prefix", "source"];
            let used = names.map(|name| text(line, name)).into_iter().filter(|text| !text.is_empty());
            (text(line, "call"), used.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn a_function_logs_its_calls_without_secrets() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", serde_json::json!({"max_uses": 5})).await;
        let open = start("open-link", site, &[("LOG_LEVEL", "info,aws::calls=debug".into())]).await;

        let path = format!("/s/{}", link.token);
        let nonce = Recipient::new().nonce(&link).await;
        let form = format!("visit={nonce}&password=");
        let opened = open.invoke(&request("POST", &path, Some(&form))).await.unwrap();
        assert_eq!(opened["statusCode"], 303, "{opened}");
        let cookie = opened["cookies"][0].as_str().unwrap().split(';').next().unwrap().to_owned();
        let mut page: Value = serde_json::from_str(&request("GET", &path, None)).unwrap();
        page["cookies"] = serde_json::json!([cookie]);
        let page = open.invoke(&page.to_string()).await.unwrap();
        assert_eq!(page["statusCode"], 200, "{page}");

        let logs = open.written("stderr");
        let table = site.cloud().settings().table.as_str();
        let assets = site.cloud().settings().assets_bucket.as_str();
        let calls = parse_calls(&logs);
        for (call, used) in [
            ("DynamoDB.BatchGetItem", table.to_owned()),
            ("DynamoDB.TransactWriteItems", format!("{table} Put,Update")),
            ("DynamoDB.Query", format!("{table}/index/gsi1")),
            ("S3.GetObject", format!("{assets}/renditions/")),
        ] {
            assert!(calls.contains(&(call.to_owned(), used)), "{call}: {calls:?}");
        }
        for secret in [link.token.as_str(), &nonce, "203.0.113.7", "X-Amz-Signature", "Credential"] {
            assert!(!logs.contains(secret), "{secret} in {logs}");
        }
    });
}
