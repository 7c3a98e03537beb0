//! A provider whose documents and keys are the test's own, so that tokens can be forged.

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

/// A key of the provider's, or of somebody who would like to be the provider.
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

/// What the provider answers, and how often it was asked for its keys; None where it is away.
#[derive(Default)]
struct Answers {
    description: Option<Value>,
    keys: Option<Value>,
    fetches: usize,
}

#[derive(Clone, Default)]
struct Served(Arc<Mutex<Answers>>);

impl Served {
    async fn start() -> (Self, String) {
        let served = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = |document: Option<Value>| match document {
            Some(document) => Json(document).into_response(),
            None => StatusCode::BAD_GATEWAY.into_response(),
        };
        let app = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move |State(served): State<Self>| {
                    document(served.0.lock().unwrap().description.clone())
                }),
            )
            .route(
                "/jwks",
                get(async move |State(served): State<Self>| {
                    let mut served = served.0.lock().unwrap();
                    served.fetches += 1;
                    document(served.keys.clone())
                }),
            )
            .with_state(served.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        served.describe(&issuer, &issuer);
        (served, issuer)
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

    fn go_away(&self) {
        let mut served = self.0.lock().unwrap();
        (served.description, served.keys) = (None, None);
    }

    fn fetches(&self) -> usize {
        self.0.lock().unwrap().fetches
    }
}

fn provider(issuer: &str) -> Provider {
    Provider::new(Named { issuer: issuer.to_owned(), client_id: CLIENT.to_owned() }).unwrap()
}

fn claims(issuer: &str, now: Timestamp) -> Value {
    json!({"iss": issuer, "sub": "u-1", "aud": CLIENT, "exp": now.as_second() + 600, "iat": now.as_second()})
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

const REFUSED: Result<Map<String, Value>, Denied> = Err(Denied::Refused(Refused));

#[tokio::test]
async fn a_token_of_the_provider_for_the_app_holds_and_no_other() {
    let (served, issuer) = Served::start().await;
    let (key, stranger) = (Key::new("k"), Key::new("k"));
    served.publish(&[&key]);
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
        ("an expiry that is none", with(&right, "exp", json!("never"))),
        ("no expiry", with(&right, "exp", Value::Null)),
        ("not yet", with(&right, "nbf", json!(now.as_second() + 120))),
        ("nobody", with(&right, "sub", Value::Null)),
    ] {
        assert_eq!(provider.verify(&key.token(&claims), now).await, REFUSED, "{why}");
    }
    assert_eq!(
        provider.verify(&stranger.token(&right), now).await,
        REFUSED,
        "another's key of the same name"
    );

    let header = |alg: &str| json!({"alg": alg, "kid": "k"});
    let token = |header: &Value| format!("{}.{}", encode(header.to_string()), encode(right.to_string()));
    let unsigned = format!("{}.", token(&header("none")));
    assert_eq!(provider.verify(&unsigned, now).await, REFUSED, "no signature");
    let public = key.public().to_string();
    for secret in [key.pair.public_key().as_ref(), public.as_bytes()] {
        let signed = token(&header("HS256"));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        let forged = format!("{signed}.{}", encode(tag.as_ref()));
        assert_eq!(provider.verify(&forged, now).await, REFUSED, "the public key taken for a secret");
    }
    for alg in ["RS256", "ES384", "EdDSA", "PS256", "nonsense"] {
        assert_eq!(provider.verify(&key.sign(&header(alg), &right), now).await, REFUSED, "{alg}");
    }
    let mut altered = key.token(&right);
    altered.replace_range(40..41, if &altered[40..41] == "A" { "B" } else { "A" });
    assert_eq!(provider.verify(&altered, now).await, REFUSED);
    for garbage in ["", ".", "..", "a.b.c", "ä.ö.ü"] {
        assert_eq!(provider.verify(garbage, now).await, REFUSED, "{garbage:?}");
    }
}

#[tokio::test]
async fn keys_are_fetched_when_one_is_new_and_seldom_otherwise() {
    let (served, issuer) = Served::start().await;
    let (first, second) = (Key::new("first"), Key::new("second"));
    served.publish(&[&first]);
    let (provider, now) = (provider(&issuer), aws::clock::now());
    let right = claims(&issuer, now);
    let later = |seconds| now + SignedDuration::from_secs(seconds);
    assert!(provider.verify(&first.token(&right), now).await.is_ok());
    assert!(provider.verify(&first.token(&right), later(20)).await.is_ok());
    assert_eq!(served.fetches(), 1, "a known key is not asked for");

    served.publish(&[&second]);
    assert!(provider.verify(&second.token(&right), later(30)).await.is_ok(), "rotated");
    assert_eq!(provider.verify(&first.token(&right), later(45)).await, REFUSED, "taken back");
    let fetched = served.fetches();
    for _ in 0..50 {
        assert_eq!(provider.verify(&Key::new("invented").token(&right), later(46)).await, REFUSED);
    }
    assert_eq!(served.fetches(), fetched, "invented keys make no requests");

    served.go_away();
    let long = with(&right, "exp", json!(later(48 * 3600).as_second()));
    assert!(provider.verify(&second.token(&long), later(2 * 3600)).await.is_ok(), "away for a while");
    let days = later(25 * 3600);
    assert_eq!(provider.verify(&second.token(&long), days).await, Err(Denied::Unavailable), "away for a day");
}

#[tokio::test]
async fn nobody_is_let_in_while_the_provider_was_never_reached() {
    let (served, issuer) = Served::start().await;
    served.go_away();
    let (key, now) = (Key::new("k"), aws::clock::now());
    let (provider, token) = (provider(&issuer), key.token(&claims(&issuer, now)));
    assert!(matches!(provider.discover().await, Err(Missing::Away(_))));
    assert_eq!(provider.verify(&token, now).await, Err(Denied::Unavailable));
    served.describe(&issuer, &issuer);
    served.publish(&[&key]);
    assert!(provider.verify(&token, now + SignedDuration::from_secs(11)).await.is_ok());
}

#[tokio::test]
async fn what_is_not_the_provider_that_was_named_is_said_in_words() {
    let (served, issuer) = Served::start().await;
    let unfit = async || match provider(&issuer).discover().await {
        Err(Missing::Unfit(why)) => why,
        other => panic!("{other:?}"),
    };
    served.describe("https://login.example.org", &issuer);
    assert!(unfit().await.contains("https://login.example.org"));
    served.describe(&issuer, "http://login.example.org");
    assert!(unfit().await.contains("https"));
    served.0.lock().unwrap().description = Some(json!({"hello": "world"}));
    assert!(unfit().await.contains("OpenID Connect"));
    served.describe(&issuer, &issuer);
    served.0.lock().unwrap().description.as_mut().unwrap()["code_challenge_methods_supported"] =
        json!(["plain"]);
    assert!(unfit().await.contains("PKCE"));
}

#[test]
fn a_provider_is_reached_by_https_or_on_this_machine() {
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
        assert_eq!(can_be_trusted(url), trusted, "{url}");
    }
}
