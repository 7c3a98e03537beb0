//! Serves the store over HTTP/1.1, to clients on this machine and to pages of any origin.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::net::TcpListener;

use crate::connections::{HEAD_TIMEOUT, serve_connections};
use crate::protocol::Protocol;
use crate::store::Store;

/// The only pair of keys whose signatures the store accepts.
#[derive(Clone)]
pub struct Credentials {
    /// Not secret, since each signed request names it.
    pub access_key: String,
    /// Secret.
    pub secret_key: String,
}

/// Serves the store on a listener until `shutdown` resolves; then running requests have five seconds to end. Addresses are
/// path-style: `/bucket/key`.
pub async fn serve(
    listener: TcpListener,
    store: Arc<Store>,
    credentials: Credentials,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut builder = S3ServiceBuilder::new(Protocol(store));
    builder.set_auth(SimpleAuth::from_single(credentials.access_key, credentials.secret_key));
    let service = CrossOrigin(builder.build());
    serve_connections(listener, HEAD_TIMEOUT, |_| service.clone(), shutdown).await;
    Ok(())
}

/// Lets pages of any origin use the store, because the signature of a request decides what it may do.
#[derive(Clone)]
struct CrossOrigin(S3Service);

impl Service<Request<Incoming>> for CrossOrigin {
    type Response = Response<Body>;
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if request.method() == Method::OPTIONS {
            let answer = answer_preflight(request.headers());
            return Box::pin(async { Ok(answer) });
        }
        let answer = Service::call(&self.0, request);
        Box::pin(async move {
            let mut answer = answer.await?;
            allow_any_origin(answer.headers_mut());
            Ok(answer)
        })
    }
}

fn allow_any_origin(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "ETag, x-amz-checksum-crc32, Content-Range, Accept-Ranges, Content-Length, Content-Disposition",
        ),
    );
    // Pages with a Cross-Origin-Embedder-Policy may show the store's images.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

fn answer_preflight(request: &HeaderMap) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    allow_any_origin(headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, PUT, POST"));
    let wanted = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.unwrap_or(HeaderValue::from_static("*")));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    answer
}
