//! The sign-in page.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::SAMPLE_USERS;

/// The page's style, which uses the site's CSS variables.
pub(super) const STYLE: &str = include_str!("../../templates/sign_in.css");

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    /// The parameters of the request, which the form sends again.
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

/// Answers the page with the sample users.
pub(super) fn show_users(fields: &[(&'static str, String)]) -> Response {
    let users = SAMPLE_USERS.iter().map(|u| Choice {
        name: u.name,
        full_name: u.full_name,
        initial: u.full_name.chars().next().unwrap_or('?'),
        level: u.level,
        can: u.can,
    });
    html(StatusCode::OK, &SignIn { fields, users: users.collect() })
}

/// Answers the page for a request that must not be redirected.
pub(super) fn refuse(reason: &str) -> Response {
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
            // The form's answer redirects to the app, which has this same origin.
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
