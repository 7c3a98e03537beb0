//! Users compared with a user pool that the test serves.
#![expect(clippy::unwrap_used, reason = "a test fails at the first unexpected value")]

use std::sync::{Arc, Mutex};

use aws::clock::now;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use domain::user::User;
use follow_users::{Report, handle};
use serde_json::{Value, json};
use stage::{Stores, UNREACHABLE, samples};

/// The users of the pool, and whether they may sign in.
type Pool = Arc<Mutex<Vec<(String, bool)>>>;

/// `ListUsers`, two a page.
async fn list_users(State(pool): State<Pool>, body: String) -> Json<Value> {
    let request: Value = serde_json::from_str(&body).unwrap();
    let pool = pool.lock().unwrap().clone();
    let filter = request["Filter"].as_str();
    let users: Vec<Value> = pool
        .iter()
        .filter(|(id, _)| filter.is_none_or(|filter| filter == format!("sub = \"{id}\"")))
        .map(|(id, enabled)| json!({"Attributes": [{"Name": "sub", "Value": id}], "Enabled": enabled}))
        .collect();
    let from: usize = request["PaginationToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let page: Vec<Value> = users.iter().skip(from).take(2).cloned().collect();
    let more = from + 2 < users.len();
    Json(if more {
        json!({"Users": page, "PaginationToken": (from + 2).to_string()})
    } else {
        json!({"Users": page})
    })
}

struct Scene {
    stores: Stores,
    pool: Pool,
}

stage::on_stores!(Scene);

async fn scene() -> Scene {
    let pool = Pool::default();
    let cognito = stage::serve(Router::new().route("/", post(list_users)).with_state(pool.clone())).await;
    let stores = Stores::open_with(|settings| {
        settings.cognito_url = Some(cognito);
        settings.user_pool = Some("pool".into());
    });
    Scene { stores: stores.await, pool }
}

impl Scene {
    /// A user of the pool who has used the site.
    async fn person(&self, id: &str) {
        self.in_pool(id, Some(true));
        self.on_site(id, false).await;
    }

    async fn on_site(&self, id: &str, service_account: bool) {
        let user = User { service_account, ..samples::user(id) };
        self.cloud.users().record(user).await.unwrap();
    }

    /// Puts a user into the pool, or removes them.
    fn in_pool(&self, id: &str, enabled: Option<bool>) {
        let mut pool = self.pool.lock().unwrap();
        pool.retain(|(other, _)| other != id);
        pool.extend(enabled.map(|enabled| (id.to_owned(), enabled)));
    }

    async fn is_enabled(&self, id: &str) -> bool {
        self.cloud.users().find_many(&[id.parse().unwrap()]).await.unwrap().remove(0).unwrap().enabled
    }

    async fn nightly(&self) -> Report {
        handle(stage::scheduled(now()), &self.cloud).await.unwrap()
    }

    async fn send_event(&self, call: &str, id: &str) -> Report {
        handle(event(call, id), &self.cloud).await.unwrap()
    }
}

/// The event that CloudTrail sends by EventBridge for an API call.
fn event(call: &str, id: &str) -> EventBridgeEvent {
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
async fn users_who_are_disabled_or_missing_in_the_pool_are_disabled_within_a_day() {
    let scene = scene().await;
    for id in ["anna", "ben", "cleo", "dora", "emil"] {
        scene.person(id).await;
    }
    scene.in_pool("ben", Some(false));
    scene.in_pool("cleo", None);
    assert_eq!(scene.nightly().await, Report { compared: 5, disabled: 2, enabled: 0 });
    for (id, enabled) in [("anna", true), ("ben", false), ("cleo", false), ("dora", true), ("emil", true)] {
        assert_eq!(scene.is_enabled(id).await, enabled, "{id}");
    }
    assert_eq!(scene.nightly().await, Report { compared: 5, disabled: 0, enabled: 0 });
    scene.in_pool("ben", Some(true));
    assert_eq!(scene.nightly().await, Report { compared: 5, disabled: 0, enabled: 1 });
    assert!(scene.is_enabled("ben").await);
}

#[tokio::test]
async fn an_event_names_the_user_and_the_pool_has_their_state() {
    let scene = scene().await;
    scene.person("anna").await;
    scene.person("ben").await;
    scene.in_pool("anna", Some(false));
    assert_eq!(
        scene.send_event("AdminDisableUser", "anna").await,
        Report { compared: 1, disabled: 1, enabled: 0 }
    );
    assert!(!scene.is_enabled("anna").await && scene.is_enabled("ben").await);
    // An older event that arrives late.
    assert_eq!(
        scene.send_event("AdminEnableUser", "anna").await,
        Report { compared: 1, disabled: 0, enabled: 0 }
    );
    assert!(!scene.is_enabled("anna").await);
    scene.in_pool("ben", None);
    scene.send_event("AdminDeleteUser", "ben").await;
    assert!(!scene.is_enabled("ben").await);
    // A user whom the site does not know, and an event without a user.
    assert_eq!(scene.send_event("AdminDeleteUser", "x-1").await.disabled, 0);
    let mut without_user = event("AdminEnableUser", "");
    without_user.detail["additionalEventData"] = json!(null);
    scene.in_pool("anna", Some(true));
    assert_eq!(
        handle(without_user, &scene.cloud).await.unwrap(),
        Report { compared: 2, disabled: 0, enabled: 1 }
    );
}

#[tokio::test]
async fn users_disabled_by_the_site_stay_disabled_and_service_accounts_are_not_changed() {
    let scene = scene().await;
    scene.person("anna").await;
    scene.person("ben").await;
    scene.on_site("archive", true).await;
    scene.cloud.users().set_enabled(&samples::user_id("anna"), false).await.unwrap();
    // Disabled by both: the pool alone can't enable the account again.
    scene.in_pool("ben", Some(false));
    scene.nightly().await;
    scene.cloud.users().set_enabled(&samples::user_id("ben"), false).await.unwrap();
    scene.in_pool("ben", Some(true));
    assert_eq!(scene.nightly().await, Report { compared: 3, disabled: 0, enabled: 0 });
    assert!(!scene.is_enabled("anna").await && !scene.is_enabled("ben").await);
    assert!(scene.is_enabled("archive").await);
    // The site's administrator can.
    scene.cloud.users().set_enabled(&samples::user_id("ben"), true).await.unwrap();
    assert_eq!(scene.nightly().await, Report { compared: 3, disabled: 0, enabled: 0 });
    assert!(scene.is_enabled("ben").await);
}

#[tokio::test]
async fn a_list_that_is_not_read_to_its_end_disables_no_user() {
    let scene = scene().await;
    for id in ["anna", "ben", "cleo"] {
        scene.person(id).await;
    }
    let unreachable = scene.cloud_with(|settings| settings.cognito_url = Some(UNREACHABLE.into()));
    assert!(handle(stage::scheduled(now()), &unreachable).await.is_err());
    for id in ["anna", "ben", "cleo"] {
        assert!(scene.is_enabled(id).await);
    }
}
