//! Errors as RFC 9457 `application/problem+json`, each with its HTTP status.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

/// The largest number of errors in one answer.
pub const MAX_ERRORS: usize = 50;
/// The longest path of a field, in characters; a path can contain what the client sent.
const MAX_FIELD: usize = 200;
/// The longest message, in characters; a message can quote what the client sent.
const MAX_MESSAGE: usize = 400;

/// An error as the client sees it. `detail` is for people: what happened and what to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^about:blank$"))]
    kind: AboutBlank,
    title: &'static str,
    #[serde(serialize_with = "status_number")]
    #[cfg_attr(feature = "openapi", schema(value_type = u16, minimum = 400, maximum = 599))]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Members))]
    members: Map<String, Value>,
    /// Seconds for `Retry-After`.
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// Members that some problems have.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(as = ProblemMembers)]
#[expect(dead_code, reason = "for the OpenAPI document alone")]
struct Members {
    /// For a link that is not open: whether it asks for a password.
    #[schema(nullable = false)]
    needs_password: Option<bool>,
}

/// The type of every problem: RFC 9457 wants this one, with the status's phrase as title, where the status alone says
/// what kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AboutBlank;

impl Serialize for AboutBlank {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("about:blank")
    }
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: AboutBlank,
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
        }
    }

    /// 400: the request can't be parsed.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: a sign-in, a visit or the right password is missing.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 403: the user is known, but not allowed to do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: it does not exist, or belongs to somebody else.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405: the address exists, the method doesn't.
    pub fn method_not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// 409: it was changed by somebody else at the same time.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 410: it existed and has ended.
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, detail)
    }

    /// 413: the body is too large.
    pub fn payload_too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 415: the body's type is not supported.
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// 422: the request can be parsed, but these fields are wrong. At most [`MAX_ERRORS`] are listed, and long ones are
    /// shortened, so that the answer stays small for any request.
    pub fn unprocessable(errors: impl IntoIterator<Item = FieldError>) -> Self {
        let mut left = errors.into_iter();
        let errors: Vec<FieldError> = left.by_ref().take(MAX_ERRORS).map(shorten).collect();
        let has_more = left.next().is_some();
        let detail = match errors.as_slice() {
            [] => "The request has a value that can't be used. Check it and send it again.".to_owned(),
            [only] => only.message.clone(),
            first if has_more => {
                format!(
                    "More than {0} fields need another look. The first {0} are named in errors.",
                    first.len()
                )
            }
            several => format!("{} fields need another look. Each is named in errors.", several.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// 429: too many requests; the client may try again after `retry_after` seconds.
    pub fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// 500. The cause is logged here with its own causes, and is no part of the answer.
    pub fn internal(cause: &(dyn Error + 'static)) -> Self {
        let mut causes = cause.to_string();
        let mut next = cause.source();
        while let Some(source) = next {
            causes.push_str(": ");
            causes.push_str(&source.to_string());
            next = source.source();
        }
        tracing::error!(cause = %causes, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side. Try again in a moment.",
        )
    }

    /// 503: busy; the client may try again after `retry_after` seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// Adds an extension member, such as `needs_password`.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// Replaces the title, where two statuses must read the same.
    #[must_use]
    pub fn with_title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The fields that have errors, in their order.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.errors.iter().map(|error| error.field.as_str()).collect()
    }

    /// What happened and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The headers that the status needs: `Retry-After`, `WWW-Authenticate`.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 requires a challenge with every 401.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers
    }
}

fn shorten(FieldError { field, message }: FieldError) -> FieldError {
    FieldError { field: cut(field, MAX_FIELD), message: cut(message, MAX_MESSAGE) }
}

/// Cuts a text to `most` characters; the last is an ellipsis if the text was longer.
fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn status_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = self.headers();
        headers.extend(crate::headers::gated());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // Texts and numbers can always be serialised; if not, the status alone still says what happened.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (self.status, headers, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_has_the_members_of_rfc_9457() {
        let problem = Problem::unprocessable([FieldError::new("max_uses", "Give a number of 1 or more.")]);
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            json!({
                "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
                "detail": "Give a number of 1 or more.",
                "errors": [{"field": "max_uses", "message": "Give a number of 1 or more."}],
            })
        );
        let problem = Problem::unauthorized("Open the link first.").with("needs_password", true);
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            json!({
                "type": "about:blank", "title": "Unauthorized", "status": 401,
                "detail": "Open the link first.", "needs_password": true,
            })
        );
    }

    #[test]
    fn an_error_list_is_bounded_and_so_is_each_error() {
        let document = |count: usize, length: usize| {
            let errors = (0..count).map(|_| FieldError::new("ü".repeat(length), "ü".repeat(length)));
            serde_json::to_value(Problem::unprocessable(errors)).unwrap()
        };
        let many = document(20_000, 1_000);
        assert_eq!(many["errors"].as_array().unwrap().len(), 50);
        assert_eq!(
            many["detail"],
            "More than 50 fields need another look. The first 50 are named in errors."
        );
        assert!(many.to_string().len() < 100_000);
        assert_eq!(document(50, 1)["detail"], "50 fields need another look. Each is named in errors.");
        let one = document(1, 1_000_000);
        assert!(one.to_string().len() < 3_000, "the detail is bounded too");
        assert!(one["errors"][0]["field"].as_str().unwrap().ends_with("ü…"));
        assert_eq!(document(1, 200)["errors"][0]["field"].as_str().unwrap().chars().count(), 200);
    }

    #[test]
    fn the_answer_carries_status_type_and_wait() {
        let answer = Problem::too_many("Too many tries.", 720).into_response();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers()[RETRY_AFTER], "720");
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        let answer = Problem::unauthorized("Sign in.").into_response();
        assert_eq!(answer.headers()[WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn an_internal_cause_is_not_sent_to_the_client() {
        let cause = std::io::Error::other("table vitrine at 10.0.0.7 is on fire");
        let body = serde_json::to_string(&Problem::internal(&cause)).unwrap();
        assert!(!body.contains("vitrine") && !body.contains("fire"), "{body}");
    }
}
