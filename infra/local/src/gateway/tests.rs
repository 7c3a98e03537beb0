use super::*;

use axum::{Json, http::HeaderMap, response::AppendHeaders, routing::get};
use lambda_http::RequestExt;
use serde_json::json;
use tower::ServiceExt;

use crate::issuer::{Issuer, SAMPLE_USERS};

const ROUTES: &[Route] = &[
    Route { path: "/api/openapi.json", function: "open", sign_in: false },
    Route { path: "/api/{proxy+}", function: "api", sign_in: true },
    Route { path: "/s/{token}/assets/{asset}/{rendition}", function: "open", sign_in: false },
];

/// Answers what the function got of the request, as JSON.
async fn echo(request: axum::extract::Request) -> Json<Value> {
    let context = request.extensions().get::<lambda_http::request::RequestContext>().cloned();
    let Some(lambda_http::request::RequestContext::ApiGatewayV2(context)) = context else {
        return Json(json!("not an API Gateway request"));
    };
    let headers = request.headers();
    let all = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
            .collect::<Vec<_>>()
    };
    let lambda = request.lambda_context_ref().map(|c| c.request_id.clone());
    let mut echo = json!({
        "method": request.method().as_str(),
        "uri": request.uri().to_string(),
        "path_parameters": format!("{:?}", request.path_parameters()),
        "x_twice": all("x-twice"),
        "cookie": all("cookie"),
        "source_ip": context.http.source_ip,
        "route": context.route_key,
        "request_id": context.request_id,
        "lambda_request_id": lambda,
        "claims": context.authorizer.and_then(|a| a.jwt).map(|j| j.claims),
    });
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    echo["body"] = json!(body.to_vec());
    Json(echo)
}

fn functions() -> Vec<Function> {
    let open = Router::new()
        .route("/binary", get(async || ([(header::CONTENT_TYPE, "image/png")], vec![0_u8, 255, 128, 7])))
        .route("/text", get(async || "grüße"))
        .route(
            "/cookies",
            get(async || {
                AppendHeaders([(header::SET_COOKIE, "a=1; Path=/s/x"), (header::SET_COOKIE, "b=2; HttpOnly")])
            }),
        )
        .route("/flood", get(async || "x".repeat(crate::function::PAYLOAD_LIMIT)))
        .route("/crash", get(async || -> String { panic!("boom") }))
        .route("/see-other", get(async || (StatusCode::SEE_OTHER, [(header::LOCATION, "/s/x")])))
        .fallback(echo);
    vec![Function::http("open", open), Function::http("api", Router::new().fallback(echo))]
}

struct TestSite {
    router: Router,
    issuer: Issuer,
}

fn test_site(site: Site) -> TestSite {
    let issuer = Issuer::new(site.clone(), aws::random::bytes());
    let mail = Router::new().route("/", get(async || "mails"));
    let sign_in = SignIn::Samples(issuer.clone());
    let router = router(ROUTES, "open", &functions(), sign_in, mail, site).unwrap();
    TestSite { router, issuer }
}

impl TestSite {
    async fn send(&self, mut request: http::Request<axum::body::Body>) -> Response {
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost:8080"));
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.send(http::Request::get(path).body(axum::body::Body::empty()).unwrap()).await
    }

    async fn api(&self, authorization: Option<&str>) -> Response {
        let mut request = http::Request::get("/api/links");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        self.send(request.body(axum::body::Body::empty()).unwrap()).await
    }
}

async fn bytes(response: Response) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

async fn read_json(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_slice(&bytes(response).await).unwrap()
}

fn header_map(response: &Response) -> HeaderMap {
    response.headers().clone()
}

#[tokio::test]
async fn a_function_gets_a_request_as_on_aws() {
    let test_site = test_site(Site::on_port(8080));
    let request = http::Request::get("/s/tok/assets/a1/view:Back%20side?q=a%20b&q=c&empty=")
        .header("x-twice", "one")
        .header("x-twice", "two")
        .header("x-forwarded-for", "6.6.6.6")
        .header(header::COOKIE, "visit=1; other=2")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = test_site.send(request).await;
    let id = response.headers()["apigw-requestid"].to_str().unwrap().to_owned();
    let seen = read_json(response).await;
    assert_eq!(seen["method"], "GET");
    assert_eq!(seen["uri"], "http://localhost:8080/s/tok/assets/a1/view:Back%20side?q=a%20b&q=c&empty=");
    assert_eq!(seen["x_twice"], json!(["one,two"]));
    assert_eq!(seen["cookie"], json!(["visit=1; other=2"]));
    assert_eq!(seen["source_ip"], "127.0.0.1", "an address that the client gives itself does not count");
    assert_eq!(seen["route"], "ANY /s/{token}/assets/{asset}/{rendition}");
    assert_eq!(seen["request_id"], id);
    assert_eq!(seen["lambda_request_id"], id);
    assert!(seen["path_parameters"].as_str().unwrap().contains("view:Back side"));
    assert_eq!(seen["claims"], Value::Null);
}

