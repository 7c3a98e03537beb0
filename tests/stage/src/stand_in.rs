//! Services that a test serves itself.

use axum::Router;
use tokio::net::TcpListener;

/// An address without a server.
pub const UNREACHABLE: &str = "http://127.0.0.1:9";

/// Serves a service of the test, and returns its address.
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
