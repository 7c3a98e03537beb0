//! Sending one mail, at most once.

use std::time::Duration;

use aws::Cloud;
use aws::clock;
use aws::mailer::SendOutcome;
use aws::rows::mails::ToSend;
use aws::telemetry::metrics::Metric;
use domain::event::SendEmail;
use domain::mail::{CLAIM_LASTS, Mail, MailStatus, OUTCOME_UNKNOWN};

use crate::compose::compose;
use crate::failure::Failure;
use crate::reasons;

/// Sends the mail that a message names. At the last delivery of the message (`is_last`) a mail that the service did not
/// accept is given up.
pub(crate) async fn send(request: &SendEmail, is_last: bool, cloud: &Cloud) -> Result<(), Failure> {
    let ToSend { link, mailing, mail } = cloud.mails().find_to_send(&request.link, &request.mail).await?;
    let now = clock::now();
    // The mail was deleted with its link.
    let Some(mail) = mail else { return Ok(()) };
    match mail.status {
        MailStatus::Queued => {}
        MailStatus::Sending if mail.is_lost(now) => return fail(&mail, OUTCOME_UNKNOWN, cloud).await,
        MailStatus::Sending => {
            return Err(Failure::Claimed(CLAIM_LASTS - now.duration_since(mail.touched)));
        }
        MailStatus::Sent | MailStatus::Failed | MailStatus::Bounced => return Ok(()),
    }
    let mime = match compose(link, mailing, &mail, now, cloud).await? {
        Ok(mime) => mime,
        Err(reason) => return fail(&mail, reason, cloud).await,
    };
    // After this no other worker hands the mail over, even if this one dies.
    let Some(claimed) = cloud.mails().change(&mail, MailStatus::Sending, None, now).await? else {
        return Err(Failure::Claimed(CLAIM_LASTS));
    };
    match hand_over(&claimed, &mime, cloud).await {
        SendOutcome::Accepted(message_id) => {
            cloud.metrics().count(Metric::MailsSent);
            if cloud.mails().note_sent(&claimed, &message_id, clock::now()).await? {
                tracing::info!(link = %claimed.link, mail = %claimed.id, "a mail was sent");
            } else {
                tracing::warn!(link = %claimed.link, mail = %claimed.id, "a mail was sent, but its row had changed");
            }
            Ok(())
        }
        SendOutcome::Refused(why) => fail(&claimed, &reasons::explain_refusal(&why), cloud).await,
        SendOutcome::Unknown(cause) => {
            tracing::error!(link = %claimed.link, mail = %claimed.id, cause, "it is unknown whether a mail was sent");
            fail(&claimed, OUTCOME_UNKNOWN, cloud).await
        }
        SendOutcome::NotNow(cause, why) if is_last => {
            tracing::error!(link = %claimed.link, mail = %claimed.id, cause, "a mail was given up");
            fail(&claimed, &reasons::explain_delay(&why), cloud).await
        }
        SendOutcome::NotNow(cause, _) => {
            cloud.mails().change(&claimed, MailStatus::Queued, None, clock::now()).await?;
            Err(Failure::NotNow(cause))
        }
    }
}

/// Hands a mail over, with a few tries if it was certainly not accepted: SES accepts one mail a second from an account
/// on trial, and a retry by the queue would take minutes.
async fn hand_over(mail: &Mail, mime: &[u8], cloud: &Cloud) -> SendOutcome {
    for seconds in [1, 2, 4] {
        let handed = cloud.mailer().send(&mail.address, mime.to_vec()).await;
        if !matches!(handed, SendOutcome::NotNow(..)) {
            return handed;
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    cloud.mailer().send(&mail.address, mime.to_vec()).await
}

/// Marks a mail as failed, with a reason. If its row changed since `seen`, it is left: the other writer's status is
/// newer.
async fn fail(seen: &Mail, reason: &str, cloud: &Cloud) -> Result<(), Failure> {
    if cloud.mails().change(seen, MailStatus::Failed, Some(reason), clock::now()).await?.is_some() {
        cloud.metrics().count(Metric::MailsFailed);
        tracing::info!(link = %seen.link, mail = %seen.id, "a mail failed");
    }
    Ok(())
}
