//! The function: messages of its queue, each naming a bundle to build.

use aws::objects::multipart::Upload;
use aws::{Cloud, Metric};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::bundle::{Bundle, BundleStatus};
use domain::event::BuildBundle;
use domain::object::Bucket;
use lambda_runtime::{Error, LambdaEvent};
use worker::Message;

use crate::build::build;
use crate::failure::Failure;

const GAVE_UP: &str = "The zip could not be made. Wait a while, then start the download again.";

/// Handles a batch; the answer names the messages that failed, so that only they are delivered again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: LambdaEvent<SqsEvent>, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    Ok(worker::each(event, cloud, |message| build_bundle(message, cloud)).await)
}

async fn build_bundle(message: Message, cloud: &Cloud) -> Result<(), Failure> {
    let BuildBundle { link, bundle } = serde_json::from_str(&message.body).map_err(Failure::NotOurs)?;
    let Some(bundle) = cloud.bundles().find(&link, &bundle).await? else {
        // Deleted with its link, or swept.
        return Ok(());
    };
    if bundle.status != BundleStatus::Preparing {
        return Ok(());
    }
    let outcome = build(&bundle, cloud).await;
    if outcome.is_err() && message.is_last() {
        give_up(&bundle, cloud).await?;
    }
    outcome
}

/// Marks a bundle as failed after the last try, and aborts its upload.
async fn give_up(bundle: &Bundle, cloud: &Cloud) -> Result<(), Failure> {
    let now = aws::clock::now();
    // The row is read again, because the try that just failed may have started the upload.
    let upload_id = cloud.bundles().find(&bundle.link, &bundle.id).await?.and_then(|bundle| bundle.upload_id);
    if let Some(id) = upload_id {
        cloud.uploads().abort(&Upload { bucket: Bucket::Bundles, key: bundle.zip_key(), id }).await?;
    }
    cloud.bundles().fail(bundle, GAVE_UP, now).await?;
    cloud.metrics().count(Metric::BundlesFailed);
    Ok(())
}
