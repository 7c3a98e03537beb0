//! Tests with a provider whose documents and keys the test sets, so that it can make wrong tokens.

use std::sync::Mutex;

use ::ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::json;

use super::*;

const CLIENT: &str = "vitrine";

/// A signing key, of the provider or of an attacker.
struct Key {
    pair: EcdsaKeyPair,
    id: &'static str,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
        Self { pair: pair.unwrap(), id }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": x, "y": y})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "ES256", "typ": "JWT", "kid": self.id}), claims)
    }
}

/// The provider's answers (`None` if it is not available), and how often its keys were fetched.
#[derive(Default)]
struct Answers {
    description: Option<Value>,
    keys: Option<Value>,
    fetches: usize,
}

#[derive(Clone, Default)]
struct TestProvider(Arc<Mutex<Answers>>);

impl TestProvider {
    async fn start() -> (Self, String) {
        let test_provider = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = |document: Option<Value>| match document {
            Some(document) => Json(document).into_response(),
            None => StatusCode::BAD_GATEWAY.into_response(),
        };
        let app = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move |State(test_provider): State<Self>| {
                    document(test_provider.0.lock().unwrap().description.clone())
                }),
            )
            .route(
                "/jwks",
                get(async move |State(test_provider): State<Self>| {
                    let mut test_provider = test_provider.0.lock().unwrap();
                    test_provider.fetches += 1;
                    document(test_provider.keys.clone())
                }),
            )
            .with_state(test_provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        test_provider.describe(&issuer, &issuer);
        (test_provider, issuer)
    }

    fn describe(&self, issuer: &str, at: &str) {
        self.0.lock().unwrap().description = Some(json!({
            "issuer": issuer, "jwks_uri": format!("{at}/jwks"), "authorization_endpoint": format!("{at}/authorize"),
            "token_endpoint": format!("{at}/token"), "code_challenge_methods_supported": ["S256"],
        }));
    }

    fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.0.lock().unwrap().keys = Some(json!({"keys": keys}));
    }

    fn become_unavailable(&self) {
        let mut test_provider = self.0.lock().unwrap();
        (test_provider.description, test_provider.keys) = (None, None);
    }

    fn fetches(&self) -> usize {
        self.0.lock().unwrap().fetches
    }
}

fn provider(issuer: &str) -> Provider {
    Provider::new(ProviderSettings { issuer: issuer.to_owned(), client_id: CLIENT.to_owned() }).unwrap()
}

