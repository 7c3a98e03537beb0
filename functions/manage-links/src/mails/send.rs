//! `POST /api/links/{id}/emails`: mails a link, with a separate mail for each address.

use api::Failure;
use api::body;
use api::caller::Sharer;
use aws::rows::mails::{MAILS_A_DAY, PutMailing};
use aws::{Cloud, clock, random};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::event::SendEmail;
use domain::field_error::{Faults, FieldError};
use domain::link::LinkStatus;
use domain::link::body::Given;
use domain::mail::address::{self, EmailAddress};
use domain::mail::{self, Mail, MailStatus, Mailing};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use web::problem::Problem;

use crate::TOO_LARGE;
use crate::links::owned;
use crate::links::owners::Owners;
use crate::mails::view::{MailsView, SENDS_NONE};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MailBody {
    /// Addresses, separated by commas.
    to: Given<String>,
    /// The sender's message.
    message: Given<String>,
    /// The request's id: a repeated request mails nobody twice.
    request_id: Given<String>,
}

/// The parsed body.
#[derive(Debug, PartialEq)]
struct MailRequest {
    addresses: Vec<EmailAddress>,
    message: Option<mail::Message>,
    request: Option<String>,
}

impl MailRequest {
    fn read(body: MailBody, mut faults: Faults, headers: &HeaderMap) -> Result<Self, Problem> {
        let addresses = match body.to.value() {
            // A value of the wrong type has a fault already.
            None if faults.has("to") => None,
            to => faults.take_all(address::parse_list(&to.unwrap_or_default())),
        };
        let message = faults.take(mail::Message::parse(&body.message.value().unwrap_or_default()));
        let request = faults.take(request(body.request_id.value(), headers));
        match (addresses, message, request) {
            (Some(addresses), Some(message), Some(request)) if faults.is_empty() => {
                Ok(Self { addresses, message, request })
            }
            _ => Err(Problem::unprocessable(faults)),
        }
    }
}

/// The request's id, from the body or the header `Idempotency-Key` (bare or in quotes), which other APIs use for it.
fn request(of_body: Option<String>, headers: &HeaderMap) -> Result<Option<String>, FieldError> {
    let header =
        headers.get(IDEMPOTENCY_KEY).map(|value| value.to_str().unwrap_or_default().trim_matches('"'));
    let id = match (of_body.as_deref(), header) {
        (Some(body), Some(header)) if body != header => {
            let message = "The header Idempotency-Key has another value. Give only one of the two.";
            return Err(FieldError::new("request_id", message));
        }
        (body, header) => body.or(header),
    };
    id.map(|id| mail::parse_request_id(id).map(str::to_owned)).transpose()
}

/// Sends a link by mail, one mail for each address.
///
/// If one address is not valid, no mail is sent.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/links/{id}/emails", operation_id = "mail_link", tag = "Links",
    params(
        ("id" = domain::id::LinkId, Path, description = "The link."),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,100}$",
         description = "The id of the request, instead of `request_id` in the body."),
    ),
    request_body(content = crate::openapi::NewMails, description = "At most 1 MB."),
    responses(
        (status = 202, description = "The mails that will be sent.", body = MailsView),
        (status = 409, description = "The link can't be opened at the moment, or the site sends no mail."),
        (status = 429, description = "More addresses than a user can mail in a day, or more requests than the site takes."),
    ),
))]
pub(crate) async fn send(
    State(cloud): State<Cloud>,
    Sharer(user): Sharer,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let link = owned::find(&user, &cloud, &id).await?.link;
    let (body, faults): (MailBody, _) = body::fields(body::object(bytes, TOO_LARGE)?);
    let MailRequest { addresses, message, request } = MailRequest::read(body, faults, &headers)?;
    let now = clock::now();
    let mut owners = Owners::knowing(&user);
    owners.read(&cloud, std::iter::once(&link)).await?;
    check_opens(link.status(owners.of(&link).is_some_and(|owner| owner.enabled), now))?;
    if cloud.settings().mail_from.is_empty() {
        return Err(Problem::conflict(SENDS_NONE).into());
    }

    // A request without an id gets a random one.
    let request = request.unwrap_or_else(|| u128::from_be_bytes(random::bytes()).to_string());
    let requested = Mailing::new(&request, link.id, user.id, &addresses, message, now);
    let mailing = match cloud.mails().put_mailing(&requested, addresses.len()).await? {
        PutMailing::Stored(mailing) => mailing,
        PutMailing::LinkGone => {
            return Err(Problem::not_found("This link was deleted a moment ago.").into());
        }
        PutMailing::TooMany => {
            let detail = format!(
                "You can mail {MAILS_A_DAY} addresses a day, and these would be more. Send the rest tomorrow, or copy \
                 the URL."
            );
            let tomorrow = 86_400 - now.as_second().rem_euclid(86_400);
            return Err(Problem::too_many(detail, tomorrow.unsigned_abs()).into());
        }
    };
    if mailing.content != requested.content {
        let message =
            "This request id was used before, with other addresses or another message. Give a new one.";
        return Err(Problem::unprocessable([FieldError::new("request_id", message)]).into());
    }
    // The rows are written before the messages, so that a lost message is sent again when its row is read.
    let mails = cloud.mails().put(&mailing.mails(addresses)).await?;
    cloud.queues().send_mails(&messages(&mails)).await?;
    tracing::info!(link = %mailing.link, mailing = %mailing.id, mails = mails.len(), "a link is mailed");
    Ok((StatusCode::ACCEPTED, Json(MailsView::new(mails, None))).into_response())
}

