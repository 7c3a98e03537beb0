//! The log lines and metrics that a function writes.

use e2e::samples::request;
use e2e::{Recipient, Site, story};
use serde_json::{Value, json};

use crate::{parse_lines, start, wait_for_ends};

#[test]
fn the_gates_decisions_are_metrics_and_log_lines_of_the_invocation() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let closed = carl.share_folder("Autumn", json!({"max_uses": 1, "password": "correct-horse"})).await;
        let open = start("open-link", site, &[]).await;
        for (password, status) in [("wrong-horse", 401), ("correct-horse", 303), ("correct-horse", 410)] {
            let nonce = Recipient::new().document(&closed).await.json()["visit"].clone();
            let form = format!("visit={}&password={password}", nonce.as_str().unwrap_or("0"));
            let post = request("POST", &format!("/s/{}", closed.token), Some(&form));
            let answer = open.invoke(&post).await.unwrap();
            assert_eq!(answer["statusCode"], status, "{answer}");
        }

        let metrics = parse_lines(&open.written("stdout"));
        let names: Vec<&str> = metrics
            .iter()
            .flat_map(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap())
            .map(|metric| metric["Name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["PasswordsRefused", "VisitsOpened", "UsesRefused"]);
        for line in &metrics {
            assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Vitrine");
            assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack"]]));
            assert_eq!((&line["Stack"], &line["function"]), (&json!("vitrine-test"), &json!("open-link")));
        }

        let logs = wait_for_ends(&open, 3).await;
        let opened = logs.iter().find(|line| line["message"] == "a link was opened").unwrap();
        for name in ["timestamp", "level", "target", "requestId", "function", "version", "link"] {
            assert!(opened[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {opened}");
        }
        let is_flat =
            |line: &Value| line.as_object().unwrap().values().all(|v| !v.is_object() && !v.is_array());
        assert!(logs.iter().all(is_flat), "{logs:?}");
        let written = format!("{}{}", open.written("stdout"), open.written("stderr"));
        for secret in ["horse", &closed.token, "203.0.113"] {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
    });
}

#[test]
fn a_function_that_lacks_a_setting_names_it() {
    story(async {
        let site = Site::shared().await;
        let missing = start("open-link", site, &[("TABLE", String::new())]).await;
        let logs = e2e::wait_for("the function to give up", || async {
            Some(missing.written("stderr")).filter(|text| text.contains('\n'))
        });
        assert!(logs.await.contains("TABLE"));
    });
}
