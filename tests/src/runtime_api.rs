//! Lambda's Runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>), served by the test: a
//! bootstrap gets its next event from it, and sends its answers to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::sync::{mpsc, oneshot};

/// The longest time of an invocation, from which the deadline for the bootstrap follows.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// What a bootstrap answered: a response, or an error of its function.
pub(crate) type Outcome = Result<Bytes, Bytes>;

struct Shared {
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Bytes)>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

/// The API of one bootstrap.
pub(crate) struct RuntimeApi {
    address: String,
    events: mpsc::UnboundedSender<(String, Bytes)>,
    shared: Arc<Shared>,
    numbers: AtomicU64,
    server: tokio::task::JoinHandle<()>,
}

impl RuntimeApi {
    pub async fn start() -> Self {
        let (events, next) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { next: next.into(), waiting: Mutex::default() });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // As fast as Lambda's: otherwise small answers wait for the acknowledgement of earlier ones.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, events, shared, numbers: AtomicU64::new(1), server }
    }

    /// `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Gives an event to the bootstrap. Returns the event's request id and a receiver for the answer.
    pub fn send(&self, event: impl Into<Bytes>) -> (String, oneshot::Receiver<Outcome>) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let id = format!("8476a536-e9f4-11e8-9739-{number:012}");
        let (sender, receiver) = oneshot::channel();
        self.shared.waiting.lock().unwrap().insert(id.clone(), sender);
        self.events.send((id.clone(), event.into())).unwrap();
        (id, receiver)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next_event(State(shared): State<Arc<Shared>>) -> Response {
    let Some((id, event)) = shared.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = aws::clock::now().as_millisecond() + TIMEOUT.as_millis() as i64;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:000000000000:function:f".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.pass_on(&id, Ok(body))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.pass_on(&id, Err(body))
}

impl Shared {
    fn pass_on(&self, id: &str, outcome: Outcome) -> StatusCode {
        let Some(waiting) = self.waiting.lock().unwrap().remove(id) else { return StatusCode::NOT_FOUND };
        // The receiver may have been dropped.
        _ = waiting.send(outcome);
        StatusCode::ACCEPTED
    }
}