#[tokio::test]
async fn without_cookies_there_is_no_cookie_header() {
    let seen = read_json(test_site(Site::on_port(8080)).get("/s/tok").await).await;
    assert_eq!(seen["cookie"], json!([]));
    assert_eq!(seen["route"], "$default");
}

#[tokio::test]
async fn behind_proxies_the_address_that_the_outermost_saw_counts() {
    for (proxies, forwarded, expected) in [
        // Addresses that a client writes itself are before those that the proxies add.
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (1, "203.0.113.9", "203.0.113.9"),
        // With fewer addresses than proxies none is trusted.
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1"),
    ] {
        let test_site = test_site(Site::behind("https://share.example.org", 8080, proxies).unwrap());
        let request = http::Request::get("/x")
            .header(header::HOST, "share.example.org")
            .header("x-forwarded-for", forwarded)
            .body(axum::body::Body::empty())
            .unwrap();
        let seen = read_json(test_site.send(request).await).await;
        assert_eq!(seen["source_ip"], expected, "{proxies}: {forwarded}");
        assert_eq!(seen["uri"], "https://share.example.org/x");
    }
}

#[tokio::test]
async fn bodies_reach_the_function_unchanged() {
    let test_site = test_site(Site::on_port(8080));
    let every_byte: Vec<u8> = (0..=255).collect();
    for (kind, body) in [
        ("application/json", br#"{"a":"\u00fc"}"#.to_vec()),
        ("application/json", vec![0xff, 0xfe]),
        ("application/x-www-form-urlencoded", b"password=a%20b".to_vec()),
        ("application/octet-stream", every_byte),
        ("text/plain; charset=utf-8", "grüße".as_bytes().to_vec()),
    ] {
        let request =
            http::Request::post("/x").header(header::CONTENT_TYPE, kind).body(body.clone().into()).unwrap();
        assert_eq!(read_json(test_site.send(request).await).await["body"], json!(body), "{kind}");
    }
}

#[tokio::test]
async fn answers_reach_the_client_unchanged() {
    let test_site = test_site(Site::on_port(8080));
    let binary = test_site.get("/binary").await;
    assert_eq!(binary.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(bytes(binary).await, [0, 255, 128, 7]);
    assert_eq!(bytes(test_site.get("/text").await).await, "grüße".as_bytes());
    let cookies = header_map(&test_site.get("/cookies").await);
    let cookies: Vec<_> = cookies.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["a=1; Path=/s/x", "b=2; HttpOnly"]);
    let redirect = test_site.get("/see-other").await;
    assert_eq!(
        (redirect.status(), &redirect.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/s/x".parse().unwrap())
    );
}

#[tokio::test]
async fn an_answer_to_head_has_the_length_and_no_body() {
    let test_site = test_site(Site::on_port(8080));
    let response =
        test_site.send(http::Request::head("/text").body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_LENGTH], "7");
    assert!(bytes(response).await.is_empty());
}

#[tokio::test]
async fn limits_are_those_of_aws() {
    let test_site = test_site(Site::on_port(8080));
    let send =
        |length: usize| test_site.send(http::Request::post("/x").body(vec![b'x'; length].into()).unwrap());
    assert_eq!(send(REQUEST_LIMIT + 1).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(REQUEST_LIMIT).await.status(), StatusCode::PAYLOAD_TOO_LARGE, "Lambda's limit is lower");
    assert_eq!(test_site.get("/flood").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(test_site.get("/crash").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(test_site.get("/text").await.status(), StatusCode::OK, "a crash ends only its own request");
}

#[tokio::test]
async fn other_host_names_are_refused_for_every_path() {
    let test_site = test_site(Site::on_port(8080));
    for path in ["/x", "/api/links", "/auth/jwks.json", "/mail"] {
        let request = http::Request::get(path).header(header::HOST, "evil.test:8080");
        let response = test_site.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn kept_mails_are_shown_on_this_machine_and_not_through_a_proxy() {
    assert_eq!(bytes(test_site(Site::on_port(8080)).get("/mail").await).await, b"mails");
    let test_site = test_site(Site::behind("https://share.example.org", 8080, 1).unwrap());
    let request = http::Request::get("/mail").header(header::HOST, "share.example.org");
    let response = test_site.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_ne!(bytes(response).await, b"mails", "the app answers instead");
}

#[tokio::test]
async fn people_are_redirected_to_the_sites_name_and_programs_are_served_under_each() {
    let test_site = test_site(Site::on_port(8080));
    let get = |host: &str, mode: &str| {
        let request =
            http::Request::get("/s/x?y=1").header(header::HOST, host).header("sec-fetch-mode", mode);
        test_site.send(request.body(axum::body::Body::empty()).unwrap())
    };
    let redirect = get("127.0.0.1:8080", "navigate").await;
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(redirect.headers()[header::LOCATION], "http://localhost:8080/s/x?y=1");
    assert_eq!(get("127.0.0.1:8080", "cors").await.status(), StatusCode::OK);
    assert_eq!(get("localhost:8080", "navigate").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_authoriser_accepts_only_tokens_of_its_issuer() {
    let test_site = test_site(Site::on_port(8080));
    let now = aws::clock::now();
    let token = test_site.issuer.access_token(&SAMPLE_USERS[0], now);
    let seen = read_json(test_site.api(Some(&format!("Bearer {token}"))).await).await;
    assert_eq!(seen["claims"]["email"], "ada@example.org");
    assert_eq!(seen["claims"]["cognito:groups"], "[administrator]");
    assert_eq!(seen["claims"]["exp"], (now.as_second() + 12 * 3600).to_string());

    let day = jiff::SignedDuration::from_hours(24);
    let expired = test_site.issuer.access_token(&SAMPLE_USERS[0], now - day);
    let early = test_site.issuer.access_token(&SAMPLE_USERS[0], now + day);
    let other = self::test_site(Site::on_port(8080)).issuer.access_token(&SAMPLE_USERS[0], now);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{signed}.");
    for refused in
        [None, Some(""), Some("Bearer"), Some("Bearer garbage"), Some("Basic YTpi"), Some(token.as_str())]
            .into_iter()
            .map(|r| r.map(str::to_owned))
            .chain([expired, early, other, unsigned].map(|t| Some(format!("Bearer {t}"))))
    {
        let response = test_site.api(refused.as_deref()).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{refused:?}");
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_slice(&bytes(response).await).unwrap();
        assert_eq!((&problem["title"], &problem["status"]), (&json!("Unauthorized"), &json!(401)));
        assert!(problem["detail"].as_str().unwrap().starts_with("Sign in"));
    }
    assert_eq!(test_site.get("/api/openapi.json").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_with_two_hosts_or_an_invalid_one_is_refused_with_4xx() {
    let test_site = test_site(Site::on_port(8080));
    let send = async |hosts: &[&'static str]| {
        let mut request = http::Request::get("/text").body(axum::body::Body::empty()).unwrap();
        for host in hosts {
            request.headers_mut().append(header::HOST, HeaderValue::from_static(host));
        }
        test_site.send(request).await.status().as_u16()
    };
    assert_eq!(send(&["localhost:8080"]).await, 200);
    assert_eq!(send(&["localhost:8080", "localhost:8080"]).await, 400);
    assert_eq!(send(&["localhost:8080", "evil.test"]).await, 400);
    for host in ["localhost:99999", "localhost:x", "a@localhost:8080", "localhost:"] {
        assert_eq!(send(&[host]).await, 421, "{host}");
    }
    let star = http::Request::options("*").body(axum::body::Body::empty()).unwrap();
    assert_eq!(test_site.send(star).await.status(), 400);
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_reaches_the_function() {
    let seen = read_json(test_site(Site::on_port(8080)).get("/s/%ff").await).await;
    assert_eq!(seen["uri"], "http://localhost:8080/s/%EF%BF%BD");
}

#[tokio::test]
async fn every_answer_of_an_https_site_has_strict_transport_security() {
    let https = test_site(Site::behind("https://share.example.org", 8080, 1).unwrap());
    let http = test_site(Site::on_port(8080));
    for path in
        ["/text", "/see-other", "/crash", "/flood", "/nothing", "/api/links", "/auth/nothing", "/mail"]
    {
        let answer = https.get(path).await;
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000", "{path}");
        assert!(!http.get(path).await.headers().contains_key("strict-transport-security"), "{path}");
    }
    let stranger = http::Request::get("/").header(header::HOST, "evil.test").body(axum::body::Body::empty());
    assert!(https.send(stranger.unwrap()).await.headers().contains_key("strict-transport-security"));
}
