//! What the site answered.

use serde_json::Value;
use stage::Answer;

/// The answer to a request.
pub(crate) async fn answer_to(request: reqwest::RequestBuilder) -> Answer {
    try_for_answer(request).await.unwrap()
}

/// The answer to a request of a site that may die meanwhile.
pub(crate) async fn try_for_answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await? })
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
