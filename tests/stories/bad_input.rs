//! Bad input is refused with the name of the field and a remedy, and nothing is stored.

use e2e::{Recipient, Site, User, story, with};
use serde_json::{Value, json};

async fn links(user: &User) -> usize {
    let list = user.get("/api/links?limit=200").await.is(200).json();
    list["items"].as_array().unwrap().len()
}

/// Changes that make a good body wrong, each with the field that the answer must name.
fn bad_changes() -> Vec<(Value, &'static str)> {
    vec![
        (json!({"surprise": 1}), "surprise"),
        (json!({"max_use": 3}), "max_use"),
        (json!({"title": ""}), "title"),
        (json!({"title": "   "}), "title"),
        (json!({"title": null}), "title"),
        (json!({"title": 7}), "title"),
        (json!({"title": "two\r\nlines"}), "title"),
        (json!({"title": "x".repeat(201)}), "title"),
        (json!({"title": "x".repeat(1_000_000)}), "title"),
        (json!({"expires": "2020-01-01"}), "expires"),
        (json!({"expires": "2020-01-01T00:00:00Z"}), "expires"),
        (json!({"expires": "tomorrow"}), "expires"),
        (json!({"expires": "2031-02-30"}), "expires"),
        (json!({"expires": 5}), "expires"),
        (json!({"expires": "9999-12-31"}), "expires"),
        (json!({"expires": "2031-01-01", "time_zone": "Mars/Olympus"}), "time_zone"),
        (json!({"expires": "2031-01-01", "time_zone": 1}), "time_zone"),
        (json!({"max_uses": 0}), "max_uses"),
        (json!({"max_uses": -1}), "max_uses"),
        (json!({"max_uses": 1.5}), "max_uses"),
        (json!({"max_uses": "3"}), "max_uses"),
        (json!({"max_uses": 9_007_199_254_740_993_u64}), "max_uses"),
        (json!({"password": ""}), "password"),
        (json!({"password": "x".repeat(201)}), "password"),
        (json!({"password": "x".repeat(100_000)}), "password"),
        (json!({"password": 1234}), "password"),
        (json!({"access": "upload"}), "access"),
        (json!({"access": 1}), "access"),
        (json!({"access": "view_only", "options": {"original": true}}), "options"),
        (json!({"attributes": "Credit"}), "attributes"),
        (json!({"attributes": ["Credit", "Credit"]}), "attributes"),
        (json!({"attributes": [""]}), "attributes"),
        (json!({"attributes": {"set": "nowhere"}}), "attributes"),
        (json!({"options": {}}), "options"),
        (json!({"options": {"original": false}}), "options"),
        (json!({"options": {"original": "yes"}}), "options.original"),
        (json!({"options": {"originals": true}}), "options.originals"),
        (json!({"options": {"thumbnail": true}}), "options.thumbnail"),
        (json!({"options": {"original": true, "preview": true}}), "options.preview"),
        (json!({"options": {"original": true, "views": ["Back"]}}), "options.views"),
        (json!({"options": {"original": true, "presets": ["web-jpeg"]}}), "options.presets"),
        (json!({"options": [true]}), "options"),
    ]
}

#[test]
fn a_link_with_a_bad_field_is_refused_and_not_stored() {
    story(async {
        let site = Site::shared().await;
        // No other story counts cora's links.
        let cora = site.user("cora").await;
        // The folder contains a PDF and a sound, so previews can't be offered.
        let folder = json!({"kind": "folder", "id": cora.folder("Autumn").await});
        let good = json!({"target": folder, "title": "Good", "access": "download"});
        let kept = cora.link(good.clone()).await;
        let before = links(&cora).await;
        for (change, field) in bad_changes() {
            let shown: String = change.to_string().chars().take(80).collect();
            let refused = cora.post("/api/links", with(good.clone(), change.clone())).await;
            assert_eq!(refused.status, 422, "{shown}: {}", refused.text());
            assert!(is_named(&refused.faults(), field), "{shown}: {}", refused.text());
            assert_eq!(refused.header("content-type"), "application/problem+json");
            // An edit is refused in the same way.
            let refused = cora.edit(&kept, change).await;
            assert_eq!(refused.status, 422, "{shown}: {}", refused.text());
            assert!(is_named(&refused.faults(), field), "{shown}: {}", refused.text());
        }
        assert_eq!(links(&cora).await, before);
        assert_eq!(cora.read(&kept).await, kept.body);
        cora.delete_link(&kept).await.is(204);
    });
}

/// Whether the answer names the field, or a field that contains it.
fn is_named(faults: &[String], field: &str) -> bool {
    faults.iter().any(|fault| fault == field || field.starts_with(&format!("{fault}.")))
}

