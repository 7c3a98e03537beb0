//! What the site answered, whole.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::faults;

/// How often somebody tries again whom the site puts off, in a run under faults.
const TRIES: u32 = 6;

/// An answer of the site or of its store.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    pub(crate) async fn to(request: reqwest::RequestBuilder) -> Self {
        Self::try_to(request).await.unwrap()
    }

    pub(crate) async fn try_to(mut request: reqwest::RequestBuilder) -> reqwest::Result<Self> {
        // Under faults people look once more where an index lags, and come again when the site says so.
        for _ in 1..TRIES {
            let Some(again) = request.try_clone() else { break };
            let (client, asked) = request.build_split();
            let asked = asked?;
            let faults = faults::at(asked.url().port());
            if let Some(faults) = &faults
                && asked.method() == Method::GET
            {
                faults.settled().await;
            }
            let answer = Self::once(reqwest::RequestBuilder::from_parts(client, asked)).await?;
            let Some(faults) = faults.filter(|_| answer.status == 503) else { return Ok(answer) };
            faults.note_shed();
            // A function that was stopped in the middle could not say when.
            let wait = answer.headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
            tokio::time::sleep(Duration::from_secs(wait.unwrap_or(2))).await;
            request = again;
        }
        Self::once(request).await
    }

    async fn once(request: reqwest::RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body: response.bytes().await? })
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as a JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }

    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The fields that a refused body is told of.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// A link as its creator was told of it.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its id in the API.
    pub id: String,
    /// What its creator sends to recipients.
    pub url: String,
    /// The URL's secret.
    pub token: String,
    /// The whole answer.
    pub body: Value,
}

impl Link {
    pub(crate) fn read(body: Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}")).to_owned();
        let url = text("url");
        let token = url.rsplit('/').next().unwrap().to_owned();
        Self { id: text("id"), url, token, body }
    }

    /// The same link under another URL: a guess at it, or what a typing error makes of it.
    pub fn misspelt(&self, token: &str) -> Self {
        let url = self.url.replace(&self.token, token);
        Self { url, token: token.to_owned(), ..self.clone() }
    }
}

/// A JSON object with the fields of another put over its own.
pub fn with(mut object: Value, other: Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    fields.extend(other.as_object().unwrap().clone());
    object
}
