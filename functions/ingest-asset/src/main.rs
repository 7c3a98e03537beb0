//! File information and renditions, as a Lambda function.

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    aws::telemetry::logs::init_on_lambda();
    let cloud = aws::Cloud::new(aws::Settings::from_env()?);
    let service = lambda_runtime::service_fn(async |event| ingest_asset::handle(event, &cloud).await);
    lambda_runtime::run(service).await
}
