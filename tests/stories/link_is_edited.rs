//! Editing a link changes everything but its target and its number of spent uses.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn after_two_uses_a_limit_of_three_leaves_one() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"max_uses": 2})).await;
        for _ in 0..2 {
            Recipient::new().open(&link).await.is(303);
        }
        Recipient::new().page(&link).await.is(410);
        let edited = carl.edit(&link, json!({"max_uses": 3})).await.is(200).json();
        assert_eq!((&edited["used"], &edited["uses_left"]), (&json!(2), &json!(1)));
        assert_eq!(edited["status"], "active");
        Recipient::new().open(&link).await.is(303);
        Recipient::new().page(&link).await.is(410);
        // A limit below the number of spent uses leaves none.
        let edited = carl.edit(&link, json!({"max_uses": 1})).await.is(200).json();
        assert_eq!((&edited["used"], &edited["uses_left"]), (&json!(3), &json!(0)));
        let edited = carl.edit(&link, json!({"max_uses": null})).await.is(200).json();
        assert_eq!((&edited["used"], &edited["uses_left"]), (&json!(3), &json!(null)));
    });
}

#[test]
fn an_edit_keeps_the_fields_that_it_does_not_name() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let body = json!({
            "title": "Before", "expires": "2031-12-04", "time_zone": "Europe/Paris", "max_uses": 9,
            "password": "pass", "attributes": ["Credit", "Location"],
            "options": {"original": true, "preview": true},
        });
        let link = carl.share_folder("Product", body).await;
        let edited = carl.edit(&link, json!({"title": "After"})).await.is(200).json();
        for (field, value) in link.body.as_object().unwrap() {
            match field.as_str() {
                "title" => assert_eq!(edited["title"], "After"),
                "updated" => assert!(edited["updated"].as_str() > value.as_str()),
                _ => assert_eq!(&edited[field], value, "{field}"),
            }
        }
        assert_eq!(carl.read(&link).await, edited);
        // The fields of the answer can be sent back unchanged, except the target and what the site adds.
        let fields = ["title", "expires", "time_zone", "max_uses", "access", "attributes", "options"];
        let back = fields.iter().map(|field| ((*field).to_owned(), edited[*field].clone())).collect();
        carl.edit(&link, serde_json::Value::Object(back)).await.is(200);
    });
}

#[test]
fn the_target_can_not_be_changed() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let elsewhere = json!({"target": {"kind": "folder", "id": carl.folder("Autumn").await}});
        assert_eq!(carl.edit(&link, elsewhere).await.is(422).faults(), ["target"]);
        assert_eq!(carl.read(&link).await["target"], link.body["target"]);
    });
}

#[test]
fn open_visits_end_when_password_or_access_changes() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        for change in [
            json!({"password": "another"}),
            json!({"password": null}),
            json!({"access": "view_only", "options": null}),
        ] {
            let link = carl.share_folder("Product", json!({"password": "first", "max_uses": 5})).await;
            let recipient = Recipient::new();
            recipient.open_with(&link, "first").await.is(303);
            recipient.get(&link, "/assets").await.is(200);
            carl.edit(&link, json!({"title": "A new title ends no visit"})).await.is(200);
            recipient.get(&link, "/assets").await.is(200);
            carl.edit(&link, change.clone()).await.is(200);
            assert_eq!(recipient.get(&link, "/assets").await.status, 401, "{change}");
        }
    });
}

#[test]
fn simultaneous_edits_either_count_or_answer_409() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({"max_uses": 100})).await;
        let openings = (0..10).map(|_| async { Recipient::new().open(&link).await.status });
        let edits = (0..10).map(|n| carl.edit(&link, json!({"title": format!("Title {n}")})));
        let (openings, edits) = futures_util::future::join(
            futures_util::future::join_all(openings),
            futures_util::future::join_all(edits),
        )
        .await;
        assert!(openings.iter().all(|status| *status == 303), "{openings:?}");
        for edit in &edits {
            assert!([200, 409].contains(&edit.status), "{} {}", edit.status, edit.text());
        }
        assert_eq!(carl.read(&link).await["used"], 10, "an edit must not reset the uses");
    });
}
