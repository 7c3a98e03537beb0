//! Who is in the site's Cognito user pool: `ListUsers`
//! (<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>).
//!
//! The one request goes through the SDK's machinery (retries, connections) without Cognito's client, of whose more than
//! a hundred operations it is one.

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use domain::id::UserId;
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::cloud::signer::Signer;
use crate::{Cloud, Error};

const DOING: &str = "list the user pool's users";

/// How long one try may take.
const TRY: Duration = Duration::from_secs(6);

/// As many as Cognito gives at once.
const PAGE: u8 = 60;

/// A user as the pool has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUser {
    /// Their `sub`.
    pub id: UserId,
    /// Whether they may sign in.
    pub enabled: bool,
}

/// A page of the pool's users, in no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolPage {
    /// At most 60.
    pub users: Vec<PoolUser>,
    /// What the next page is asked for with, if there is one.
    pub next: Option<String>,
}

/// The site's Cognito user pool.
#[derive(Clone, Copy)]
pub struct UserPool<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The site's Cognito user pool.
    pub fn user_pool(&self) -> UserPool<'_> {
        UserPool(self)
    }
}

impl UserPool<'_> {
    /// A page of the pool's users: the first one, or what `after` says.
    ///
    /// # Errors
    /// When Cognito fails, or the site has no pool.
    pub async fn list(self, after: Option<String>) -> Result<PoolPage, Error> {
        self.request(None, after).await
    }

    /// The pool's user with this `sub`; `None` where there is none.
    ///
    /// # Errors
    /// When Cognito fails, or the site has no pool.
    pub async fn find(self, id: &UserId) -> Result<Option<PoolUser>, Error> {
        // An id that Cognito made is a UUID, and no filter's syntax.
        if !id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(None);
        }
        let page = self.request(Some(format!("sub = \"{id}\"")), None).await?;
        Ok(page.users.into_iter().find(|user| user.id == *id))
    }

    async fn request(self, filter: Option<String>, after: Option<String>) -> Result<PoolPage, Error> {
        let settings = self.0.settings();
        let pool = settings.user_pool.clone().ok_or_else(|| Error::broken(DOING, "the site has none"))?;
        let asked = ListUsers {
            user_pool_id: pool,
            limit: PAGE,
            attributes_to_get: ["sub"],
            filter,
            pagination_token: after,
        };
        let body = serde_json::to_vec(&asked).map_err(|cause| Error::broken(DOING, cause))?;
        let place = settings.cognito_address();
        let operation = self
            .0
            .operation("Cognito", "ListUsers", &place, TRY)
            .serializer(|ask: Ask| ask.request())
            .deserializer(page)
            .build();
        let ask = Ask { signer: self.0.signer().clone(), place, body };
        operation.invoke(ask).await.map_err(|error| Error::sdk(DOING, error))
    }
}

/// AWS's JSON protocol, version 1.1.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListUsers {
    user_pool_id: String,
    limit: u8,
    attributes_to_get: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    users: Vec<ListedUser>,
    pagination_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedUser {
    #[serde(default)]
    attributes: Vec<Attribute>,
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
    value: Option<String>,
}

/// What is asked, and where.
struct Ask {
    signer: Signer,
    place: String,
    body: Vec<u8>,
}

/// For the SDK's traces.
impl std::fmt::Debug for Ask {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Ask").finish_non_exhaustive()
    }
}

