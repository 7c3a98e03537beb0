//! The users' web app: its shell, its own modules, and the static files of every page.
//!
//! The app is plain ES modules under `app/`, part of the program and served as they are: there is no build step.
//! All of them share one content hash in their address, so that they may be kept for ever and still import each
//! other by relative path.

mod api_document;
mod etag;
mod files;
mod shell;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, response::IntoResponse};
use http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};

use shell::Shell;
use web::delivery::delivering;

/// What the app asks the issuer for.
const SCOPE: &str = "openid email profile";

/// What the app has to know of its surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppConfig {
    /// The OIDC issuer, as in `iss`: `<issuer>/.well-known/openid-configuration` describes it.
    pub issuer: String,
    /// The app's public client id at the issuer.
    pub client_id: String,
    /// Origins of the issuer's other endpoints, where they differ from its own, as Cognito's do.
    #[serde(default)]
    pub issuer_origins: Vec<String>,
    /// Where the issuer ends its own session, for one that does not say so itself.
    #[serde(default)]
    pub sign_out_url: Option<String>,
    /// Where thumbnails and previews come from: the origin of the S3 store.
    pub store_origin: String,
}

/// What `/config.json` answers.
#[derive(Debug, Clone, Serialize)]
struct ClientConfig {
    issuer: String,
    client_id: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_out_url: Option<String>,
}

/// The app's routes: shell, `/config.json`, `/app/…`, `/static/…`, `/favicon.svg` and `/robots.txt`, and the API's
/// document; any other path is answered by the shell with 404.
pub fn router(config: AppConfig) -> Router {
    let shell = Shell::new(&config);
    let client = ClientConfig {
        issuer: config.issuer,
        client_id: config.client_id,
        scope: SCOPE,
        sign_out_url: config.sign_out_url,
    };
    let mut router = Router::new()
        .route("/config.json", get(client_config).with_state(client))
        .route("/robots.txt", get(files::robots))
        .route("/favicon.svg", get(files::favicon))
        .route("/static/{hash}/{*path}", get(files::shared))
        .route("/app/{hash}/{*path}", get(files::own))
        .route("/api/openapi.json", get(api_document::read).fallback(api_document::wrong_method));
    for path in ["/", "/folders/{id}", "/assets/{id}", "/links", "/links/{id}", "/users", "/signed-in"] {
        router = router.route(path, get(shell::page).with_state(shell.clone()));
    }
    delivering(router.fallback_service(get(shell::nowhere).with_state(shell)))
}

async fn client_config(State(config): State<ClientConfig>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-cache")], Json(config))
}

/// The routes, as the OpenAPI document describes them: the app itself is no API.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(api_document::read))]
pub struct Described;

#[cfg(test)]
mod tests;
