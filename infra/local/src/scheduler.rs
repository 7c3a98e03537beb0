//! EventBridge's schedules: a function called every so often with a Scheduled Event.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{function::Function, queue};

/// Calls `function` a while after the start (`first`) and then `every` so often, until `stop`
/// resolves. A call that fails is logged and made again at the next turn.
pub async fn run(function: Function, first: Duration, every: Duration, stop: impl Future<Output = ()>) {
    let mut turns = interval_at(Instant::now() + first, every);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = turns.tick() => {}
        }
        let (id, now) = (queue::unique(), aws::clock::now());
        let event = event(function.name(), &id, now).to_string().into_bytes();
        if let Err(error) = function.invoke(event, &id, now).await {
            tracing::error!(function = function.name(), %error, "scheduled call failed");
        }
    }
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
fn event(function: &str, id: &str, now: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": "local",
        "resources": [format!("arn:aws:events:local:000000000000:rule/{function}")],
        "detail": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use aws_lambda_events::eventbridge::EventBridgeEvent;
    use lambda_runtime::LambdaEvent;

    #[tokio::test]
    async fn calls_at_each_turn_until_stopped_failures_included() {
        let times = Arc::new(Mutex::new(Vec::new()));
        let log = times.clone();
        let function =
            Function::event("sweep", Duration::from_secs(60), move |e: LambdaEvent<EventBridgeEvent>| {
                log.lock().unwrap().push(e.payload.time.unwrap());
                async { Err::<(), _>("each time") }
            });
        let stop = tokio::time::sleep(Duration::from_millis(700));
        run(function, Duration::from_millis(100), Duration::from_millis(250), stop).await;
        assert_eq!(times.lock().unwrap().len(), 3);
    }
}
