//! Answers: redirects, JSON, and refusals as problems or as pages.

use api::failure::store_failed;
use api::recipient::{Recipient, Site};
use aws::rows::visits::NoEntry;
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::gate::Denied;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use web::headers::{Headers, gated};
use web::pages::{ProblemPage, respond};
use web::problem::Problem;
use web::recipient::{BRAND, landing_path, refuse, wants_page};

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The gate refused it, or a store failed.
    NoEntry(NoEntry),
    /// A refusal behind the gate: a page's heading, and the problem.
    Problem(&'static str, Box<Problem>),
}

impl From<NoEntry> for Refused {
    fn from(why: NoEntry) -> Self {
        Self::NoEntry(why)
    }
}

impl From<aws::Error> for Refused {
    fn from(error: aws::Error) -> Self {
        Self::NoEntry(error.into())
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotOffered => not_offered("This link does not offer this download."),
            Denied::NoSuchFile => not_there("This file does not exist in that form."),
        }
    }
}

/// 403 with this detail.
pub(crate) fn not_offered(detail: &str) -> Refused {
    problem("This can't be downloaded", Problem::forbidden(detail))
}

/// 404 with this detail.
pub(crate) fn not_there(detail: &str) -> Refused {
    problem("This is not here", Problem::not_found(detail))
}

/// Any other problem, with the heading of its page.
pub(crate) fn problem(heading: &'static str, problem: Problem) -> Refused {
    Refused::Problem(heading, Box::new(problem))
}

impl Refused {
    /// The answer: a page for a browser that follows a link, otherwise a problem document.
    fn into_answer(self, recipient: &Recipient, headers: &Headers) -> Response {
        let (heading, problem) = match self {
            Refused::NoEntry(NoEntry::Refused(refusal)) => {
                return refuse(&refusal, &recipient.token, &recipient.headers, headers);
            }
            Refused::NoEntry(NoEntry::Failed(error)) => ("Something went wrong", store_failed(&error)),
            Refused::Problem(heading, problem) => (heading, *problem),
        };
        if !wants_page(&recipient.headers) {
            return problem.into_response();
        }
        let plain = !recipient.token.is_empty() && recipient.token.bytes().all(|b| b.is_ascii_alphanumeric());
        let page = ProblemPage {
            brand: BRAND.to_owned(),
            heading: heading.to_owned(),
            detail: problem.detail().to_owned(),
            back: plain.then(|| landing_path(&recipient.token)),
        };
        let mut all = headers.gated_page();
        all.extend(problem.headers());
        respond(problem.status(), all, &page)
    }
}

/// The answer to `recipient`: the outcome, or the refusal as a page or a document.
pub(crate) fn answer(site: &Site, recipient: &Recipient, outcome: Result<Response, Refused>) -> Response {
    outcome.unwrap_or_else(|refused| refused.into_answer(recipient, &site.headers))
}

/// 302 to a presigned URL.
pub(crate) fn redirect(url: &str) -> Result<Response, Refused> {
    let Ok(url) = HeaderValue::from_str(url) else {
        let cause = aws::Error::Broken { doing: "redirect", cause: "a signed URL is no header".to_owned() };
        return Err(cause.into());
    };
    let mut headers = gated();
    headers.insert(LOCATION, url);
    Ok((StatusCode::FOUND, headers).into_response())
}

/// JSON behind the gate.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Response {
    (status, gated(), Json(document)).into_response()
}
