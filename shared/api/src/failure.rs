//! The error type of handlers.

use axum::response::{IntoResponse, Response};
use web::problem::Problem;

/// A problem that is sent as the answer. `?` turns a store's failure into one, and logs it.
#[derive(Debug, PartialEq)]
pub struct Failure(Box<Problem>);

impl Failure {
    /// The problem.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<aws::Error> for Failure {
    fn from(error: aws::Error) -> Self {
        store_failed(&error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// The problem of a store's failure: 503 if the store is busy, otherwise 500. The cause is logged and not sent.
#[must_use]
pub fn store_failed(error: &aws::Error) -> Problem {
    if let aws::Error::Busy { .. } = error {
        tracing::warn!(%error, "a store is busy");
        return Problem::unavailable("This is taking longer than it should. Try again in a moment.", 2);
    }
    Problem::internal(error)
}
