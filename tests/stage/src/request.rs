//! Requests as API Gateway sends them to a function.

use axum::body::Body;
use domain::user::User;
use http::Request;
use serde_json::{Map, Value, json};

/// A request that a test builds.
#[derive(Debug, Clone)]
pub struct Call {
    method: String,
    path: String,
    headers: Map<String, Value>,
    address: String,
    claims: Option<Value>,
    body: Option<String>,
}

/// A request for a path with its query, without a user.
pub fn request(method: &str, path: &str) -> Call {
    Call {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Map::from_iter([("host".to_owned(), "vitrine.example.org".into())]),
        address: "203.0.113.7".to_owned(),
        claims: None,
        body: None,
    }
}

impl Call {
    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// From a browser that loads a page.
    #[must_use]
    pub fn by_browser(self) -> Self {
        self.with("accept", "text/html,*/*")
    }

    /// From this address.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self }
    }

    /// From a user with a token that the gateway has verified, in this group.
    #[must_use]
    pub fn by(self, user: &User, group: &str) -> Self {
        let User { id, name, email, .. } = user;
        let claims = json!({"sub": id, "name": name, "email": email, "groups": group});
        Self { claims: Some(claims), ..self }
    }

    /// With a body of a type.
    #[must_use]
    pub fn sending(self, content_type: &str, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..self.with("content-type", content_type) }
    }

    /// With a JSON body.
    #[must_use]
    pub fn sending_json(self, body: &Value) -> Self {
        self.sending("application/json", body.to_string())
    }

    /// The event that API Gateway sends (payload format 2.0).
    pub fn event(&self) -> Value {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": self.headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "vitrine.example.org",
                "domainPrefix": "vitrine",
                "http": {
                    "method": self.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": self.address,
                    "userAgent": "test",
                },
                "requestId": "Hs2kYh1sjoEEPgw=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "24/Nov/2026:10:00:00 +0000",
                "timeEpoch": 1_795_514_400_000_u64,
            },
            "body": self.body,
            "isBase64Encoded": false,
        });
        if let Some(claims) = &self.claims {
            event["requestContext"]["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
        }
        event
    }

    /// The request that a function's router gets.
    pub fn http(&self) -> Request<Body> {
        let request = lambda_http::request::from_str(&self.event().to_string()).unwrap();
        request.map(|body| Body::from(body.to_vec()))
    }
}
