//! The link to try: it is made once, on the first folder with an asset, by the same API that users use.

use std::{fs, io, net::SocketAddr, path::PathBuf, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Stack;

/// The time between two checks whether there is something to share.
const CHECK_EVERY: Duration = Duration::from_millis(300);

pub(super) async fn get_or_create(stack: &Stack) -> Option<String> {
    let kept = stack.data().join("link-to-try");
    match fs::read_to_string(&kept) {
        Ok(id) => match call(stack, Method::GET, &format!("/api/links/{}", id.trim()), None).await {
            (StatusCode::OK, link) => url(&link),
            _ => None,
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => create(stack, kept).await,
        Err(error) => {
            tracing::warn!(%error, "the id of the link to try can't be read");
            None
        }
    }
}

async fn create(stack: &Stack, kept: PathBuf) -> Option<String> {
    let folder = loop {
        let (_, folders) = call(stack, Method::GET, "/api/folders", None).await;
        let filled = folders["items"].as_array().and_then(|folders| {
            folders
                .iter()
                .find(|folder| folder["asset_count"].as_u64().is_some_and(|count| count > 0))
                .cloned()
        });
        match filled {
            Some(folder) => break folder,
            None => tokio::time::sleep(CHECK_EVERY).await,
        }
    };
    let link = json!({
        "target": {"kind": "folder", "id": folder["id"], "include_subfolders": false},
        "title": folder["name"],
        "access": "download",
        "options": {"original": true},
    });
    let (status, link) = call(stack, Method::POST, "/api/links", Some(link)).await;
    if status != StatusCode::CREATED {
        tracing::warn!(%status, answer = %link, "the link to try could not be made");
        return None;
    }
    if let Some(id) = link["id"].as_str()
        && let Err(error) = fs::write(kept, id)
    {
        tracing::warn!(%error, "the id of the link to try can't be kept; the next start will make another link");
    }
    url(&link)
}

fn url(link: &Value) -> Option<String> {
    link["url"].as_str().map(str::to_owned)
}

/// Calls the site's API as the administrator, through the gateway as every request.
async fn call(stack: &Stack, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let token = stack.access_token("ada").unwrap_or_default();
    let host = stack.url().split_once("://").map_or(stack.url(), |(_, host)| host);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 0))))
        .body(body.map_or(Body::empty(), |body| Body::from(body.to_string())));
    let Ok(request) = request else { return (StatusCode::BAD_REQUEST, Value::Null) };
    let Ok(response) = stack.gateway.clone().oneshot(request).await;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
