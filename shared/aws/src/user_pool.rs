//! The users of the site's Cognito user pool: `ListUsers`
//! (<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>).
//!
//! The request uses the SDK's retries and connections but not Cognito's client, which has more than a hundred
//! operations that Vitrine does not need.

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

/// The timeout of one attempt.
const ATTEMPT: Duration = Duration::from_secs(6);

/// The most users that Cognito puts in one answer.
const PAGE: u8 = 60;

/// A user of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUser {
    /// The user's `sub`.
    pub id: UserId,
    /// Whether the user may sign in.
    pub enabled: bool,
}

/// A page of the pool's users, in no particular order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolPage {
    /// At most 60.
    pub users: Vec<PoolUser>,
    /// The token that requests the next page; `None` on the last page.
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
    /// A page of the pool's users: the first one, or the one whose token is `after`.
    ///
    /// # Errors
    /// When Cognito fails, or the site has no pool.
    pub async fn list(self, after: Option<String>) -> Result<PoolPage, Error> {
        self.request(None, after).await
    }

    /// The pool's user with this `sub`; `None` if there is no such user.
    ///
    /// # Errors
    /// When Cognito fails, or the site has no pool.
    pub async fn find(self, id: &UserId) -> Result<Option<PoolUser>, Error> {
        // Cognito's ids are UUIDs; other characters could change the filter's meaning.
        if !id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(None);
        }
        let page = self.request(Some(format!("sub = \"{id}\"")), None).await?;
        Ok(page.users.into_iter().find(|user| user.id == *id))
    }

    async fn request(self, filter: Option<String>, after: Option<String>) -> Result<PoolPage, Error> {
        let settings = self.0.settings();
        let pool =
            settings.user_pool.clone().ok_or_else(|| Error::broken(DOING, "the site has no user pool"))?;
        let body = ListUsers {
            user_pool_id: pool,
            limit: PAGE,
            attributes_to_get: ["sub"],
            filter,
            pagination_token: after,
        };
        let body = serde_json::to_vec(&body).map_err(|cause| Error::broken(DOING, cause))?;
        let address = settings.cognito_address();
        let operation = self
            .0
            .operation("Cognito", "ListUsers", &address, ATTEMPT)
            .serializer(|post: Post| post.into_request())
            .deserializer(read_page)
            .build();
        let post = Post { signer: self.0.signer().clone(), address, body };
        operation.invoke(post).await.map_err(|error| Error::sdk(DOING, error))
    }
}

/// The request's body, in AWS's JSON protocol 1.1.
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
struct ListUsersAnswer {
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

/// One request to Cognito.
struct Post {
    signer: Signer,
    address: String,
    body: Vec<u8>,
}

/// For the SDK's traces, which must hold no user ids.
impl std::fmt::Debug for Post {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Post").finish_non_exhaustive()
    }
}

impl Post {
    fn into_request(self) -> Result<HttpRequest, BoxError> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSCognitoIdentityProviderService.ListUsers"),
        ];
        let url = format!("{}/", self.address);
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

/// The page of users in Cognito's answer, or the code and message of its error.
fn read_page(response: &HttpResponse) -> Result<PoolPage, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        let fields: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(serde_json::Value::as_str);
        let mut error = ErrorMetadata::builder();
        // The code may have a namespace: `com.amazonaws…#TooManyRequestsException`.
        if let Some(code) = text("__type").and_then(|code| code.rsplit('#').next()) {
            error = error.code(code);
        }
        if let Some(message) = text("message").or_else(|| text("Message")) {
            error = error.message(message);
        }
        return Err(OrchestratorError::operation(error.build()));
    }
    let malformed = |why: String| OrchestratorError::operation(ErrorMetadata::builder().message(why).build());
    let answer: ListUsersAnswer =
        serde_json::from_slice(body).map_err(|cause| malformed(cause.to_string()))?;
    let user = |user: ListedUser| {
        let sub = user.attributes.into_iter().find(|attribute| attribute.name == "sub")?.value?;
        Some(PoolUser { id: sub.try_into().ok()?, enabled: user.enabled })
    };
    let users = answer.users.into_iter().map(user).collect::<Option<Vec<_>>>();
    let users = users.ok_or_else(|| malformed("a user has no sub".to_owned()))?;
    Ok(PoolPage { users, next: answer.pagination_token })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted_store;

    const TWO: &str = "200 OK\r\n\r\n{\"Users\": [\
        {\"Username\": \"a\", \"Attributes\": [{\"Name\": \"sub\", \"Value\": \"11-aa\"}], \"Enabled\": true},\
        {\"Username\": \"b\", \"Attributes\": [{\"Name\": \"sub\", \"Value\": \"22-bb\"}], \"Enabled\": false}],\
        \"PaginationToken\": \"more\"}";
    const BUSY: &str = "400 Bad Request\r\n\r\n\
        {\"__type\":\"TooManyRequestsException\",\"message\":\"slow\"}";
    const REFUSED: &str = "400 Bad Request\r\n\r\n\
        {\"__type\":\"NotAuthorizedException\",\"message\":\"no\"}";

    #[tokio::test]
    async fn a_page_lists_users_and_whether_they_may_sign_in() {
        let (cloud, requests) = scripted_store::start(vec![BUSY, TWO]).await;
        let page = cloud.user_pool().list(Some("before".into())).await.unwrap();
        let user = |id: &str, enabled| PoolUser { id: id.parse().unwrap(), enabled };
        assert_eq!(
            page,
            PoolPage { users: vec![user("11-aa", true), user("22-bb", false)], next: Some("more".into()) }
        );
        let request = requests.await.unwrap().remove(1);
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
    async fn one_user_is_found_by_a_filter_that_no_id_can_extend() {
        let (cloud, requests) = scripted_store::start(vec![TWO]).await;
        assert_eq!(cloud.user_pool().find(&"x\" or sub = \"y".parse().unwrap()).await.unwrap(), None);
        let found = cloud.user_pool().find(&"22-bb".parse().unwrap()).await.unwrap();
        assert_eq!(found, Some(PoolUser { id: "22-bb".parse().unwrap(), enabled: false }));
        assert!(requests.await.unwrap()[0].contains(r#""Filter":"sub = \"22-bb\"""#));
    }

    #[tokio::test]
    async fn a_refusal_keeps_cognitos_code() {
        let (cloud, _requests) = scripted_store::start(vec![REFUSED]).await;
        let Err(Error::Broken { cause, .. }) = cloud.user_pool().list(None).await else {
            panic!("a refusal is not Broken")
        };
        assert!(cause.contains("NotAuthorizedException"), "{cause}");
    }
}
