//! Works as EventBridge's schedules: calls a function regularly with a Scheduled Event.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{function::Function, queue};

/// Calls `function` after the time `first`, and then again after each time `every`, until `stop` resolves. A call that fails
/// is logged, and the next one is made as usual.
pub async fn run(function: Function, first: Duration, every: Duration, stop: impl Future<Output = ()>) {
    let mut ticks = interval_at(Instant::now() + first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        let (id, now) = (queue::random_id(), aws::clock::now());
        let event = build_event(function.name(), &id, now).to_string().into_bytes();
        if let Err(error) = function.invoke(event, &id, now).await {
            tracing::error!(function = function.name(), %error, "a scheduled call failed");
        }
    }
}

/// The event of a schedule: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
fn build_event(function: &str, id: &str, now: Timestamp) -> Value {
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
    async fn a_function_is_called_regularly_even_if_it_fails() {
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
