//! API Gateway on one machine: it makes the event that a function gets on AWS from an HTTP request, and the HTTP response
//! from the function's answer. The routes are those of the template.

mod authoriser;
mod event;
mod reply;

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::any,
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts, uri::Authority};
use http_body_util::{BodyExt, LengthLimitError};
use serde_json::{Map, Value};

use crate::{
    function::{Function, InvokeError},
    problem::problem,
    provider::Denied,
    sign_in::SignIn,
    site::Site,
};

/// The largest request body of an HTTP API, in bytes.
pub const REQUEST_LIMIT: usize = 10 * 1024 * 1024;

/// How long the body of a request may take to arrive, as for an HTTP API.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// One route of the HTTP API: every method of `path` goes to `function`.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// As in the template: `{name}` is one segment, `{proxy+}` is the rest of the path.
    pub path: &'static str,
    /// The name of its function.
    pub function: &'static str,
    /// Whether the JWT authoriser checks its requests.
    pub sign_in: bool,
}

/// What all routes need.
#[derive(Clone)]
struct Gateway {
    site: Site,
    sign_in: SignIn,
}

#[derive(Clone)]
struct Mounted {
    gateway: Arc<Gateway>,
    route_key: Arc<str>,
    function: Function,
    sign_in: bool,
}

/// A route whose function is not among the functions: a mistake in this crate.
#[derive(Debug, thiserror::Error)]
#[error("route {path} names the function {function}, which does not exist")]
pub struct NoSuchFunction {
    path: &'static str,
    function: &'static str,
}

/// The gateway as a router; each request needs its client's address as `ConnectInfo<SocketAddr>`. `default` is the function
/// of the `$default` route, for requests that no route matches; `mail` shows kept mails at `/mail`.
///
/// # Errors
/// If a route names a function that is not in `functions`.
pub fn router(
    routes: &[Route],
    default: &'static str,
    functions: &[Function],
    sign_in: SignIn,
    mail: Router,
    site: Site,
) -> Result<Router, NoSuchFunction> {
    let functions: HashMap<_, _> = functions.iter().map(|f| (f.name(), f)).collect();
    let gateway = Arc::new(Gateway { site, sign_in });
    let mount = |path, function, sign_in, route_key: String| match functions.get(function) {
        Some(&function) => Ok(any(invoke).with_state(Mounted {
            gateway: gateway.clone(),
            route_key: route_key.into(),
            function: function.clone(),
            sign_in,
        })),
        None => Err(NoSuchFunction { path, function }),
    };
    let mut router = Router::new();
    for &Route { path, function, sign_in } in routes {
        router = router.route(
            &path.replace("+}", "}").replace("{proxy", "{*proxy"),
            mount(path, function, sign_in, format!("ANY {path}"))?,
        );
    }
    let rest = mount("$default", default, false, "$default".to_owned())?;
    // Behind a proxy everybody comes by loopback, and mails are only for the user of this machine.
    if !gateway.site.behind_proxy() {
        router = router.nest("/mail", mail);
    }
    if let Some(issuer) = gateway.sign_in.router() {
        router = router.nest("/auth", issuer);
    }
    Ok(router.fallback_service(rest).layer(middleware::from_fn_with_state(gateway, check_host)))
}

async fn check_host(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let mut response = match refuse_foreign_host(&gateway.site, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    if gateway.site.scheme() == "https" {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, web::headers::ONE_YEAR);
    }
    response
}

