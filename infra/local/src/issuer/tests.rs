use super::*;

use axum::{body::Body, response::Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-x";
const BACK: &str = "http://localhost:8080/signed-in";

fn issuer() -> Issuer {
    Issuer::new(Site::on_port(8080), [7; 32])
}

async fn send(issuer: &Issuer, request: Request<Body>) -> Response {
    issuer.router().oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn form(path: &str, body: String) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into())
        .unwrap()
}

fn query(redirect: &str, method: &str, extra: &str) -> String {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    format!(
        "response_type=code&client_id=vitrine-web&redirect_uri={redirect}&state=s%201\
         &code_challenge={challenge}&code_challenge_method={method}{extra}"
    )
}

/// Signs in as cora, and gives the code.
async fn code(issuer: &Issuer) -> String {
    let response = send(issuer, form("/authorize", query(BACK, "S256", "&user=cora&nonce=n1"))).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    let (code, state) =
        location.strip_prefix("http://localhost:8080/signed-in?code=").unwrap().split_once('&').unwrap();
    assert_eq!(state, "state=s%201");
    code.to_owned()
}

async fn redeem(issuer: &Issuer, code: &str, verifier: &str) -> (StatusCode, Value) {
    let body = format!(
        "grant_type=authorization_code&client_id=vitrine-web&redirect_uri={BACK}&code={code}&code_verifier={verifier}"
    );
    let response = send(issuer, form("/token", body)).await;
    (response.status(), serde_json::from_str(&text(response).await).unwrap())
}

#[tokio::test]
async fn a_code_gives_a_token_once() {
    let issuer = issuer();
    let page = send(
        &issuer,
        Request::get(format!("/authorize?{}", query(BACK, "S256", ""))).body(Body::empty()).unwrap(),
    );
    let page = text(page.await).await;
    for user in SAMPLE_USERS {
        assert!(page.contains(user.full_name), "{page}");
    }
    let code = code(&issuer).await;
    let (status, tokens) = redeem(&issuer, &code, VERIFIER).await;
    assert_eq!(status, StatusCode::OK);
    let claims = issuer.verify(tokens["access_token"].as_str().unwrap(), aws::clock::now()).unwrap();
    assert_eq!((&claims["email"], &claims["name"]), (&json!("cora@example.org"), &json!("Cora Celik")));
    assert_eq!(claims["cognito:groups"], json!(["consumer"]));
    let claims = issuer.verify(tokens["id_token"].as_str().unwrap(), aws::clock::now()).unwrap();
    assert_eq!(
        (&claims["nonce"], &claims["name"]),
        (&json!("n1"), &json!("Cora Celik")),
        "the app sends the ID token"
    );
    let mut foreign = claims;
    foreign.insert("aud".to_owned(), json!("another-app"));
    let foreign = issuer.0.key.sign(&foreign);
    assert_eq!(issuer.verify(&foreign, aws::clock::now()), Err(InvalidToken), "another app's token");
    assert_eq!(redeem(&issuer, &code, VERIFIER).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_wrong_verifier_gets_no_token_and_spends_the_code() {
    let issuer = issuer();
    let code = code(&issuer).await;
    let (status, answer) = redeem(&issuer, &code, "another-verifier-of-forty-three-characters-xxxx").await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert_eq!(
        redeem(&issuer, &code, VERIFIER).await.0,
        StatusCode::BAD_REQUEST,
        "the code can't be used again"
    );
}

#[tokio::test]
async fn a_redirect_to_another_site_is_refused() {
    let issuer = issuer();
    for redirect in ["https://evil.test/", "http://localhost:8080.evil.test/", "javascript:alert(1)", ""] {
        for request in [
            Request::get(format!("/authorize?{}", query(redirect, "S256", ""))).body(Body::empty()).unwrap(),
            form("/authorize", query(redirect, "S256", "&user=cora")),
            Request::get(format!("/logout?post_logout_redirect_uri={redirect}x"))
                .body(Body::empty())
                .unwrap(),
        ] {
            let response = send(&issuer, request).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{redirect}");
            assert!(!response.headers().contains_key(header::LOCATION));
        }
    }
}

#[tokio::test]
async fn without_pkce_s256_there_is_no_code() {
    let issuer = issuer();
    for bad in [query(BACK, "plain", ""), query(BACK, "S256", "").replace("code_challenge=", "x=")] {
        let response = send(&issuer, form("/authorize", format!("{bad}&user=cora"))).await;
        let location = response.headers()[header::LOCATION].to_str().unwrap();
        assert!(location.starts_with(&format!("{BACK}?error=invalid_request")), "{location}");
    }
}

#[tokio::test]
async fn the_page_escapes_the_requests_parameters() {
    let issuer = issuer();
    let request = format!("/authorize?{}", query(BACK, "S256", "&nonce=%22%3E%3Cscript%3E"));
    let page = text(send(&issuer, Request::get(request).body(Body::empty()).unwrap()).await).await;
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn a_sample_users_name_gets_a_token_and_another_name_a_problem() {
    let issuer = issuer();
    let ask = |body: &'static str| {
        Request::post("/token")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    let tokens: Value =
        serde_json::from_str(&text(send(&issuer, ask(r#"{"user":"bree"}"#)).await).await).unwrap();
    let claims = issuer.verify(tokens["access_token"].as_str().unwrap(), aws::clock::now()).unwrap();
    assert_eq!(claims["cognito:groups"], json!(["browser"]));
    for bad in [r#"{"user":"mallory"}"#, r#"{"user":"bree","x":1}"#, "", "[]"] {
        let response = send(&issuer, ask(bad)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}

#[tokio::test]
async fn a_token_is_valid_after_a_restart_and_only_at_its_sites_address() {
    let token = issuer().access_token(&SAMPLE_USERS[0], aws::clock::now());
    assert!(issuer().verify(&token, aws::clock::now()).is_ok());
    let elsewhere = Issuer::new(Site::on_port(9090), [7; 32]);
    assert!(elsewhere.verify(&token, aws::clock::now()).is_err());
}

#[tokio::test]
async fn discovery_names_the_endpoints() {
    let issuer = issuer();
    let request = Request::get("/.well-known/openid-configuration").body(Body::empty()).unwrap();
    let configuration: Value = serde_json::from_str(&text(send(&issuer, request).await).await).unwrap();
    assert_eq!(configuration["issuer"], "http://localhost:8080/auth");
    assert_eq!(configuration["token_endpoint"], "http://localhost:8080/auth/token");
}

#[test]
fn a_token_for_another_app_is_refused_whatever_its_other_claims_are() {
    let (issuer, now) = (issuer(), aws::clock::now());
    let user = SampleUser::find("carl").unwrap();
    let with = |more: Value| {
        let mut claims = issuer.claims(user, now);
        claims.extend(more.as_object().unwrap().clone());
        issuer.verify(&issuer.0.key.sign(&claims), now).is_ok()
    };
    assert!(with(json!({"aud": CLIENT_ID})) && with(json!({"client_id": CLIENT_ID})));
    assert!(!with(json!({"aud": "another", "client_id": CLIENT_ID})));
    assert!(!with(json!({"aud": null, "client_id": CLIENT_ID})));
    assert!(!with(json!({"client_id": "another"})) && !with(json!({})));
}
