//! Who calls: the claims of the bearer token that the gateway's JWT authoriser has verified.
//!
//! They are in the request's context, which only the gateway writes; headers are never trusted for identity. API
//! Gateway passes every claim as text, a list as `[a b]`.

use std::collections::HashMap;

use domain::id::UserId;
use domain::user::User;
use domain::user::level::Level;
use http::Extensions;
use lambda_http::request::RequestContext;

use crate::problem::Problem;

/// The user of a verified token, with the level from the groups in the claim `groups`. The site stores this user at the
/// first sign-in; `aws::rows::users` documents which fields later sign-ins update.
///
/// # Errors
/// 401 without a verified token, or if the token names no user.
pub fn user_of_token(request: &Extensions, groups: &str) -> Result<User, Problem> {
    let claims = match request.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context
            .authorizer
            .as_ref()
            .and_then(|authorizer| authorizer.jwt.as_ref())
            .map(|token| &token.claims),
        _ => None,
    };
    claims
        .and_then(|claims| user(claims, groups))
        .ok_or_else(|| Problem::unauthorized("Sign in first: this needs a valid access token."))
}

/// Checks that the user's account is enabled and that `may` accepts their level.
///
/// # Errors
/// 403; its detail says whether account or level is the reason.
pub fn require_level(user: &User, may: impl FnOnce(Level) -> bool) -> Result<(), Problem> {
    if !user.enabled {
        return Err(Problem::forbidden(
            "This account is disabled, or was deleted. Ask an administrator of the site about it.",
        ));
    }
    if !may(user.level) {
        return Err(Problem::forbidden(
            "Your account's level does not allow this. Ask an administrator for a higher one.",
        ));
    }
    Ok(())
}

fn user(claims: &HashMap<String, String>, groups: &str) -> Option<User> {
    let claim = |name: &str| claims.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    // Cognito's claim for the kind of token; a refresh token must not identify a user.
    if claim("token_use").is_some_and(|used| !matches!(used, "id" | "access")) {
        return None;
    }
    let id: UserId = claim("sub")?.parse().ok()?;
    // Replies to mails go to this address, so an unverified one is not used.
    let is_verified = claim("email_verified") != Some("false");
    let email = claim("email").filter(|_| is_verified).unwrap_or_default().to_owned();
    // Cognito's access tokens carry neither `name` nor `email`, only `username`.
    let name = claim("name").or(claim("email")).or(claim("username")).unwrap_or(id.as_str()).to_owned();
    Some(User { level: level(claim(groups)), id, name, email, enabled: true, service_account: false })
}

/// The highest level among the groups. Groups are split at spaces, so `[press administrator]` is always two groups; the
/// deployment's documentation asks for group names without spaces.
fn level(groups: Option<&str>) -> Level {
    let groups = groups.unwrap_or_default();
    let groups = groups.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(groups);
    groups.split_whitespace().filter_map(Level::from_group).max().unwrap_or(Level::NoAccess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    const COGNITO: &str = "cognito:groups";

    fn request(authorizer: serde_json::Value) -> http::Request<lambda_http::Body> {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/api/me", "rawQueryString": "",
            "headers": {"host": "localhost", "x-user": "mallory", "authorization": "Bearer x"},
            "requestContext": {
                "accountId": "0", "apiId": "a", "stage": "$default", "requestId": "r", "time": "", "timeEpoch": 0,
                "authorizer": authorizer,
                "http": {"method": "GET", "path": "/api/me", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            },
            "isBase64Encoded": false,
        });
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn the_user_is_the_one_the_gateway_verified() {
        let claims = serde_json::json!({
            "sub": "u-1", "name": "Ada", "email": "ada@example.org", "cognito:groups": "[press administrator]",
            "roles": "consumer",
        });
        let request = request(serde_json::json!({"jwt": {"claims": claims, "scopes": null}}));
        let user = user_of_token(request.extensions(), COGNITO).unwrap();
        assert_eq!(
            (user.id.as_str(), user.name.as_str(), user.email.as_str()),
            ("u-1", "Ada", "ada@example.org")
        );
        assert_eq!(user.level, Level::Administrator);
        assert!(user.enabled && !user.service_account);
        // Groups of other claims don't count.
        assert_eq!(user_of_token(request.extensions(), "roles").unwrap().level, Level::Consumer);
        assert_eq!(user_of_token(request.extensions(), "groups").unwrap().level, Level::NoAccess);
    }

    #[test]
    fn without_verified_claims_there_is_nobody() {
        for authorizer in [
            serde_json::json!(null),
            serde_json::json!({"jwt": {"claims": {}, "scopes": null}}),
            serde_json::json!({"jwt": {"claims": {"sub": " "}, "scopes": null}}),
            serde_json::json!({"jwt": {"claims": {"sub": "u", "token_use": "refresh"}, "scopes": null}}),
            serde_json::json!({"lambda": {"sub": "mallory"}}),
        ] {
            let refused = user_of_token(request(authorizer.clone()).extensions(), COGNITO).unwrap_err();
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{authorizer}");
        }
        assert!(user_of_token(&Extensions::new(), COGNITO).is_err());
    }

    #[test]
    fn the_level_is_the_highest_of_the_groups() {
        assert_eq!(level(Some("administrator")), Level::Administrator);
        assert_eq!(level(Some("[browser consumer]")), Level::Consumer);
        assert_eq!(level(Some("[]")), Level::NoAccess);
        assert_eq!(level(Some("kings")), Level::NoAccess);
        assert_eq!(level(Some("no_administrator [administrator")), Level::NoAccess);
        assert_eq!(level(None), Level::NoAccess);
    }

    #[test]
    fn a_disabled_account_and_a_low_level_are_refused() {
        let claims =
            [("sub", "u"), (COGNITO, "browser")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let user = user(&HashMap::from(claims), COGNITO).unwrap();
        assert_eq!(user.name, "u");
        assert!(require_level(&user, Level::can_browse).is_ok());
        assert_eq!(require_level(&user, Level::can_share).unwrap_err().status(), StatusCode::FORBIDDEN);
        let disabled = User { enabled: false, level: Level::Administrator, ..user };
        assert_eq!(require_level(&disabled, Level::can_browse).unwrap_err().status(), StatusCode::FORBIDDEN);
    }
}
