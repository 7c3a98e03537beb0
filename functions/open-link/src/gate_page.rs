//! The gate: the page before a link that has a password, or uses to be counted.

use api::recipient::{Recipient, Site};
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::gate::Gate;
use domain::invisible::without_invisible;
use domain::link::Link;
use domain::visit::{Holder, Nonce, VISIT_LASTS};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde::Serialize;
use web::compression::NeverCompressed;
use web::headers::gated;
use web::pages::{GateError, GatePage, respond};
use web::problem::Problem;
use web::recipient::{BRAND, is_from_own_page, wants_json};

/// Has a browser know itself as the holder of a link's gate pages; one that does already stays who it is, so that
/// several tabs are one holder. It lasts as long as the visit that it may be asked for.
pub(crate) fn set_holder(site: &Site, recipient: &Recipient, answer: &mut Response) {
    if recipient.holder.is_some() {
        return;
    }
    let lasts = std::time::Duration::try_from(VISIT_LASTS).unwrap_or_default();
    let holder = Holder::from_random(aws::random::bytes());
    match site.holder_cookie.set(&recipient.token, holder.reveal(), lasts) {
        Ok(cookie) => {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Err(error) => *answer = Problem::internal(&error).into_response(),
    }
}

/// The gate with a fresh nonce, and what went wrong with the last try.
pub(crate) fn gate_page(
    site: &Site,
    token: &str,
    gate: Gate,
    status: StatusCode,
    error: Option<GateError>,
) -> Response {
    let page = GatePage {
        brand: BRAND.to_owned(),
        token: token.to_owned(),
        title: gate.title.as_deref().map(without_invisible),
        needs_password: gate.needs_password,
        nonce: Nonce::from_random(aws::random::bytes()).as_str().to_owned(),
        error,
    };
    // Its nonce is beside a title and a token that others may have chosen.
    let mut answer = respond(status, site.headers.gated_page(), &page);
    answer.extensions_mut().insert(NeverCompressed);
    answer
}

/// A closed link, for a program.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ClosedLink))]
pub(crate) struct GateDocument<'a> {
    #[cfg_attr(feature = "openapi", schema(pattern = "^gate$"))]
    state: &'static str,
    needs_password: bool,
    title: Option<&'a str>,
    /// The nonce.
    visit: String,
}

/// The gate for a program: what it wants, and the nonce to send back as `visit`.
pub(crate) fn gate_document(gate: &Gate) -> Response {
    let document = GateDocument {
        state: "gate",
        needs_password: gate.needs_password,
        title: gate.title.as_deref(),
        visit: Nonce::from_random(aws::random::bytes()).as_str().to_owned(),
    };
    (gated(), Json(document)).into_response()
}

/// The gate once more, with what went wrong.
pub(crate) fn show_gate_again(
    site: &Site,
    recipient: &Recipient,
    link: &Link,
    status: StatusCode,
    error: GateError,
) -> Response {
    if wants_json(&recipient.headers) {
        let needs_password = link.password.is_some();
        let problem = match (status, error) {
            (StatusCode::UNAUTHORIZED, _) => Problem::unauthorized("That is not the password."),
            (StatusCode::CONFLICT, GateError::OpenedElsewhere) => Problem::conflict(
                "This nonce has opened a visit already, for whoever sent it first. Send that of a fresh gate page.",
            ),
            (StatusCode::CONFLICT, _) => Problem::conflict("The link has changed. Open it again."),
            (_, GateError::NoCookies) => Problem::bad_request(
                "The gate page's cookie was not sent back. Allow cookies, then open the link again.",
            ),
            _ => Problem::bad_request("Send the nonce of a fresh gate page as visit."),
        };
        return problem.with("needs_password", needs_password).into_response();
    }
    let mut page = gate_page(site, &recipient.token, Gate::of(link), status, Some(error));
    // A browser that lost the page's cookie gets another with it.
    if is_from_own_page(&recipient.headers) {
        set_holder(site, recipient, &mut page);
    }
    page
}

/// The gate after too many wrong passwords.
pub(crate) fn show_gate_after(
    site: &Site,
    recipient: &Recipient,
    link: &Link,
    wait: SignedDuration,
) -> Response {
    let seconds = u64::try_from(wait.as_secs()).unwrap_or_default().max(1);
    let mut answer = if wants_json(&recipient.headers) {
        Problem::too_many("Too many wrong passwords. Wait, then try again.", seconds).into_response()
    } else {
        let error = GateError::TooManyTries { retry_after: seconds };
        show_gate_again(site, recipient, link, StatusCode::TOO_MANY_REQUESTS, error)
    };
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
