//! `GET /api/links/{id}/emails?cursor=&limit=`: the mails of a link, the newest first, and how far each is.
//!
//! Whoever looks also sets right what got stuck: a mail that waits too long is asked for again, one whose worker has
//! been silent too long is told to have an unknown fate.

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

/// The mails of a link, the newest first, and how far each is.
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

/// A mail as it is once what was stuck has been set right.
async fn requeue_or_give_up(cloud: &Cloud, mail: Mail, now: Timestamp) -> Result<Mail, Error> {
    if mail.is_overdue(now) {
        // Of all who look at the same moment, one asks again.
        let Some(touched) = cloud.mails().change(&mail, MailStatus::Queued, None, now).await? else {
            return Ok(mail);
        };
        cloud
            .queues()
            .send_mails(&[SendEmail { link: touched.link.clone(), mail: touched.id.clone() }])
            .await?;
        tracing::info!(link = %touched.link, mail = %touched.id, "a mail is asked for again");
        return Ok(touched);
    }
    if mail.is_lost(now) {
        let failed = cloud.mails().change(&mail, MailStatus::Failed, Some(OUTCOME_UNKNOWN), now).await?;
        return Ok(failed.unwrap_or(mail));
    }
    Ok(mail)
}
