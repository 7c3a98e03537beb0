//! Services that a test plays itself.

use axum::Router;
use tokio::net::TcpListener;

/// An address where nobody answers.
pub const NOBODY: &str = "http://127.0.0.1:9";

/// Serves a service that the test plays, and gives its address.
pub async fn serve(service: Router) -> String {
    let (listener, url) = listen().await;
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

/// A free port, with its address.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}
