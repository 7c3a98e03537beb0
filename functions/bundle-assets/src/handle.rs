//! The function: messages of its queue, each naming a bundle to build.

use aws::objects::multipart::Upload;
use aws::queues::receives;
use aws::{Cloud, Metric};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::bundle::{Bundle, BundleStatus};
use domain::event::BuildBundle;
use domain::object::Bucket;
use lambda_runtime::Error;

use crate::build::{Failure, build};

/// How often the queue delivers a message before it goes to the dead letters.
const LAST_RECEIVE: u32 = 5;

const GAVE_UP: &str = "The zip could not be made. Wait a while, then start the download again.";

/// Deals with a batch; messages that failed are named, so that only they come again.
///
/// # Errors
/// None: the signature is Lambda's.
pub async fn handle(event: SqsEvent, cloud: &Cloud) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in event.records {
        if let Err(error) = deal_with(&message, cloud).await {
            tracing::error!(%error, "a message failed and will come again");
            answer.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(answer)
}

async fn deal_with(message: &SqsMessage, cloud: &Cloud) -> Result<(), Failure> {
    let body = message.body.as_deref().unwrap_or_default();
    let wanted: BuildBundle = serde_json::from_str(body).map_err(Failure::NotOurs)?;
    let Some(bundle) = cloud.bundles().find(&wanted.link, &wanted.bundle).await? else {
        // Its link was deleted, or the sweep was here.
        return Ok(());
    };
    if bundle.status != BundleStatus::Preparing {
        return Ok(());
    }
    let built = build(&bundle, cloud).await;
    if built.is_err() && receives(&message.attributes) >= LAST_RECEIVE {
        give_up(&bundle, cloud).await?;
    }
    built
}

/// Says that a bundle will not come, after the last try, and leaves nothing of it.
async fn give_up(bundle: &Bundle, cloud: &Cloud) -> Result<(), Failure> {
    let now = aws::clock::now();
    // Read again: the try that just failed may have started the upload.
    let noted = cloud.bundles().find(&bundle.link, &bundle.id).await?.and_then(|bundle| bundle.upload_id);
    if let Some(id) = noted {
        cloud.uploads().abort(&Upload { bucket: Bucket::Bundles, key: bundle.zip_key(), id }).await?;
    }
    cloud.bundles().fail(bundle, GAVE_UP, now).await?;
    cloud.metrics().count(Metric::BundlesFailed);
    Ok(())
}
