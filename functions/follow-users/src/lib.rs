//! Users follow their identity provider: a user who is disabled or deleted there is disabled here, so that their links
//! can't be opened any more, and a user who is enabled there again is enabled here.
//!
//! A schedule compares all users with the site's Cognito user pool once a day. If the account has a CloudTrail trail of
//! API calls, EventBridge also sends each change at once. Only the user's id is taken from such an event, because
//! events may come late, twice and in any order.

use std::collections::HashMap;

use aws::Cloud;
use aws::rows::users::ProviderState;
use aws::user_pool::PoolUser;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::id::UserId;
use lambda_runtime::Error;
use serde::Serialize;
use serde_json::Value;

/// The largest number of users in a pool that this function can compare with its time (15 minutes) and memory. For a
/// larger pool the schedule compares nobody, and the function fails, which raises its alarm.
const POOL_AT_MOST: usize = 100_000;

/// Users of the site read in one request.
const PAGE: usize = 100;

/// How many users were compared and changed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Users of the site that were compared with the pool.
    pub compared: u64,
    /// Users who were disabled.
    pub disabled: u64,
    /// Users who were enabled again.
    pub enabled: u64,
}

/// Compares one user (named by CloudTrail's event) or all users with the pool.
///
/// # Errors
/// When a store fails, or the pool is too large. The next run compares the rest; nobody is disabled because of a list
/// that was not read to its end.
pub async fn handle(event: EventBridgeEvent, cloud: &Cloud) -> Result<Report, Error> {
    let mut report = Report::default();
    if cloud.settings().user_pool.is_none() {
        tracing::info!("users sign in at another provider, so there is no pool to compare with");
        return Ok(report);
    }
    // CloudTrail hides the user's name in such an event, but not the id.
    match event.detail.pointer("/additionalEventData/sub").and_then(Value::as_str) {
        Some(id) => {
            let id: UserId = id.parse()?;
            let state = provider_state(cloud.user_pool().find(&id).await?.as_ref());
            follow(&id, state, cloud, &mut report).await?;
        }
        None => follow_all(cloud, &mut report).await?,
    }
    tracing::info!(?report, "users follow the pool");
    Ok(report)
}

fn provider_state(user: Option<&PoolUser>) -> ProviderState {
    match user {
        Some(user) if user.enabled => ProviderState::Enabled,
        Some(_) => ProviderState::Disabled,
        None => ProviderState::Missing,
    }
}

async fn follow_all(cloud: &Cloud, report: &mut Report) -> Result<(), Error> {
    let pool = read_pool(cloud).await?;
    let mut after = None;
    loop {
        let page = cloud.users().list(after.as_ref(), PAGE).await?;
        for user in page.items {
            let mut state = provider_state(pool.get(&user.id));
            if user.service_account || user.enabled == (state == ProviderState::Enabled) {
                report.compared += 1;
                continue;
            }
            if state == ProviderState::Missing {
                // The user may have been created while the list was read.
                state = provider_state(cloud.user_pool().find(&user.id).await?.as_ref());
            }
            follow(&user.id, state, cloud, report).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        after = Some(next);
    }
}

/// Reads all users of the pool, by id.
async fn read_pool(cloud: &Cloud) -> Result<HashMap<UserId, PoolUser>, Error> {
    let (mut pool, mut after) = (HashMap::new(), None);
    loop {
        let page = cloud.user_pool().list(after).await?;
        pool.extend(page.users.into_iter().map(|user| (user.id.clone(), user)));
        if pool.len() > POOL_AT_MOST {
            return Err(
                format!("the user pool has more than {POOL_AT_MOST} users: nobody was compared").into()
            );
        }
        let Some(next) = page.next else { return Ok(pool) };
        after = Some(next);
    }
}

async fn follow(id: &UserId, state: ProviderState, cloud: &Cloud, report: &mut Report) -> Result<(), Error> {
    report.compared += 1;
    if cloud.users().apply_provider_state(id, state).await? {
        match state {
            ProviderState::Enabled => report.enabled += 1,
            ProviderState::Disabled | ProviderState::Missing => report.disabled += 1,
        }
    }
    Ok(())
}