impl Ask {
    fn request(self) -> Result<HttpRequest, BoxError> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSCognitoIdentityProviderService.ListUsers"),
        ];
        let url = format!("{}/", self.place);
        let signature = self.signer.sign_post("cognito-idp", &url, &headers, &self.body, now())?;
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method("POST")?;
        request.set_uri("/")?;
        for (name, value) in headers {
            request.headers_mut().try_insert(name, value)?;
        }
        for (name, value) in signature {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// A page of users; otherwise what Cognito's error says.
fn page(response: &HttpResponse) -> Result<PoolPage, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        let said: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(serde_json::Value::as_str);
        let mut error = ErrorMetadata::builder();
        // As in `com.amazonaws…#TooManyRequestsException`.
        if let Some(code) = text("__type").and_then(|code| code.rsplit('#').next()) {
            error = error.code(code);
        }
        if let Some(message) = text("message").or_else(|| text("Message")) {
            error = error.message(message);
        }
        return Err(OrchestratorError::operation(error.build()));
    }
    let unlike = |what: String| OrchestratorError::operation(ErrorMetadata::builder().message(what).build());
    let listed: Listed = serde_json::from_slice(body).map_err(|cause| unlike(cause.to_string()))?;
    let user = |user: ListedUser| {
        let sub = user.attributes.into_iter().find(|attribute| attribute.name == "sub")?.value?;
        Some(PoolUser { id: sub.try_into().ok()?, enabled: user.enabled })
    };
    let users = listed.users.into_iter().map(user).collect::<Option<Vec<_>>>();
    let users = users.ok_or_else(|| unlike("a user has no sub".to_owned()))?;
    Ok(PoolPage { users, next: listed.pagination_token })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::served::served;

    const TWO: &str = "200 OK\r\n\r\n{\"Users\": [\
        {\"Username\": \"a\", \"Attributes\": [{\"Name\": \"sub\", \"Value\": \"11-aa\"}], \"Enabled\": true},\
        {\"Username\": \"b\", \"Attributes\": [{\"Name\": \"sub\", \"Value\": \"22-bb\"}], \"Enabled\": false}],\
        \"PaginationToken\": \"more\"}";
    const BUSY: &str = "400 Bad Request\r\n\r\n\
        {\"__type\":\"TooManyRequestsException\",\"message\":\"slow\"}";
    const REFUSED: &str = "400 Bad Request\r\n\r\n\
        {\"__type\":\"NotAuthorizedException\",\"message\":\"no\"}";

    #[tokio::test]
    async fn a_page_tells_who_is_there_and_who_may_sign_in() {
        let (cloud, asked) = served(vec![BUSY, TWO]).await;
        let page = cloud.user_pool().list(Some("before".into())).await.unwrap();
        let user = |id: &str, enabled| PoolUser { id: id.parse().unwrap(), enabled };
        assert_eq!(
            page,
            PoolPage { users: vec![user("11-aa", true), user("22-bb", false)], next: Some("more".into()) }
        );
        let request = asked.await.unwrap().remove(1);
        assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
        assert!(
            request
                .contains("/eu-west-1/cognito-idp/aws4_request, SignedHeaders=content-type;host;x-amz-date;"),
            "{request}"
        );
        assert!(
            request.contains("x-amz-target: AWSCognitoIdentityProviderService.ListUsers\r\n"),
            "{request}"
        );
        let body = r#"{"UserPoolId":"eu-west-1_Pool","Limit":60,"AttributesToGet":["sub"],"PaginationToken":"before"}"#;
        assert!(request.ends_with(body), "{request}");
    }

    #[tokio::test]
    async fn one_user_is_asked_for_by_a_filter_that_nobody_can_extend() {
        let (cloud, asked) = served(vec![TWO]).await;
        assert_eq!(cloud.user_pool().find(&"x\" or sub = \"y".parse().unwrap()).await.unwrap(), None);
        let found = cloud.user_pool().find(&"22-bb".parse().unwrap()).await.unwrap();
        assert_eq!(found, Some(PoolUser { id: "22-bb".parse().unwrap(), enabled: false }));
        assert!(asked.await.unwrap()[0].contains(r#""Filter":"sub = \"22-bb\"""#));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_cognitos_words() {
        let (cloud, _asked) = served(vec![REFUSED]).await;
        let Err(Error::Broken { cause, .. }) = cloud.user_pool().list(None).await else {
            panic!("it is not broken")
        };
        assert!(cause.contains("NotAuthorizedException"), "{cause}");
    }
}