/// Checks that the link can be opened. If not, the link's state is wrong and not a field of the body, so it is a
/// conflict.
fn check_opens(status: LinkStatus) -> Result<(), Problem> {
    Err(Problem::conflict(match status {
        LinkStatus::Active => return Ok(()),
        LinkStatus::Expired => {
            "This link has expired, so nobody could open it. Give it a later end, then send it."
        }
        LinkStatus::UsedUp => {
            "This link’s uses are spent, so nobody could open it. Allow more of them, then send it."
        }
        LinkStatus::OwnerGone => {
            "This link can’t be opened any more, because its creator’s account is disabled."
        }
    }))
}

/// The messages of the queued mails.
fn messages(mails: &[Mail]) -> Vec<SendEmail> {
    let waiting = mails.iter().filter(|mail| mail.status == MailStatus::Queued);
    waiting.map(|mail| SendEmail { link: mail.link.clone(), mail: mail.id.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(json: Value, key: Option<&str>) -> Result<MailRequest, Value> {
        let bytes = Bytes::from(json.to_string());
        let (body, faults) = body::fields(body::object(Ok(bytes), TOO_LARGE).unwrap());
        let headers = key.map(|key| (http::HeaderName::from_static(IDEMPOTENCY_KEY), key.parse().unwrap()));
        MailRequest::read(body, faults, &headers.into_iter().collect())
            .map_err(|problem| serde_json::to_value(problem).unwrap()["errors"].clone())
    }

    #[test]
    fn all_faults_are_named_in_one_answer() {
        let faults = read(
            json!({"to": "a@x.org, anna, b@y", "message": "\u{7}", "request_id": "a b", "cc": "x"}),
            None,
        );
        let faults = faults.unwrap_err();
        let fields: Vec<_> =
            faults.as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["cc", "to", "to", "message", "request_id"]);
        assert_eq!(faults[1]["message"], "“anna” is not an address like anna@example.org.");
        assert_eq!(read(json!({}), None).unwrap_err()[0]["field"], "to");
        assert_eq!(read(json!({"to": ["a@x.org"]}), None).unwrap_err().as_array().unwrap().len(), 1);
    }

    #[test]
    fn the_request_id_is_in_the_body_or_the_header() {
        let request_id = |body: Option<&str>, key| {
            let read = read(json!({"to": "a@x.org", "request_id": body}), key);
            read.map(|mail| mail.request).map_err(|faults| faults[0]["field"].clone())
        };
        assert_eq!(request_id(None, None), Ok(None));
        assert_eq!(request_id(Some("r-1"), None), Ok(Some("r-1".into())));
        assert_eq!(request_id(None, Some("\"r-1\"")), Ok(Some("r-1".into())));
        assert_eq!(request_id(Some("r-1"), Some("r-1")), Ok(Some("r-1".into())));
        assert_eq!(request_id(Some("r-1"), Some("r-2")), Err("request_id".into()));
        assert_eq!(request_id(None, Some("é")), Err("request_id".into()));
    }

    #[test]
    fn a_link_that_has_ended_is_not_mailed() {
        assert!(check_opens(LinkStatus::Active).is_ok());
        for status in [LinkStatus::Expired, LinkStatus::UsedUp, LinkStatus::OwnerGone] {
            assert_eq!(check_opens(status).unwrap_err().status(), 409, "{status:?}");
        }
    }
}
