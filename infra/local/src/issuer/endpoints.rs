//! The issuer's endpoints: OpenID Connect's code flow with PKCE, and tokens by a user's name for programs.

use axum::{
    Form, Json, Router,
    body::Bytes,
    extract::{FromRequest, Query, Request, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CLIENT_ID, Issuer, SampleUser, TOKEN_LIFE, grants::Grant, page};
use crate::problem::problem;

/// Characters that are not encoded in a query: RFC 3986's unreserved ones.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn router(issuer: Issuer) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/jwks.json", get(async |State(issuer): State<Issuer>| Json(issuer.0.key.jwks())))
        .route("/authorize", get(show_users).post(sign_in))
        .route("/token", post(token))
        .route("/logout", get(logout))
        .route("/sign-in.css", get(async || ([(header::CONTENT_TYPE, "text/css")], page::STYLE)))
        .fallback(async || problem(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .with_state(issuer)
}

async fn configuration(State(issuer): State<Issuer>) -> Json<Value> {
    let url = issuer.url();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "end_session_endpoint": format!("{url}/logout"),
        "jwks_uri": format!("{url}/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "scopes_supported": ["openid", "email", "profile"],
        "claims_supported": ["sub", "name", "email", "cognito:groups"],
    }))
}

/// A request for a code (RFC 6749, 4.1.1; RFC 7636, 4.3). Missing parameters are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Authorize {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
    /// Set by the sign-in page's buttons.
    user: String,
}

impl Authorize {
    /// Checks the request; the error is the answer to an invalid one.
    fn check(&self, issuer: &Issuer) -> Result<(), Box<Response>> {
        if self.client_id != CLIENT_ID {
            return Err(page::refuse("The app that sent you here is not known.").into());
        }
        // Checked first, since later errors are sent to that address.
        if !issuer.0.site.owns(&self.redirect_uri) {
            return Err(page::refuse("The app that sent you here wants to send you to another site.").into());
        }
        if self.response_type != "code" {
            return Err(self.redirect(&[("error", "unsupported_response_type")]).into());
        }
        let challenge = self.code_challenge.as_bytes();
        let encoded = challenge.iter().all(|b| b.is_ascii_alphanumeric() || [b'-', b'_'].contains(b));
        if self.code_challenge_method != "S256" || challenge.len() != 43 || !encoded {
            let why = "A code_challenge with code_challenge_method S256 is required.";
            return Err(self.redirect(&[("error", "invalid_request"), ("error_description", why)]).into());
        }
        Ok(())
    }

    fn redirect(&self, parameters: &[(&str, &str)]) -> Response {
        let mut url = self.redirect_uri.clone();
        let state = self.state.as_deref().map(|state| ("state", state));
        for (name, value) in parameters.iter().copied().chain(state) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={}", utf8_percent_encode(value, IN_QUERY)));
        }
        ([(header::CACHE_CONTROL, "no-store")], Redirect::to(&url)).into_response()
    }
}

async fn show_users(State(issuer): State<Issuer>, Query(request): Query<Authorize>) -> Response {
    if let Err(answer) = request.check(&issuer) {
        return *answer;
    }
    let mut fields = vec![
        ("response_type", request.response_type),
        ("client_id", request.client_id),
        ("redirect_uri", request.redirect_uri),
        ("scope", request.scope),
        ("code_challenge", request.code_challenge),
        ("code_challenge_method", request.code_challenge_method),
    ];
    fields.extend(request.state.map(|state| ("state", state)));
    fields.extend(request.nonce.map(|nonce| ("nonce", nonce)));
    page::show_users(&fields)
}

async fn sign_in(State(issuer): State<Issuer>, Form(request): Form<Authorize>) -> Response {
    if let Err(answer) = request.check(&issuer) {
        return *answer;
    }
    let Some(user) = SampleUser::find(&request.user) else {
        return page::refuse("There is no such sample user.");
    };
    let grant = Grant {
        user,
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
    };
    let code = issuer.0.grants.issue(grant, aws::clock::now());
    request.redirect(&[("code", &code)])
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameRequest {
    user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeRequest {
    grant_type: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
    client_id: String,
}

/// Answers a token for a code (a form), or for a sample user's name (JSON, for programs and tests).
async fn token(State(issuer): State<Issuer>, request: Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let Ok(body) = Bytes::from_request(request, &()).await else {
            return problem(
                StatusCode::BAD_REQUEST,
                "The request ended before its body was complete. Send it again.",
            );
        };
        return issue_by_name(&issuer, &body);
    }
    match Form::from_request(request, &()).await {
        Ok(Form(request)) => issue_by_code(&issuer, &request),
        Err(_) => refuse("invalid_request"),
    }
}

fn issue_by_name(issuer: &Issuer, body: &[u8]) -> Response {
    let Ok(NameRequest { user }) = serde_json::from_slice(body) else {
        return problem(StatusCode::BAD_REQUEST, r#"Send {"user": "<name>"} with a sample user's name."#);
    };
    let Some(user) = SampleUser::find(&user) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "There is no such sample user. Send one of ada, carl, cora, prue and bree.",
        );
    };
    let now = aws::clock::now();
    answer(json!({
        "access_token": issuer.access_token(user, now),
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE.as_secs(),
    }))
}

fn issue_by_code(issuer: &Issuer, request: &CodeRequest) -> Response {
    if request.grant_type != "authorization_code" {
        return refuse("unsupported_grant_type");
    }
    if request.client_id != CLIENT_ID {
        return refuse("invalid_client");
    }
    let now = aws::clock::now();
    match issuer.0.grants.redeem(&request.code, &request.code_verifier, &request.redirect_uri, now) {
        Some(grant) => answer(json!({
            "access_token": issuer.access_token(grant.user, now),
            "id_token": issuer.id_token(grant.user, grant.nonce.as_deref(), now),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE.as_secs(),
        })),
        None => refuse("invalid_grant"),
    }
}

fn answer(tokens: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response()
}

/// An error of the token endpoint (RFC 6749, 5.2).
fn refuse(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(json!({"error": error})))
        .into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Logout {
    post_logout_redirect_uri: String,
    /// Cognito's name of that parameter.
    logout_uri: String,
    state: Option<String>,
}

/// The issuer keeps no sessions, so signing out only redirects to the app.
async fn logout(State(issuer): State<Issuer>, Query(request): Query<Logout>) -> Response {
    let wanted =
        Some(request.post_logout_redirect_uri).filter(|uri| !uri.is_empty()).unwrap_or(request.logout_uri);
    let redirect_uri = if wanted.is_empty() { format!("{}/", issuer.0.site.origin()) } else { wanted };
    if !issuer.0.site.owns(&redirect_uri) {
        return page::refuse("The app that sent you here wants to send you to another site.");
    }
    Authorize { redirect_uri, state: request.state, ..Authorize::default() }.redirect(&[])
}
