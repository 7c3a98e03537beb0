//! Accounts as administrators see and change them, on an embedded table.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

use aws::{Cloud, Settings};
use axum::body::Body;
use domain::user::User;
use dynoxide::Database;
use dynoxide::actions::put_item::PutItemRequest;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

struct Stage {
    cloud: Cloud,
    rows: Database,
}

async fn stage() -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rows = Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, rows.clone()));
    let settings = Settings {
        region: "local".into(),
        credentials: aws::Credentials {
            access_key: "test".into(),
            secret_key: "secret".into(),
            session_token: None,
        },
        dynamodb_url: Some(url),
        table: "vitrine".into(),
        groups_claim: "groups".into(),
        ..Settings::default()
    };
    let cloud = Cloud::new(settings);
    cloud.rows().create_table().await.unwrap();
    Stage { cloud, rows }
}

/// What the API answered, as status and document.
type Answer = (u16, Value);

impl Stage {
    /// A request of the user `sub`, whose level is the group of that name.
    async fn ask(&self, sub: &str, level: &str, method: &str, path: &str, body: &str) -> Answer {
        let (raw, query) = path.split_once('?').unwrap_or((path, ""));
        let claims = json!({"sub": sub, "name": format!("Name of {sub}"), "email": format!("{sub}@example.org"),
            "groups": level});
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": raw, "rawQueryString": query, "headers": {},
            "requestContext": {
                "accountId": "0", "apiId": "a", "stage": "$default", "requestId": "r", "time": "", "timeEpoch": 0,
                "authorizer": {"jwt": {"claims": claims, "scopes": null}},
                "http": {"method": method, "path": raw, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            },
            "body": body, "isBase64Encoded": false,
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let request = request.map(|body| Body::from(body.to_vec()));
        let answer = administer_site::router(&self.cloud).oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn ada(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask("ada", "administrator", method, path, body).await
    }

    /// The names in the list, a page of two at a time.
    async fn listed(&self) -> Vec<String> {
        let (mut ids, mut path) = (Vec::new(), "/api/users?limit=2".to_owned());
        loop {
            let (status, page) = self.ada("GET", &path, "").await;
            assert_eq!(status, 200, "{page}");
            let items = page["items"].as_array().unwrap();
            ids.extend(items.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return ids };
            path = format!("/api/users?limit=2&cursor={next}");
        }
    }
}

fn user(id: &str) -> User {
    User {
        id: id.into(),
        name: format!("Name of {id}"),
        email: format!("{id}@example.org"),
        level: domain::user::level::Level::Consumer,
        enabled: true,
        service_account: false,
    }
}

#[tokio::test]
async fn administrators_see_and_change_accounts_and_others_do_not() {
    let stage = stage().await;
    stage.cloud.users().remember(user("carl")).await.unwrap();
    for (sub, level) in [("carl", "consumer"), ("dora", "director"), ("nora", "")] {
        for (method, path, body) in [
            ("GET", "/api/users", ""),
            ("GET", "/api/users/carl", ""),
            ("PATCH", "/api/users/carl", r#"{"enabled": false}"#),
            ("DELETE", "/api/users/carl", ""),
        ] {
            assert_eq!(stage.ask(sub, level, method, path, body).await.0, 403, "{sub} {method} {path}");
        }
    }
    let (status, carl) = stage.ada("GET", "/api/users/carl", "").await;
    let expected = json!({"id": "carl", "name": "Name of carl", "email": "carl@example.org", "level": "consumer",
        "enabled": true, "service_account": false});
    assert_eq!((status, &carl), (200, &expected));
    assert_eq!(stage.listed().await, ["ada", "carl", "dora", "nora"]);
    let (status, disabled) = stage.ada("PATCH", "/api/users/carl", r#"{"enabled": false}"#).await;
    assert_eq!((status, &disabled["enabled"]), (200, &json!(false)));
    let (status, refused) = stage.ask("carl", "administrator", "GET", "/api/users", "").await;
    assert_eq!(status, 403);
    assert!(refused["detail"].as_str().unwrap().contains("disabled"), "{refused}");
    assert_eq!(
        stage.ada("GET", "/api/users/carl", "").await.1["enabled"],
        false,
        "to come back changes nothing"
    );
    assert_eq!(stage.ada("PATCH", "/api/users/carl", r#"{"enabled": true}"#).await.1["enabled"], true);
    assert_eq!(stage.ask("carl", "administrator", "GET", "/api/users", "").await.0, 200);
}

#[tokio::test]
async fn bad_requests_are_told_by_field_and_change_nothing() {
    let stage = stage().await;
    stage.cloud.users().remember(user("carl")).await.unwrap();
    let long = format!("/api/users/{}", "x".repeat(3_000));
    for (method, path, body, status) in [
        ("GET", "/api/users?limit=0", "", 422),
        ("GET", "/api/users?cursor=%2a", "", 422),
        ("GET", "/api/users?q=x", "", 422),
        ("POST", "/api/users", "{}", 405),
        ("PUT", "/api/users/carl", "{}", 405),
        ("PATCH", "/api/users/carl", r#"{"enabled": false, "level": "browser"}"#, 422),
        ("PATCH", "/api/users/carl", r#"{"enabled": "false"}"#, 422),
        ("PATCH", "/api/users/carl", "no", 400),
        ("PATCH", "/api/users/nobody", r#"{"enabled": false}"#, 404),
        ("GET", "/api/users/nobody", "", 404),
        ("DELETE", "/api/users/nobody", "", 404),
        ("GET", long.as_str(), "", 404),
        ("PATCH", long.as_str(), r#"{"enabled": true}"#, 404),
        ("DELETE", long.as_str(), "", 404),
    ] {
        let (told, document) = stage.ada(method, path, body).await;
        assert_eq!(told, status, "{method} {path} {body}: {document}");
        assert_eq!(document["errors"].is_array(), status == 422, "{document}");
    }
    assert_eq!(stage.listed().await, ["ada", "carl"], "nobody has come to be by it");
    assert_eq!(stage.cloud.users().find_many(&["carl".into()]).await.unwrap(), [Some(user("carl"))]);
}

#[tokio::test]
async fn administrators_do_not_shut_themselves_out() {
    let stage = stage().await;
    for (method, body) in [("PATCH", r#"{"enabled": false}"#), ("DELETE", "")] {
        let (status, told) = stage.ada(method, "/api/users/ada", body).await;
        assert_eq!(status, 409, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("your own account"), "{told}");
    }
    assert_eq!(stage.ada("PATCH", "/api/users/ada", r#"{"enabled": true}"#).await.0, 200);
}

#[tokio::test]
async fn a_deleted_account_does_not_come_back_by_signing_in() {
    let stage = stage().await;
    stage.cloud.users().remember(user("carl")).await.unwrap();
    assert_eq!(stage.ada("DELETE", "/api/users/carl", "").await.0, 204);
    for _ in 0..2 {
        assert!(!stage.cloud.users().remember(user("carl")).await.unwrap().enabled);
        assert_eq!(stage.cloud.users().find_many(&["carl".into()]).await.unwrap(), [None]);
        assert_eq!(stage.listed().await, ["ada"]);
        assert_eq!(stage.ask("carl", "administrator", "GET", "/api/users", "").await.0, 403);
    }
    for (method, body) in [("GET", ""), ("PATCH", r#"{"enabled": true}"#), ("DELETE", "")] {
        assert_eq!(stage.ada(method, "/api/users/carl", body).await.0, 404, "{method}");
    }
    assert_eq!(stage.cloud.users().set_enabled("carl", true).await.unwrap(), None);
    // Who they were is not kept.
    let rows = stage.rows.scan(serde_json::from_value(json!({"TableName": "vitrine"})).unwrap()).unwrap();
    let rows = serde_json::to_string(&rows).unwrap();
    assert!(rows.contains("USER#carl") && !rows.contains("carl@example.org"), "{rows}");
}

#[tokio::test]
async fn a_user_older_than_the_list_is_in_it_from_their_next_sight_on() {
    let stage = stage().await;
    let row: PutItemRequest = serde_json::from_value(json!({"TableName": "vitrine", "Item": {
        "pk": {"S": "USER#carl"}, "sk": {"S": "USER"}, "id": {"S": "carl"}, "name": {"S": "Name of carl"},
        "email": {"S": "carl@example.org"}, "level": {"S": "consumer"}, "enabled": {"BOOL": false},
        "service_account": {"BOOL": false},
    }}))
    .unwrap();
    stage.rows.put_item(row).unwrap();
    assert_eq!(stage.listed().await, ["ada"]);
    stage.cloud.calls().reset();
    assert!(
        !stage.cloud.users().remember(user("carl")).await.unwrap().enabled,
        "what the site decided stays"
    );
    assert_eq!(stage.listed().await, ["ada", "carl"]);
    stage.cloud.calls().reset();
    stage.cloud.users().remember(user("carl")).await.unwrap();
    assert_eq!(stage.cloud.calls().snapshot(), [("DynamoDB.GetItem".to_owned(), 1)].into());
    // A new name has a new place in the list.
    stage.cloud.users().remember(User { name: "A".into(), ..user("carl") }).await.unwrap();
    assert_eq!(stage.listed().await, ["carl", "ada"]);
}
