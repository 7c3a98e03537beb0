//! `GET /api/links/{id}/emails?cursor=&limit=`: the mails of a link, newest first, and the status of each.
//!
//! Reading also repairs stuck mails: the message of a mail that has waited too long is sent again, and a mail whose
//! worker has been silent for too long is marked as failed, with an unknown outcome.

use api::Failure;
use api::caller::Browser;
use api::query::{Query, USUAL_LIMIT};
use aws::{Cloud, Error, clock};
use axum::Json;
use axum::extract::{Path, State};
use domain::event::SendEmail;
use domain::mail::{Mail, MailStatus, OUTCOME_UNKNOWN};
use http::Uri;
use jiff::Timestamp;

use crate::links::owned;
use crate::mails::view::MailsView;

/// Lists the mails of a link with their status, the newest first.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/links/{id}/emails", operation_id = "list_mails", tag = "Links",
    params(("id" = domain::id::LinkId, Path, description = "The link."), api::openapi::Page),
    responses((status = 200, description = "A page of mails.", body = MailsView)),
))]
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Browser { user, .. }: Browser,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<MailsView>, Failure> {
    let mut query = Query::read(&uri, &["cursor", "limit"]);
    let (after, limit) = (query.cursor(), query.limit(USUAL_LIMIT));
    query.finish()?;
    let link = owned::find(&user, &cloud, &id).await?.link;
    let page = cloud.mails().list(&link.id, after.as_ref(), limit).await?;
    let now = clock::now();
    let mut mails = Vec::with_capacity(page.items.len());
    for mail in page.items {
        mails.push(requeue_or_give_up(&cloud, mail, now).await?);
    }
    Ok(Json(MailsView::new(mails, page.next).of_site(&cloud.settings().mail_from)))
}

/// Repairs a mail that is stuck, and returns its new state.
async fn requeue_or_give_up(cloud: &Cloud, mail: Mail, now: Timestamp) -> Result<Mail, Error> {
    if mail.is_overdue(now) {
        // If several requests find the stuck mail at once, only one sends the message.
        let Some(touched) = cloud.mails().change(&mail, MailStatus::Queued, None, now).await? else {
            return Ok(mail);
        };
        cloud
            .queues()
            .send_mails(&[SendEmail { link: touched.link.clone(), mail: touched.id.clone() }])
            .await?;
        tracing::info!(link = %touched.link, mail = %touched.id, "the message of a mail was sent again");
        return Ok(touched);
    }
    if mail.is_lost(now) {
        let failed = cloud.mails().change(&mail, MailStatus::Failed, Some(OUTCOME_UNKNOWN), now).await?;
        return Ok(failed.unwrap_or(mail));
    }
    Ok(mail)
}