fn claims(issuer: &str, now: Timestamp) -> Value {
    json!({"iss": issuer, "sub": "u-1", "aud": CLIENT, "exp": now.as_second() + 600, "iat": now.as_second()})
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

const INVALID: Result<Map<String, Value>, Denied> = Err(Denied::InvalidToken(InvalidToken));

#[tokio::test]
async fn only_a_token_of_the_provider_for_the_app_is_valid() {
    let (test_provider, issuer) = TestProvider::start().await;
    let (key, stranger) = (Key::new("k"), Key::new("k"));
    test_provider.publish(&[&key]);
    let (provider, now) = (provider(&issuer), aws::clock::now());
    let right = claims(&issuer, now);
    assert_eq!(provider.verify(&key.token(&right), now).await.unwrap()["sub"], "u-1");
    let many = with(&right, "aud", json!(["another", CLIENT]));
    assert!(provider.verify(&key.token(&many), now).await.is_ok());

    for (why, claims) in [
        ("another issuer", with(&right, "iss", json!("http://127.0.0.1:1"))),
        ("another audience", with(&right, "aud", json!("another"))),
        ("no audience", with(&right, "aud", Value::Null)),
        ("expired", with(&right, "exp", json!(now.as_second() - 120))),
        ("an expiry that is not a number", with(&right, "exp", json!("never"))),
        ("no expiry", with(&right, "exp", Value::Null)),
        ("not valid yet", with(&right, "nbf", json!(now.as_second() + 120))),
        ("no subject", with(&right, "sub", Value::Null)),
    ] {
        assert_eq!(provider.verify(&key.token(&claims), now).await, INVALID, "{why}");
    }
    assert_eq!(provider.verify(&stranger.token(&right), now).await, INVALID, "another key with the same id");

    let header = |alg: &str| json!({"alg": alg, "kid": "k"});
    let token = |header: &Value| format!("{}.{}", encode(header.to_string()), encode(right.to_string()));
    let unsigned = format!("{}.", token(&header("none")));
    assert_eq!(provider.verify(&unsigned, now).await, INVALID, "no signature");
    let public = key.public().to_string();
    for secret in [key.pair.public_key().as_ref(), public.as_bytes()] {
        let signed = token(&header("HS256"));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        let forged = format!("{signed}.{}", encode(tag.as_ref()));
        assert_eq!(provider.verify(&forged, now).await, INVALID, "the public key used as a secret");
    }
    for alg in ["RS256", "ES384", "EdDSA", "PS256", "nonsense"] {
        assert_eq!(provider.verify(&key.sign(&header(alg), &right), now).await, INVALID, "{alg}");
    }
    let mut altered = key.token(&right);
    altered.replace_range(40..41, if &altered[40..41] == "A" { "B" } else { "A" });
    assert_eq!(provider.verify(&altered, now).await, INVALID);
    for garbage in ["", ".", "..", "a.b.c", "ä.ö.ü"] {
        assert_eq!(provider.verify(garbage, now).await, INVALID, "{garbage:?}");
    }
}

#[tokio::test]
async fn keys_are_fetched_for_an_unknown_key_and_when_they_are_old() {
    let (test_provider, issuer) = TestProvider::start().await;
    let (first, second) = (Key::new("first"), Key::new("second"));
    test_provider.publish(&[&first]);
    let (provider, now) = (provider(&issuer), aws::clock::now());
    let right = claims(&issuer, now);
    let later = |seconds| now + SignedDuration::from_secs(seconds);
    assert!(provider.verify(&first.token(&right), now).await.is_ok());
    assert!(provider.verify(&first.token(&right), later(20)).await.is_ok());
    assert_eq!(test_provider.fetches(), 1, "a known key is not fetched again");

    test_provider.publish(&[&second]);
    assert!(provider.verify(&second.token(&right), later(30)).await.is_ok(), "rotated");
    assert_eq!(provider.verify(&first.token(&right), later(45)).await, INVALID, "withdrawn");
    let fetched = test_provider.fetches();
    for _ in 0..50 {
        assert_eq!(provider.verify(&Key::new("invented").token(&right), later(46)).await, INVALID);
    }
    assert_eq!(test_provider.fetches(), fetched, "unknown keys cause no more requests");

    test_provider.become_unavailable();
    let long = with(&right, "exp", json!(later(48 * 3600).as_second()));
    assert!(
        provider.verify(&second.token(&long), later(2 * 3600)).await.is_ok(),
        "unavailable for two hours"
    );
    let days = later(25 * 3600);
    assert_eq!(
        provider.verify(&second.token(&long), days).await,
        Err(Denied::Unavailable),
        "unavailable for a day"
    );
}

#[tokio::test]
async fn no_token_is_accepted_until_the_provider_was_reached() {
    let (test_provider, issuer) = TestProvider::start().await;
    test_provider.become_unavailable();
    let (key, now) = (Key::new("k"), aws::clock::now());
    let (provider, token) = (provider(&issuer), key.token(&claims(&issuer, now)));
    assert!(matches!(provider.discover().await, Err(FetchError::Unreachable(_))));
    assert_eq!(provider.verify(&token, now).await, Err(Denied::Unavailable));
    test_provider.describe(&issuer, &issuer);
    test_provider.publish(&[&key]);
    assert!(provider.verify(&token, now + SignedDuration::from_secs(11)).await.is_ok());
}

#[tokio::test]
async fn another_provider_than_that_of_the_settings_is_refused_with_its_reason() {
    let (test_provider, issuer) = TestProvider::start().await;
    let unfit = async || match provider(&issuer).discover().await {
        Err(FetchError::Unfit(why)) => why,
        other => panic!("{other:?}"),
    };
    test_provider.describe("https://login.example.org", &issuer);
    assert!(unfit().await.contains("https://login.example.org"));
    test_provider.describe(&issuer, "http://login.example.org");
    assert!(unfit().await.contains("https"));
    test_provider.0.lock().unwrap().description = Some(json!({"hello": "world"}));
    assert!(unfit().await.contains("OpenID Connect"));
    test_provider.describe(&issuer, &issuer);
    test_provider.0.lock().unwrap().description.as_mut().unwrap()["code_challenge_methods_supported"] =
        json!(["plain"]);
    assert!(unfit().await.contains("PKCE"));
}

#[test]
fn a_providers_url_must_be_https_or_on_this_machine() {
    for (url, trusted) in [
        ("https://login.example.org/realms/a", true),
        ("http://localhost:4000", true),
        ("http://127.0.0.1:4000/x", true),
        ("http://[::1]:4000", true),
        ("http://login.example.org", false),
        ("http://localhost.evil.test", false),
        ("https://user@login.example.org", false),
        ("https://login.example.org/?a=b", false),
        ("ftp://login.example.org", false),
        ("login.example.org", false),
    ] {
        assert_eq!(is_secure(url), trusted, "{url}");
    }
}
