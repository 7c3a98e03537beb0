//! Events from EventBridge as Lambda passes them to a function.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use serde_json::json;

/// The event that a schedule sends at a moment.
pub fn scheduled(at: Timestamp) -> EventBridgeEvent {
    serde_json::from_value(json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "000000000000", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "region": "local",
        "resources": [], "detail": {},
    }))
    .unwrap()
}
