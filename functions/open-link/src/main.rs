//! The landing page, the gate, and the use, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::telemetry::logs::init_on_lambda();
    let cloud = aws::Cloud::new(aws::Settings::from_env()?);
    lambda_http::run(open_link::router(&cloud)?).await
}
