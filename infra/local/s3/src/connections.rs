//! Serves connections of HTTP/1.1 clients, with a time limit for the head of a request.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long running requests may take to end after the server was stopped.
const GRACE: Duration = Duration::from_secs(5);

/// How long a client may take to send the head of a request, including the idle time before it.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Serves the clients of a listener until `shutdown` resolves; then running requests have five seconds to end.
/// `service` makes the service for one client from the client's address. A connection is closed if the head of a request
/// takes longer than `head_timeout`; otherwise clients that send one byte now and then could occupy all connections.
pub async fn serve_connections<S, B>(
    listener: TcpListener,
    head_timeout: Duration,
    service: impl Fn(SocketAddr) -> S,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    connections.spawn(serve_connection(stream, head_timeout, service(client), stopped.clone()));
                }
                // No file descriptor is free, or the client has left already. The server carries on in both cases.
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    stop.send_replace(());
    let all_done = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_done).await.is_err() {
        tracing::warn!(connections = connections.len(), "stopped before all requests had ended");
    }
}

async fn serve_connection<S, B>(
    stream: TcpStream,
    head_timeout: Duration,
    service: S,
    mut stopped: watch::Receiver<()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Without it a small answer waits until the client has acknowledged the packets before it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::service::service_fn;
    use std::convert::Infallible;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_connection_is_closed_if_the_head_of_a_request_is_late() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = |_| service_fn(async |_| Ok::<_, Infallible>(Response::new("hello".to_owned())));
        tokio::spawn(serve_connections(listener, Duration::from_millis(300), answer, std::future::pending()));
        for (sent, answered) in [
            ("", false),
            ("GET / HTTP/1.1\r\nHost: a", false),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next", true),
        ] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut read = String::new();
            let ended = tokio::time::timeout(Duration::from_secs(20), client.read_to_string(&mut read)).await;
            assert!(ended.is_ok(), "{sent:?}: still open");
            assert_eq!(read.starts_with("HTTP/1.1 200"), answered, "{sent:?}: {read}");
        }
    }
}
