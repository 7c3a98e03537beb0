//! Accounts as administrators see and change them, on an embedded table.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

use domain::user::User;
use serde_json::{Value, json};
use stage::samples::{self, user};
use stage::{Stores, ask, request};

struct Scene {
    stores: Stores,
}

stage::on_stores!(Scene);

async fn scene() -> Scene {
    Scene { stores: Stores::open().await }
}

/// What the API answered, as status and document.
type Answer = (u16, Value);

impl Scene {
    /// A request of the user `id`, whose level is the group of that name.
    async fn ask(&self, id: &str, level: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = request(method, path).by(&user(id), level).sending("application/json", body);
        let answer = ask(administer_site::router(&self.cloud), request.http()).await;
        assert_eq!(answer.header("cache-control"), "private, no-store");
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
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

#[tokio::test]
async fn administrators_see_and_change_accounts_and_others_do_not() {
    let scene = scene().await;
    scene.user("carl").await;
    for (sub, level) in [("carl", "consumer"), ("dora", "director"), ("nora", "")] {
        for (method, path, body) in [
            ("GET", "/api/users", ""),
            ("GET", "/api/users/carl", ""),
            ("PATCH", "/api/users/carl", r#"{"enabled": false}"#),
            ("DELETE", "/api/users/carl", ""),
        ] {
            assert_eq!(scene.ask(sub, level, method, path, body).await.0, 403, "{sub} {method} {path}");
        }
    }
    let (status, carl) = scene.ada("GET", "/api/users/carl", "").await;
    let expected = json!({"id": "carl", "name": "Name of carl", "email": "carl@example.org", "level": "consumer",
        "enabled": true, "service_account": false});
    assert_eq!((status, &carl), (200, &expected));
    assert_eq!(scene.listed().await, ["ada", "carl", "dora", "nora"]);
    let (status, disabled) = scene.ada("PATCH", "/api/users/carl", r#"{"enabled": false}"#).await;
    assert_eq!((status, &disabled["enabled"]), (200, &json!(false)));
    let (status, refused) = scene.ask("carl", "administrator", "GET", "/api/users", "").await;
    assert_eq!(status, 403);
    assert!(refused["detail"].as_str().unwrap().contains("disabled"), "{refused}");
    assert_eq!(
        scene.ada("GET", "/api/users/carl", "").await.1["enabled"],
        false,
        "to come back changes nothing"
    );
    assert_eq!(scene.ada("PATCH", "/api/users/carl", r#"{"enabled": true}"#).await.1["enabled"], true);
    assert_eq!(scene.ask("carl", "administrator", "GET", "/api/users", "").await.0, 200);
}

#[tokio::test]
async fn bad_requests_are_refused_by_field_and_change_nothing() {
    let scene = scene().await;
    scene.user("carl").await;
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
        ("PATCH", "/api/users/unknown", r#"{"enabled": false}"#, 404),
        ("GET", "/api/users/unknown", "", 404),
        ("DELETE", "/api/users/unknown", "", 404),
        ("GET", long.as_str(), "", 404),
        ("PATCH", long.as_str(), r#"{"enabled": true}"#, 404),
        ("DELETE", long.as_str(), "", 404),
    ] {
        let (answered, document) = scene.ada(method, path, body).await;
        assert_eq!(answered, status, "{method} {path} {body}: {document}");
        assert_eq!(document["errors"].is_array(), status == 422, "{document}");
    }
    assert_eq!(scene.listed().await, ["ada", "carl"], "no user was created");
    assert_eq!(
        scene.cloud.users().find_many(&[samples::user_id("carl")]).await.unwrap(),
        [Some(user("carl"))]
    );
}

#[tokio::test]
async fn administrators_can_not_disable_or_delete_themselves() {
    let scene = scene().await;
    for (method, body) in [("PATCH", r#"{"enabled": false}"#), ("DELETE", "")] {
        let (status, document) = scene.ada(method, "/api/users/ada", body).await;
        assert_eq!(status, 409, "{document}");
        assert!(document["detail"].as_str().unwrap().contains("your own account"), "{document}");
    }
    assert_eq!(scene.ada("PATCH", "/api/users/ada", r#"{"enabled": true}"#).await.0, 200);
}

#[tokio::test]
async fn a_deleted_account_does_not_come_back_by_signing_in() {
    let scene = scene().await;
    scene.user("carl").await;
    assert_eq!(scene.ada("DELETE", "/api/users/carl", "").await.0, 204);
    for _ in 0..2 {
        assert!(!scene.user("carl").await.enabled);
        assert_eq!(scene.cloud.users().find_many(&[samples::user_id("carl")]).await.unwrap(), [None]);
        assert_eq!(scene.listed().await, ["ada"]);
        assert_eq!(scene.ask("carl", "administrator", "GET", "/api/users", "").await.0, 403);
    }
    for (method, body) in [("GET", ""), ("PATCH", r#"{"enabled": true}"#), ("DELETE", "")] {
        assert_eq!(scene.ada(method, "/api/users/carl", body).await.0, 404, "{method}");
    }
    assert_eq!(scene.cloud.users().set_enabled(&samples::user_id("carl"), true).await.unwrap(), None);
    // The personal data is deleted.
    let rows = json!(scene.rows()).to_string();
    assert!(rows.contains("USER#carl") && !rows.contains("carl@example.org"), "{rows}");
}

#[tokio::test]
async fn a_user_recorded_before_the_list_existed_is_listed_after_their_next_request() {
    let scene = scene().await;
    scene.put_row(json!({
        "pk": {"S": "USER#carl"}, "sk": {"S": "USER"}, "id": {"S": "carl"}, "name": {"S": "Name of carl"},
        "email": {"S": "carl@example.org"}, "level": {"S": "consumer"}, "enabled": {"BOOL": false},
        "service_account": {"BOOL": false},
    }));
    assert_eq!(scene.listed().await, ["ada"]);
    scene.cloud.calls().reset();
    assert!(!scene.user("carl").await.enabled, "the request does not enable the user");
    assert_eq!(scene.listed().await, ["ada", "carl"]);
    scene.cloud.calls().reset();
    scene.user("carl").await;
    assert_eq!(scene.cloud.calls().snapshot(), [("DynamoDB.GetItem".to_owned(), 1)].into());
    // A new name changes the position in the list.
    scene.cloud.users().record(User { name: "A".into(), ..user("carl") }).await.unwrap();
    assert_eq!(scene.listed().await, ["carl", "ada"]);
}
