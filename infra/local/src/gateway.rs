//! API Gateway on one machine: an HTTP request becomes the event a function gets on AWS, the
//! function's answer becomes the HTTP response. The routes are those of the template.

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

/// The largest request body that an HTTP API takes, in bytes.
pub const REQUEST_LIMIT: usize = 10 * 1024 * 1024;

/// How long the body of a request may take to arrive, as long as an HTTP API waits.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// One route of the HTTP API: every method of `path` goes to `function`.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// As in the template: `{name}` is one segment, `{proxy+}` whatever follows.
    pub path: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// Whether the JWT authoriser guards it.
    pub sign_in: bool,
}

/// What the gateway needs besides routes and functions.
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

/// A route without its function: a mistake in the assembly.
#[derive(Debug, thiserror::Error)]
#[error("route {path} names the function {function}, which is not there")]
pub struct NoSuchFunction {
    path: &'static str,
    function: &'static str,
}

/// The gateway as a router; serve it with the clients' addresses
/// (`into_make_service_with_connect_info::<SocketAddr>`). `default` is the function of the
/// `$default` route, which gets whatever no route matches; `mail` shows kept mails at `/mail`.
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
    // Behind a proxy the whole world may come by loopback: mails are for whoever sits at this machine.
    if !gateway.site.behind_proxy() {
        router = router.nest("/mail", mail);
    }
    if let Some(issuer) = gateway.sign_in.router() {
        router = router.nest("/auth", issuer);
    }
    Ok(router.fallback_service(rest).layer(middleware::from_fn_with_state(gateway, own_host)))
}

async fn own_host(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let mut response = match refuse_foreign_host(&gateway.site, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    if gateway.site.scheme() == "https" {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, web::headers::ONE_YEAR);
    }
    response
}

/// Refuses requests for other hosts, as a gateway behind TLS does by its certificate. Somebody who
/// typed another name of this machine is led to the site's own: sign-in and visits belong to one origin.
fn refuse_foreign_host(site: &Site, request: &Request) -> Option<Response> {
    // Of several, each reader would take its own (RFC 9112, 3.2); `OPTIONS *` is about no address of the site.
    if request.headers().get_all(header::HOST).iter().count() > 1 || !request.uri().path().starts_with('/') {
        return Some(problem(
            StatusCode::BAD_REQUEST,
            "Send one Host header, and a path that begins with a slash.",
        ));
    }
    let header = |name: &str| request.headers().get(name).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let host = header("host");
    // The function's URL is made of it: a port that is none would break it.
    let is_plain = host.parse::<Authority>().is_ok_and(|own| match own.port_u16() {
        Some(port) => host == format!("{}:{port}", own.host()),
        None => host == own.host(),
    });
    if !is_plain || !site.answers_to(host) {
        let detail = "This address is not one of the site's. Start it with --public-url to give it one.";
        return Some(problem(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let strays = !site.behind_proxy() && site.origin() != format!("http://{host}");
    if strays && request.method() == Method::GET && header("sec-fetch-mode") == "navigate" {
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
            Err(Denied::Refused(_)) => return unauthorized(),
            Err(Denied::Unavailable) => return nobody_can_say(),
        },
    };
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > REQUEST_LIMIT) {
        read_off(body).await;
        return too_large();
    }
    let body = match tokio::time::timeout(BODY_WITHIN, axum::body::to_bytes(body, REQUEST_LIMIT)).await {
        Ok(Ok(body)) => body,
        Ok(Err(e)) if is_length_limit(&e) => return too_large(),
        Ok(Err(_)) => return problem(StatusCode::BAD_REQUEST, "The request broke off. Send it again."),
        Err(_) => {
            return closing(problem(
                StatusCode::REQUEST_TIMEOUT,
                "The request took too long to arrive. Send it again.",
            ));
        }
    };
    let request_id = event::request_id();
    let path_parameters = path_parameters(&mut parts).await;
    let event = event::from_request(event::Received {
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
        Ok(answer) => reply::from_answer(&answer, parts.method == Method::HEAD)
            .map_err(|e| InvokeError::Failed(e.to_string())),
        Err(e) => Err(e),
    };
    let mut response = answer.unwrap_or_else(|error| {
        tracing::error!(function, request_id, %error, "no answer");
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

/// Reads a body that nobody wants, for a while: a client that is still sending when the connection closes may never see
/// the answer.
async fn read_off(mut body: Body) {
    let mut left = 4 * REQUEST_LIMIT;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // A client that is too slow gets its answer all the same.
    _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
}

async fn path_parameters(parts: &mut Parts) -> Map<String, Value> {
    // The fallback has none, which the extractor calls an error.
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return Map::new() };
    params.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<LengthLimitError>())
}

fn too_large() -> Response {
    closing(problem(
        StatusCode::PAYLOAD_TOO_LARGE,
        "This is more than the site takes in one request (10 MB).",
    ))
}

/// An answer to a body of which a part stays unread, so that the connection can't be used again.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn unauthorized() -> Response {
    let mut response =
        problem(StatusCode::UNAUTHORIZED, "Sign in to go on: this needs a valid access token.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn nobody_can_say() -> Response {
    let detail =
        "Who you are can't be checked just now: the sign-in service does not answer. Try again in a minute.";
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, detail);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

#[cfg(test)]
mod tests;
