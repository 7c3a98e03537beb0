//! Each file of `events/` is an event as AWS sends it. Here each is handled by its function, with Lambda's own
//! conversions, so that a sample that no longer fits is found.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsBatchResponse;
use e2e::{Site, samples, story};
use jiff::SignedDuration;
use lambda_http::request::LambdaRequest;
use lambda_runtime::{Context, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::Service;

/// How much time the functions have.
const LAMBDAS_TIME: SignedDuration = SignedDuration::from_mins(1);

fn read<T: DeserializeOwned>(name: &str, event: &str) -> T {
    serde_json::from_str(event).unwrap_or_else(|error| panic!("{name}: {error}"))
}

async fn call_http(name: &str, router: axum::Router, event: &str) -> Value {
    let request: LambdaRequest = read(name, event);
    let mut adapter = lambda_http::Adapter::from(router);
    let answer = adapter.call(LambdaEvent::new(request, Context::default())).await.unwrap();
    serde_json::to_value(answer).unwrap()
}

fn assert_no_failures(answer: &SqsBatchResponse) -> Value {
    assert!(answer.batch_item_failures.is_empty(), "{:?}", answer.batch_item_failures);
    json!({"statusCode": null})
}

#[test]
fn every_sample_event_runs_through_its_function() {
    story(async {
        let site = Site::shared().await;
        let cloud = site.cloud();
        let app = serve_app::AppConfig {
            issuer: format!("{}/auth", site.url()),
            client_id: "vitrine-web".into(),
            issuer_origins: Vec::new(),
            sign_out_url: None,
            store_origin: cloud.store_origin(),
        };
        let mut run = 0;
        for sample in samples::all() {
            let (name, event) = (sample.name.as_str(), sample.event.as_str());
            let answer = match sample.function() {
                "open-link" => call_http(name, open_link::router(cloud).unwrap(), event).await,
                "download-assets" => call_http(name, download_assets::router(cloud).unwrap(), event).await,
                "manage-links" => call_http(name, manage_links::router(cloud), event).await,
                "administer-site" => call_http(name, administer_site::router(cloud), event).await,
                "browse-library" => call_http(name, browse_library::router(cloud), event).await,
                "serve-app" => call_http(name, serve_app::router(app.clone()), event).await,
                "ingest-asset" => {
                    let event = stage::with_time(read(name, event), LAMBDAS_TIME);
                    assert_no_failures(&ingest_asset::handle(event, cloud).await.unwrap())
                }
                "bundle-assets" => {
                    let event = stage::with_time(read(name, event), LAMBDAS_TIME);
                    assert_no_failures(&bundle_assets::handle(event, cloud).await.unwrap())
                }
                "send-email" => {
                    let event = stage::with_time(read(name, event), LAMBDAS_TIME);
                    assert_no_failures(&send_email::handle(event, cloud).await.unwrap())
                }
                "sweep-links" => {
                    let event = stage::with_time(read(name, event), LAMBDAS_TIME);
                    serde_json::to_value(sweep_links::handle(event, cloud).await.unwrap()).unwrap()
                }
                "follow-users" => {
                    let event: EventBridgeEvent = read(name, event);
                    serde_json::to_value(follow_users::handle(event, cloud).await.unwrap()).unwrap()
                }
                _ => panic!("{name} belongs to no function"),
            };
            sample.is_answered_by(&answer);
            run += 1;
        }
        assert!(run >= 15, "only {run} samples");
    });
}
