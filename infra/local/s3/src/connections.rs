//! Connections of HTTP/1.1 clients, served until they end or have taken too long.

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

/// How long requests under way may go on once the server is to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long a client may usually take to send a request's head, and to stay idle before it.
pub const HEAD_WITHIN: Duration = Duration::from_secs(60);

/// Serves the clients of a listener until `shutdown` is ready; then requests under way have five seconds to end.
/// `service` makes what answers one client, by its address. A connection ends on which the head of a request did not
/// arrive within `head_within`: whoever sends a little now and then would otherwise keep it, and many of them all.
pub async fn connections<S, B>(
    listener: TcpListener,
    head_within: Duration,
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
                    connections.spawn(connection(stream, head_within, service(client), stopped.clone()));
                }
                // Out of file descriptors, or a client gone already: neither ends the server.
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
        tracing::warn!(connections = connections.len(), "stopped while requests were under way");
    }
}

async fn connection<S, B>(
    stream: TcpStream,
    head_within: Duration,
    service: S,
    mut stopped: watch::Receiver<()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Without it small answers wait for the client's acknowledgement of the ones before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
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
    async fn a_connection_that_sends_no_whole_head_in_time_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = |_| service_fn(async |_| Ok::<_, Infallible>(Response::new("hello".to_owned())));
        tokio::spawn(connections(listener, Duration::from_millis(300), answer, std::future::pending()));
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
