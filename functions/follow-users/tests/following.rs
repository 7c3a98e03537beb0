//! Users followed in a pool that the test holds.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails there and then")]

use std::sync::{Arc, Mutex};

use aws::{Cloud, Settings};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use domain::user::User;
use domain::user::level::Level;
use follow_users::{Report, handle};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Who is in the pool, and whether they may sign in.
type Pool = Arc<Mutex<Vec<(String, bool)>>>;

/// `ListUsers`, two a page.
async fn list_users(State(pool): State<Pool>, body: String) -> Json<Value> {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let pool = pool.lock().unwrap().clone();
    let filter = asked["Filter"].as_str();
    let users: Vec<Value> = pool
        .iter()
        .filter(|(id, _)| filter.is_none_or(|filter| filter == format!("sub = \"{id}\"")))
        .map(|(id, enabled)| json!({"Attributes": [{"Name": "sub", "Value": id}], "Enabled": enabled}))
        .collect();
    let from: usize = asked["PaginationToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let page: Vec<Value> = users.iter().skip(from).take(2).cloned().collect();
    let more = from + 2 < users.len();
    Json(if more {
        json!({"Users": page, "PaginationToken": (from + 2).to_string()})
    } else {
        json!({"Users": page})
    })
}

struct Stage {
    cloud: Cloud,
    pool: Pool,
}

impl Stage {
    async fn set() -> Self {
        let pool = Pool::default();
        let cognito = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cognito_url = format!("http://{}", cognito.local_addr().unwrap());
        let router = Router::new().route("/", post(list_users)).with_state(pool.clone());
        tokio::spawn(async move { axum::serve(cognito, router).await });
        let rows = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dynamodb_url = format!("http://{}", rows.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(rows, dynoxide::Database::memory().unwrap()));
        let cloud = Cloud::new(Settings {
            region: "local".into(),
            credentials: aws::Credentials {
                access_key: "test".into(),
                secret_key: "secret".into(),
                session_token: None,
            },
            dynamodb_url: Some(dynamodb_url),
            cognito_url: Some(cognito_url),
            user_pool: Some("pool".into()),
            table: "vitrine".into(),
            ..Settings::default()
        });
        cloud.rows().create_table().await.unwrap();
        Self { cloud, pool }
    }

    /// Somebody in the pool who has been on the site.
    async fn person(&self, id: &str) {
        self.in_pool(id, Some(true));
        self.on_site(id, false).await;
    }

    async fn on_site(&self, id: &str, service_account: bool) {
        let (name, email) = (format!("Name of {id}"), format!("{id}@example.org"));
        let user =
            User { id: id.into(), name, email, level: Level::Consumer, enabled: true, service_account };
        self.cloud.users().remember(user).await.unwrap();
    }

    /// Puts somebody into the pool, or takes them out.
    fn in_pool(&self, id: &str, enabled: Option<bool>) {
        let mut pool = self.pool.lock().unwrap();
        pool.retain(|(other, _)| other != id);
        pool.extend(enabled.map(|enabled| (id.to_owned(), enabled)));
    }

    async fn is_enabled(&self, id: &str) -> bool {
        self.cloud.users().find_many(&[id.to_owned()]).await.unwrap().remove(0).unwrap().enabled
    }

    async fn nightly(&self) -> Report {
        let event = json!({"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": {}});
        handle(serde_json::from_value(event).unwrap(), &self.cloud).await.unwrap()
    }

    async fn told(&self, call: &str, id: &str) -> Report {
        handle(told(call, id), &self.cloud).await.unwrap()
    }
}

/// As CloudTrail tells of a call, by EventBridge.
fn told(call: &str, id: &str) -> EventBridgeEvent {
    serde_json::from_value(json!({
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.cognito-idp",
        "detail": {
            "eventName": call,
            "requestParameters": {"userPoolId": "pool", "username": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            "additionalEventData": {"sub": id},
        },
    }))
    .unwrap()
}

#[tokio::test]
async fn whoever_is_disabled_or_gone_in_the_pool_is_disabled_here_by_the_next_day() {
    let stage = Stage::set().await;
    for id in ["anna", "ben", "cleo", "dora", "emil"] {
        stage.person(id).await;
    }
    stage.in_pool("ben", Some(false));
    stage.in_pool("cleo", None);
    assert_eq!(stage.nightly().await, Report { compared: 5, disabled: 2, enabled: 0 });
    for (id, enabled) in [("anna", true), ("ben", false), ("cleo", false), ("dora", true), ("emil", true)] {
        assert_eq!(stage.is_enabled(id).await, enabled, "{id}");
    }
    assert_eq!(stage.nightly().await, Report { compared: 5, disabled: 0, enabled: 0 });
    stage.in_pool("ben", Some(true));
    assert_eq!(stage.nightly().await, Report { compared: 5, disabled: 0, enabled: 1 });
    assert!(stage.is_enabled("ben").await);
}

#[tokio::test]
async fn an_event_says_whom_to_look_at_and_the_pool_how_they_stand() {
    let stage = Stage::set().await;
    stage.person("anna").await;
    stage.person("ben").await;
    stage.in_pool("anna", Some(false));
    assert_eq!(stage.told("AdminDisableUser", "anna").await, Report { compared: 1, disabled: 1, enabled: 0 });
    assert!(!stage.is_enabled("anna").await && stage.is_enabled("ben").await);
    // One of before that comes late.
    assert_eq!(stage.told("AdminEnableUser", "anna").await, Report { compared: 1, disabled: 0, enabled: 0 });
    assert!(!stage.is_enabled("anna").await);
    stage.in_pool("ben", None);
    stage.told("AdminDeleteUser", "ben").await;
    assert!(!stage.is_enabled("ben").await);
    // Somebody who was never here, and an event that names nobody.
    assert_eq!(stage.told("AdminDeleteUser", "x-1").await.disabled, 0);
    let mut nobody = told("AdminEnableUser", "");
    nobody.detail["additionalEventData"] = json!(null);
    stage.in_pool("anna", Some(true));
    assert_eq!(handle(nobody, &stage.cloud).await.unwrap(), Report { compared: 2, disabled: 0, enabled: 1 });
}

#[tokio::test]
async fn whom_the_site_disabled_stays_disabled_and_service_accounts_are_left_alone() {
    let stage = Stage::set().await;
    stage.person("anna").await;
    stage.person("ben").await;
    stage.on_site("archive", true).await;
    stage.cloud.users().set_enabled("anna", false).await.unwrap();
    // Disabled by both: the pool's word alone does not bring him back.
    stage.in_pool("ben", Some(false));
    stage.nightly().await;
    stage.cloud.users().set_enabled("ben", false).await.unwrap();
    stage.in_pool("ben", Some(true));
    assert_eq!(stage.nightly().await, Report { compared: 3, disabled: 0, enabled: 0 });
    assert!(!stage.is_enabled("anna").await && !stage.is_enabled("ben").await);
    assert!(stage.is_enabled("archive").await);
    // The site's administrator does.
    stage.cloud.users().set_enabled("ben", true).await.unwrap();
    assert_eq!(stage.nightly().await, Report { compared: 3, disabled: 0, enabled: 0 });
    assert!(stage.is_enabled("ben").await);
}

#[tokio::test]
async fn a_list_that_is_not_read_to_its_end_disables_nobody() {
    let stage = Stage::set().await;
    for id in ["anna", "ben", "cleo"] {
        stage.person(id).await;
    }
    let away = Settings { cognito_url: Some("http://127.0.0.1:9".into()), ..stage.cloud.settings().clone() };
    let event = json!({"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": {}});
    assert!(handle(serde_json::from_value(event).unwrap(), &Cloud::new(away)).await.is_err());
    for id in ["anna", "ben", "cleo"] {
        assert!(stage.is_enabled(id).await);
    }
}
