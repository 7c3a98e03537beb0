//! The sign-in page.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::SAMPLE_USERS;

/// The page's own style, over the site's tokens.
pub(super) const STYLE: &str = include_str!("../../templates/sign_in.css");

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    /// The request, carried through the form.
    fields: &'a [(&'static str, String)],
    users: Vec<Choice>,
}

struct Choice {
    name: &'static str,
    full_name: &'static str,
    initial: char,
    level: &'static str,
    can: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in_refused.html")]
struct SignInRefused<'a> {
    reason: &'a str,
}

/// The page that offers the sample users.
pub(super) fn choices(fields: &[(&'static str, String)]) -> Response {
    let users = SAMPLE_USERS.iter().map(|u| Choice {
        name: u.name,
        full_name: u.full_name,
        initial: u.full_name.chars().next().unwrap_or('?'),
        level: u.level,
        can: u.can,
    });
    html(StatusCode::OK, &SignIn { fields, users: users.collect() })
}

/// The page for a request that must not be redirected anywhere.
pub(super) fn refused(reason: &str) -> Response {
    html(StatusCode::BAD_REQUEST, &SignInRefused { reason })
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    let Ok(body) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, body).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            // The form's answer leads back to the app, on this same origin.
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
