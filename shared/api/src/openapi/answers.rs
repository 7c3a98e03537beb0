//! Answers that several operations give.

use utoipa::PartialSchema;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Who sends the requests of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    Users,
    /// Recipients, whose browsers get HTML pages.
    Recipients,
}

const USERS: [(u16, &str); 9] = [
    (400, "The body is not JSON, or not complete."),
    (401, "No valid access token was sent."),
    (403, "The account is disabled, or its level does not allow this."),
    (404, "Nothing has this id, or the user may not see it."),
    (413, "The body is too large."),
    (422, "A field or parameter is wrong; `errors` lists all of them."),
    (429, "The site gets more requests than it takes. Try again in a moment."),
    (500, "An unexpected error, which was logged."),
    (503, "The site is busy. Try again in a moment."),
];

const RECIPIENTS: [(u16, &str); 9] = [
    (400, "The body can't be read, or is not complete."),
    (
        401,
        "The link was not opened, or its visit has ended. `needs_password` says whether it has a password.",
    ),
    (404, "No link has this token, or the link does not share this."),
    (410, "The link has ended: by its date, its number of uses, or with its creator's account."),
    (413, "The body is too large."),
    (422, "A field or parameter is wrong; `errors` lists all of them."),
    (429, "The site gets more requests than it takes. Try again in a moment."),
    (500, "An unexpected error, which was logged."),
    (503, "The site is busy. Try again in a moment."),
];

/// Answers that API Gateway may give itself: for an invalid token, a body of more than 10 MB, too many requests, or a
/// function that fails or takes too long.
const OF_THE_GATEWAY: [u16; 5] = [401, 413, 429, 500, 503];

/// All answers, by the names that [`reference`] uses.
pub(super) fn components() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let users = USERS.into_iter().map(|answer| (Audience::Users, answer));
    let recipients = RECIPIENTS.into_iter().map(|answer| (Audience::Recipients, answer));
    users.chain(recipients).map(|(audience, (status, description))| {
        let answer = ResponseBuilder::new().description(description).build();
        (name(audience, status), RefOr::T(with_problem(audience, status, answer)))
    })
}

/// A reference to the answer of an audience with a status.
pub(super) fn reference(audience: Audience, status: u16) -> RefOr<Response> {
    Ref::from_response_name(name(audience, status)).into()
}

/// Adds the problem document to an error that an operation describes itself, because that gives only its reason.
pub(super) fn fill(audience: Audience, status: &str, answer: &mut RefOr<Response>) {
    if let (RefOr::T(answer), Ok(status @ 400..)) = (answer, status.parse()) {
        *answer = with_problem(audience, status, std::mem::take(answer));
    }
}

fn name(audience: Audience, status: u16) -> String {
    format!("{audience:?}{status}")
}

fn with_problem(audience: Audience, status: u16, answer: Response) -> Response {
    let document = |name: &str| Content::new(Some(Ref::from_schema_name(name)));
    let mut answer = ResponseBuilder::from(answer).content("application/problem+json", document("Problem"));
    if audience == Audience::Recipients {
        answer = answer.content("text/html", Content::new(Some(String::schema())));
    }
    // Recipients' routes have no authoriser that could refuse a token.
    if OF_THE_GATEWAY.contains(&status) && (audience, status) != (Audience::Recipients, 401) {
        answer = answer.content("application/json", document("GatewayMessage"));
    }
    match status {
        401 => answer.header("WWW-Authenticate", header("`Bearer`.")),
        429 | 503 => answer.header("Retry-After", header("Seconds to wait before the next attempt.")),
        _ => answer,
    }
    .build()
}

fn header(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build()
}
