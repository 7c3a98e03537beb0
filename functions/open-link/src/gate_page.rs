//! The gate page, which is before a link with a password or a number of uses.

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

/// Sets the `holder` cookie of a browser that gets a link's gate page. A browser that has the cookie keeps it, so that
/// several tabs are one holder. The cookie lasts as long as a visit, since it is needed to get the visit again.
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

/// The gate page with a new nonce, and the error of the last try.
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
    // The page has a secret (the nonce) beside a title that somebody else may have chosen.
    let mut answer = respond(status, site.headers.gated_page(), &page);
    answer.extensions_mut().insert(NeverCompressed);
    answer
}

/// The document of a closed link, for programs.
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

/// The gate for programs: whether a password is needed, and the nonce to send back as `visit`.
pub(crate) fn gate_document(gate: &Gate) -> Response {
    let document = GateDocument {
        state: "gate",
        needs_password: gate.needs_password,
        title: gate.title.as_deref(),
        visit: Nonce::from_random(aws::random::bytes()).as_str().to_owned(),
    };
    (gated(), Json(document)).into_response()
}

/// The gate page again, with an error; for programs a problem.
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
                "This nonce has been used by another client. Send the nonce of a new gate page.",
            ),
            (StatusCode::CONFLICT, _) => Problem::conflict("The link has changed. Open it again."),
            (_, GateError::NoCookies) => Problem::bad_request(
                "The gate page's cookie was not sent back. Allow cookies, then open the link again.",
            ),
            _ => Problem::bad_request("Send the nonce of a new gate page as visit."),
        };
        return problem.with("needs_password", needs_password).into_response();
    }
    let mut page = gate_page(site, &recipient.token, Gate::of(link), status, Some(error));
    // A browser without the page's cookie gets a new one.
    if is_from_own_page(&recipient.headers) {
        set_holder(site, recipient, &mut page);
    }
    page
}

/// The gate page after too many wrong passwords.
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
