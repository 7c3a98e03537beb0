//! Answers of the site.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;
use stage::Answer;

use crate::faults;

/// In a run under faults: the most attempts of a request that the site answers with 503.
const ATTEMPTS: u32 = 6;

/// Sends a request and returns the answer.
pub(crate) async fn answer_to(request: reqwest::RequestBuilder) -> Answer {
    try_for_answer(request).await.unwrap()
}

/// The same, for a site that may be killed before it answers.
pub(crate) async fn try_for_answer(mut request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    // Under faults, a user waits until the indexes have caught up, and repeats a request that the site answers with 503.
    for _ in 1..ATTEMPTS {
        let Some(again) = request.try_clone() else { break };
        let (client, built) = request.build_split();
        let built = built?;
        let faults = faults::at(built.url().port());
        if let Some(faults) = &faults
            && built.method() == Method::GET
        {
            faults.wait_for_indexes().await;
        }
        let answer = send(reqwest::RequestBuilder::from_parts(client, built)).await?;
        let Some(faults) = faults.filter(|_| answer.status == 503) else { return Ok(answer) };
        faults.note_busy();
        // The answer of a function that was stopped has no such header.
        let wait = answer.headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
        tokio::time::sleep(Duration::from_secs(wait.unwrap_or(2))).await;
        request = again;
    }
    send(request).await
}

async fn send(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await? })
}

/// A link as the API returned it to its creator.
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

    /// The same link with another token in the URL, as after a typing error or a guess.
    pub fn with_token(&self, token: &str) -> Self {
        let url = self.url.replace(&self.token, token);
        Self { url, token: token.to_owned(), ..self.clone() }
    }
}

/// A JSON object with the fields of another one added or replaced.
pub fn with(mut object: Value, other: Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    fields.extend(other.as_object().unwrap().clone());
    object
}