/// Refuses requests for other hosts, as a gateway with TLS does by its certificate. A person who typed another name of this
/// machine is redirected to the site's own, because sign-in and visits belong to one origin.
fn refuse_foreign_host(site: &Site, request: &Request) -> Option<Response> {
    // Programs would read different ones of several Host headers (RFC 9112, 3.2). `OPTIONS *` has no path.
    if request.headers().get_all(header::HOST).iter().count() > 1 || !request.uri().path().starts_with('/') {
        return Some(problem(
            StatusCode::BAD_REQUEST,
            "Send one Host header, and a path that begins with a slash.",
        ));
    }
    let header = |name: &str| request.headers().get(name).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let host = header("host");
    // The function's URL is made from it, and an invalid port would break the URL.
    let is_plain = host.parse::<Authority>().is_ok_and(|own| match own.port_u16() {
        Some(port) => host == format!("{}:{port}", own.host()),
        None => host == own.host(),
    });
    if !is_plain || !site.answers_to(host) {
        let detail =
            "The site does not have this address. Start it with --public-url to give it another address.";
        return Some(problem(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let is_other_name = !site.behind_proxy() && site.origin() != format!("http://{host}");
    if is_other_name && request.method() == Method::GET && header("sec-fetch-mode") == "navigate" {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Some(Redirect::temporary(&format!("{}{path}", site.origin())).into_response());
    }
    None
}

async fn invoke(
    State(mounted): State<Mounted>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let now = aws::clock::now();
    let claims = match mounted.sign_in {
        false => None,
        true => match authoriser::claims(&parts.headers, &mounted.gateway.sign_in, now).await {
            Ok(claims) => Some(claims),
            Err(Denied::InvalidToken(_)) => return unauthorized(),
            Err(Denied::Unavailable) => return sign_in_unavailable(),
        },
    };
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > REQUEST_LIMIT) {
        discard(body).await;
        return too_large();
    }
    let body = match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, REQUEST_LIMIT)).await {
        Ok(Ok(body)) => body,
        Ok(Err(e)) if is_length_limit(&e) => return too_large(),
        Ok(Err(_)) => {
            return problem(
                StatusCode::BAD_REQUEST,
                "The request ended before its body was complete. Send it again.",
            );
        }
        Err(_) => {
            return close_connection_after(problem(
                StatusCode::REQUEST_TIMEOUT,
                "The request took too long to arrive. Send it again.",
            ));
        }
    };
    let request_id = event::request_id();
    let path_parameters = path_parameters(&mut parts).await;
    let event = event::build(event::ReceivedRequest {
        parts: &parts,
        body: &body,
        route_key: &mounted.route_key,
        path_parameters,
        claims,
        peer: peer.ip(),
        site: &mounted.gateway.site,
        request_id: &request_id,
        now,
    });
    let function = mounted.function.name();
    let answer = match mounted.function.invoke(event.to_string().into_bytes(), &request_id, now).await {
        Ok(answer) => reply::to_response(&answer, parts.method == Method::HEAD)
            .map_err(|e| InvokeError::Failed(e.to_string())),
        Err(e) => Err(e),
    };
    let mut response = answer.unwrap_or_else(|error| {
        tracing::error!(function, request_id, %error, "a function did not answer");
        match error {
            InvokeError::EventTooLarge => too_large(),
            InvokeError::TimedOut(_) => {
                problem(StatusCode::SERVICE_UNAVAILABLE, "This took too long. Try again in a moment.")
            }
            InvokeError::AnswerTooLarge | InvokeError::Failed(_) => problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here. Try again in a moment.",
            ),
        }
    });
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

/// Reads and discards a refused body for some seconds, because a client that is still sending when the connection is closed
/// may not see the answer.
async fn discard(mut body: Body) {
    let mut left = 4 * REQUEST_LIMIT;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // A client that is too slow gets the answer too.
    _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
}

async fn path_parameters(parts: &mut Parts) -> Map<String, Value> {
    // The fallback route has no parameters, which the extractor reports as an error.
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return Map::new() };
    params.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<LengthLimitError>())
}

fn too_large() -> Response {
    close_connection_after(problem(
        StatusCode::PAYLOAD_TOO_LARGE,
        "The request is larger than the 10 MB that the site accepts. Send less at once.",
    ))
}

/// Closes the connection after an answer, because a part of the request's body was not read.
fn close_connection_after(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn unauthorized() -> Response {
    let mut response = problem(StatusCode::UNAUTHORIZED, "Sign in: this needs a valid access token.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn sign_in_unavailable() -> Response {
    let detail =
        "Your sign-in can't be checked now: the sign-in service does not answer. Try again in a minute.";
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, detail);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

#[cfg(test)]
mod tests;