#[test]
fn a_missing_or_empty_target_is_refused() {
    story(async {
        let site = Site::shared().await;
        let ada = site.user("ada").await;
        let asset = ada.asset_id("Product/front.jpg").await;
        let nowhere = "0".repeat(32);
        for target in [
            json!(null),
            json!("Product"),
            json!(["asset", asset]),
            json!({}),
            json!({"kind": "planet", "id": nowhere}),
            json!({"kind": "collection", "id": nowhere}),
            json!({"kind": "search", "id": nowhere}),
            json!({"kind": "asset"}),
            json!({"kind": "asset", "id": nowhere}),
            json!({"kind": "asset", "id": "front.jpg"}),
            json!({"kind": "asset", "id": 7}),
            json!({"kind": "folder", "id": nowhere}),
            json!({"kind": "folder", "id": "../etc"}),
            json!({"kind": "folder", "id": asset}),
            json!({"kind": "folder", "id": nowhere, "include_subfolders": "yes"}),
            json!({"kind": "selection"}),
            json!({"kind": "selection", "assets": []}),
            json!({"kind": "selection", "assets": [asset, nowhere]}),
            json!({"kind": "selection", "assets": "all"}),
            json!({"kind": "selection", "assets": [asset], "id": asset}),
            json!({"kind": "selection", "assets": (0..5001).map(|n| format!("{n:032x}")).collect::<Vec<_>>()}),
            json!({"kind": "asset", "id": asset, "colour": "red"}),
        ] {
            let shown: String = target.to_string().chars().take(80).collect();
            let body = json!({"target": target, "title": "x", "access": "download"});
            let refused = ada.post("/api/links", body).await;
            assert_eq!(refused.status, 422, "{shown}: {}", refused.text());
            let faults = refused.faults();
            assert!(faults.iter().all(|f| f == "target" || f.starts_with("target.")), "{shown}: {faults:?}");
            assert!(!faults.is_empty(), "{shown}: {}", refused.text());
        }
        let refused = ada.post("/api/links", json!({"title": "x"})).await.is(422);
        assert!(refused.faults().contains(&"target".to_owned()), "{}", refused.text());
    });
}

#[test]
fn a_body_that_is_not_a_link_is_refused() {
    story(async {
        let site = Site::shared().await;
        let client = reqwest::Client::new();
        let url = format!("{}/auth/token", site.url());
        let token: Value =
            client.post(url).json(&json!({"user": "ada"})).send().await.unwrap().json().await.unwrap();
        let post = |body: Vec<u8>| {
            let request = client.post(format!("{}/api/links", site.url()));
            let request = request.bearer_auth(token["access_token"].as_str().unwrap());
            async move { request.header("content-type", "application/json").body(body).send().await.unwrap() }
        };
        for body in [&b""[..], b"{", b"null", b"[]", b"7", b"\"x\"", b"\xff\xfe", b"{\"title\": \"\xff\"}"] {
            let status = post(body.to_vec()).await.status().as_u16();
            assert!([400, 422].contains(&status), "{body:?}: {status}");
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!((400..500).contains(&post(deep).await.status().as_u16()));
        let title_of_10_mb = format!(r#"{{"title": "{}"}}"#, "x".repeat(10_000_000));
        let refused = post(title_of_10_mb.into_bytes()).await;
        assert!([413, 422].contains(&refused.status().as_u16()), "{}", refused.status());
        let refused = post(vec![b'x'; 11_000_000]).await;
        assert_eq!(refused.status().as_u16(), 413);
        // The site still works.
        assert_eq!(site.user("ada").await.get("/api/me").await.status, 200);
    });
}

#[test]
fn a_bad_query_of_a_list_is_refused_and_named() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        for (path, field) in [
            ("/api/assets?limit=0", "limit"),
            ("/api/assets?limit=201", "limit"),
            ("/api/assets?sort=size", "sort"),
            ("/api/assets?cursor=%21", "cursor"),
            ("/api/assets?in=planet:1", "in"),
            ("/api/assets?inn=folder:1", "inn"),
            ("/api/links?limit=0", "limit"),
            ("/api/links?status=tired", "status"),
            ("/api/links?sort=colour", "sort"),
            ("/api/links?owner=everyone", "owner"),
            ("/api/links?surprise=1", "surprise"),
        ] {
            assert_eq!(carl.get(path).await.is(422).faults(), [field], "{path}");
        }
        carl.get(&format!("/api/assets?in=folder:{}", "0".repeat(32))).await.is(404);
        carl.get("/api/assets/x").await.is(404);
        carl.get("/api/folders/x").await.is(404);
        carl.get("/api/nonsense").await.is(404);
        carl.delete("/api/assets").await.is(405);
    });
}

