//! The scheduled sweep, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    aws::telemetry::logs::init_on_lambda();
    let cloud = aws::Cloud::new(aws::Settings::from_env()?);
    lambda_runtime::run(lambda_runtime::service_fn(|event| sweep_links::handle(event, &cloud))).await
}
