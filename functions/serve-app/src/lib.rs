//! The users' web app: its HTML page (the shell), its modules, and the static files of every page.
//!
//! The app is plain ES modules under `app/`, embedded in the program and served unchanged: there is no build step. All
//! of them share one content hash in their path, so that browsers can cache them for ever and relative imports work.

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
use web::delivery::with_delivery;

/// The OAuth scopes that the app requests from the issuer.
const SCOPE: &str = "openid email profile";

/// The addresses that the app needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppConfig {
    /// The OIDC issuer, as in `iss`; its metadata is at `<issuer>/.well-known/openid-configuration`.
    pub issuer: String,
    /// The app's public client id at the issuer.
    pub client_id: String,
    /// Origins of the issuer's other endpoints, if they differ from its own (Cognito's do).
    #[serde(default)]
    pub issuer_origins: Vec<String>,
    /// The address that ends the issuer's session, for an issuer that does not name it in its metadata (Cognito).
    #[serde(default)]
    pub sign_out_url: Option<String>,
    /// The origin of the S3 store, from which thumbnails and previews are loaded.
    pub store_origin: String,
}

/// The document `/config.json`.
#[derive(Debug, Clone, Serialize)]
struct ClientConfig {
    issuer: String,
    client_id: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_out_url: Option<String>,
}

/// The app's routes: shell, `/config.json`, `/app/…`, `/static/…`, `/favicon.svg` and `/robots.txt`; also the API's
/// document. Any other path gets a page with status 404.
pub fn router(config: AppConfig) -> Router {
    let shell = Shell::new(&config);
    let client = ClientConfig {
        issuer: config.issuer,
        client_id: config.client_id,
        scope: SCOPE,
        sign_out_url: config.sign_out_url,
    };
    let mut router = Router::new()
        .route("/config.json", get(serve_config).with_state(client))
        .route("/robots.txt", get(files::serve_robots))
        .route("/favicon.svg", get(files::serve_favicon))
        .route("/static/{hash}/{*path}", get(files::serve_shared))
        .route("/app/{hash}/{*path}", get(files::serve_own))
        .route("/api/openapi.json", get(api_document::read).fallback(api_document::wrong_method));
    for path in ["/", "/folders/{id}", "/assets/{id}", "/links", "/links/{id}", "/users", "/signed-in"] {
        router = router.route(path, get(shell::serve_page).with_state(shell.clone()));
    }
    with_delivery(router.fallback_service(get(shell::serve_not_found).with_state(shell)))
}

async fn serve_config(State(config): State<ClientConfig>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-cache")], Json(config))
}

/// The routes, as the OpenAPI document describes them: the app itself is no API.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(api_document::read))]
pub struct Described;

#[cfg(test)]
mod tests;
