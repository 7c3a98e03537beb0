//! Zips assembled inside S3, as a Lambda function.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    aws::telemetry::logs::init_on_lambda();
    let cloud = &aws::Cloud::new(aws::Settings::from_env()?);
    let handle = |event: LambdaEvent<SqsEvent>| bundle_assets::handle(event, cloud);
    lambda_runtime::run(service_fn(handle)).await
}
