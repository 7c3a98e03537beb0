//! Ports for the stores inside the process, for programs of functions, which reach their stores by HTTP as on AWS.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use local_inside::{Inside, MAILS_URL, QUEUES_URL, ROWS_URL};

/// The largest body of a request, in bytes.
const LIMIT: usize = 20 * 1024 * 1024;

/// Serves each store on a loopback address, and returns the settings with these addresses.
pub(crate) async fn open(inside: &Inside, settings: &aws::Settings) -> aws::Settings {
    let [rows, queues, mails] =
        [serve(inside, ROWS_URL).await, serve(inside, QUEUES_URL).await, serve(inside, MAILS_URL).await];
    aws::Settings {
        dynamodb_url: Some(rows),
        sqs_url: Some(queues),
        ses_url: Some(mails),
        ..settings.clone()
    }
}

async fn serve(inside: &Inside, url: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state((inside.clone(), url));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn answer(State((inside, url)): State<(Inside, &'static str)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let answer = inside.answer(url, Request::from_parts(parts, body)).await;
    answer.unwrap().map(Body::from).into_response()
}
