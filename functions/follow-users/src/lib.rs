//! Users follow their identity provider: whoever is disabled or gone there is disabled here, and their links open no
//! more; whoever is enabled there again is so here.
//!
//! Once a day, by a schedule, everybody is compared with the site's Cognito user pool. Where the account keeps a trail
//! of API calls (CloudTrail), EventBridge tells of each change at once. An event says whom to look at and no more:
//! events may come late, twice and in any order.

use std::collections::HashMap;

use aws::Cloud;
use aws::rows::users::Standing;
use aws::user_pool::PoolUser;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::id::UserId;
use lambda_runtime::Error;
use serde::Serialize;
use serde_json::Value;

/// How many users a pool may have: as many as 15 minutes and this function's memory hold with ease. In a larger one
/// nobody is followed by the schedule, and the function fails, which is told.
const POOL_AT_MOST: usize = 100_000;

/// Users of the site looked at in one request.
const PAGE: usize = 100;

/// What became of whom.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Users of the site that were compared with the pool.
    pub compared: u64,
    /// Those of them who are disabled from now on.
    pub disabled: u64,
    /// Those who are enabled again.
    pub enabled: u64,
}

/// Compares one user (told of by CloudTrail) or all of them with the pool.
///
/// # Errors
/// When a store fails, or the pool is too large. What was not compared is so another time; nobody is disabled for a
/// list that was not read to its end.
pub async fn handle(event: EventBridgeEvent, cloud: &Cloud) -> Result<Report, Error> {
    let mut report = Report::default();
    if cloud.settings().user_pool.is_none() {
        tracing::info!("users sign in elsewhere: there is nobody to follow");
        return Ok(report);
    }
    // The name in such an event is hidden; this is who it was.
    match event.detail.pointer("/additionalEventData/sub").and_then(Value::as_str) {
        Some(id) => {
            let id: UserId = id.parse()?;
            let standing = standing(cloud.user_pool().find(&id).await?.as_ref());
            follow(&id, standing, cloud, &mut report).await?;
        }
        None => everybody(cloud, &mut report).await?,
    }
    tracing::info!(?report, "users follow the pool");
    Ok(report)
}

fn standing(user: Option<&PoolUser>) -> Standing {
    match user {
        Some(user) if user.enabled => Standing::Enabled,
        Some(_) => Standing::Disabled,
        None => Standing::Gone,
    }
}

async fn everybody(cloud: &Cloud, report: &mut Report) -> Result<(), Error> {
    let pool = whole_pool(cloud).await?;
    let mut after = None;
    loop {
        let page = cloud.users().list(after.as_ref(), PAGE).await?;
        for user in page.items {
            let mut standing = standing(pool.get(&user.id));
            if user.service_account || user.enabled == (standing == Standing::Enabled) {
                report.compared += 1;
                continue;
            }
            if standing == Standing::Gone {
                // They may have come while the list was read.
                standing = self::standing(cloud.user_pool().find(&user.id).await?.as_ref());
            }
            follow(&user.id, standing, cloud, report).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        after = Some(next);
    }
}

/// Everybody in the pool, by id.
async fn whole_pool(cloud: &Cloud) -> Result<HashMap<UserId, PoolUser>, Error> {
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

async fn follow(id: &UserId, standing: Standing, cloud: &Cloud, report: &mut Report) -> Result<(), Error> {
    report.compared += 1;
    if cloud.users().follow(id, standing).await? {
        match standing {
            Standing::Enabled => report.enabled += 1,
            Standing::Disabled | Standing::Gone => report.disabled += 1,
        }
    }
    Ok(())
}