#[test]
fn hostile_titles_stay_text() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let title = "<script>alert(1)</script> \"><img src=x onerror=1> {{7*7}} ' & \u{202e}gpj";
        let link = carl.share_folder("Product", json!({"title": title, "max_uses": 9})).await;
        assert_eq!(link.body["title"], title);
        let recipient = Recipient::new();
        let gate = recipient.page(&link).await.is(200).text();
        recipient.open(&link).await.is(303);
        let page = recipient.page(&link).await.is(200).text();
        for page in [gate, page] {
            assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
            assert!(page.contains("{{7*7}}"), "{page}");
        }
        let id = recipient.bundle_all(&link).await;
        let saved = recipient.save_bundle(&link, &id).await;
        assert!(!saved.name.contains(['/', '\\', '\u{202e}']), "{}", saved.name);
    });
}

#[test]
fn a_field_given_twice_is_refused_in_every_body() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let closed = carl.share_folder("Product", json!({"password": "pass"})).await;
        let client = reqwest::Client::new();
        let url = format!("{}/auth/token", site.url());
        let token: Value =
            client.post(&url).json(&json!({"user": "carl"})).send().await.unwrap().json().await.unwrap();
        let send = async |method: &str, url: String, kind: &str, body: &str| {
            let request = client.request(method.parse().unwrap(), url).header("content-type", kind);
            let request = request.bearer_auth(token["access_token"].as_str().unwrap()).body(body.to_owned());
            let answer = request.header("accept", "application/json").send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let api = |path: &str| format!("{}/api/{path}", site.url());
        let target = format!(r#""target": {{"kind": "folder", "id": "{}"}}"#, carl.folder("Product").await);
        for (method, url, body, field) in [
            (
                "POST",
                api("links"),
                format!(r#"{{{target}, "title": "x", "password": "x", "password": null}}"#),
                "password",
            ),
            ("POST", api("links"), format!(r#"{{"title": "x", {target}, {target}}}"#), "target"),
            (
                "POST",
                api("links"),
                r#"{"target": {"kind": "asset", "kind": "folder"}}"#.into(),
                "target.kind",
            ),
            (
                "PATCH",
                api(&format!("links/{}", link.id)),
                r#"{"options": {"original": true, "original": false}}"#.into(),
                "options.original",
            ),
            (
                "POST",
                api(&format!("links/{}/emails", link.id)),
                r#"{"to": "a@x.org", "to": "b@x.org"}"#.into(),
                "to",
            ),
            (
                "POST",
                api("share-options"),
                r#"{"kind": "asset", "kind": "folder", "id": "x"}"#.into(),
                "kind",
            ),
            ("POST", format!("{}/bundles", link.url), r#"{"assets": "all", "assets": []}"#.into(), "assets"),
            (
                "POST",
                format!("{}/bundles", link.url),
                r#"{"assets": "all", "x": [{"y": 1, "y": 1}]}"#.into(),
                "x[0].y",
            ),
        ] {
            let (status, problem) = send(method, url, "application/json", &body).await;
            assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{body}: {problem}");
        }
        let form = "application/x-www-form-urlencoded";
        for body in ["visit=a&password=pass&password=no", "visit=a&%70assword=pass&password=pass"] {
            let (status, problem) = send("POST", closed.url.clone(), form, body).await;
            assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("password")), "{problem}");
        }
        let (status, problem) = send("GET", format!("{}?sort=name&sort=-created", link.url), form, "").await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("sort")), "{problem}");
        assert_eq!(send("POST", url, "application/json", r#"{"user": "ada", "user": "carl"}"#).await.0, 400);
    });
}

#[test]
fn an_answer_to_very_many_faults_is_short() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let unknown: serde_json::Map<_, _> =
            (0..20_000).map(|n| (format!("unknown {n}"), json!(n))).collect();
        let long = json!({"x".repeat(400_000): 1});
        let addresses = json!({"to": "nobody, ".repeat(20_000)});
        for answer in [
            carl.post("/api/links", Value::Object(unknown.clone())).await,
            carl.post("/api/links", long.clone()).await,
            carl.edit(&link, Value::Object(unknown)).await,
            carl.post(&format!("/api/links/{}/emails", link.id), addresses).await,
            Recipient::new().ask_bundle(&link, long).await,
            carl.get(&format!("/api/links?{}", "a=1&".repeat(1_000))).await,
        ] {
            let problem = answer.is(422).json();
            assert!((1..=50).contains(&problem["errors"].as_array().unwrap().len()));
            assert!(problem.to_string().len() < 40_000, "{} bytes", problem.to_string().len());
        }
    });
}
