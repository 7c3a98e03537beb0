//! Builds the OpenAPI document from the parts of the functions, and adds what all routes have in common. Functions are
//! built without this module and serve the file `shared/api/openapi.json`.

mod answers;
mod schemas;

use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::answers::Audience;

/// The security scheme of users.
const BEARER: &str = "bearer";
/// The security scheme of recipients of a link with a gate.
const VISIT: &str = "visit";
/// The only path of recipients that needs no visit.
const LANDING: &str = "/s/{token}";

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the document")]
pub struct Page {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The words of a search for assets.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the document")]
pub struct Words {
    /// Words, in any case and with or without accents. An asset is found if each of them begins a word of its name, its
    /// type or its attributes; a single letter must be the whole word.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The text of a search.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the document")]
pub struct Typed {
    /// A text that names must contain; upper and lower case are the same.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The link of a recipient.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only for the document")]
pub struct Token {
    /// The secret of the link's URL.
    token: String,
}

/// An error of API Gateway, which on AWS answers some requests without calling a function.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only for the document")]
struct GatewayMessage {
    /// A short text.
    message: String,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vitrine",
        description = "Share links for an organisation's digital assets: what users do under `/api`, and what recipients \
                       of a link do under `/s`. JSON is UTF-8, times are RFC 3339 in UTC, ids are opaque. Unknown \
                       fields are refused. Errors are RFC 9457 problems, whose `detail` is for a \
                       person to read. New fields may appear in answers.",
    ),
    tags(
        (name = "Links", description = "Links of a user, and mails of links."),
        (name = "Library", description = "Folders, assets, and the signed-in user."),
        (name = "Users", description = "Users of the site, for administrators."),
        (name = "Recipients", description = "Everything that a recipient with the URL of a link can do, without an account."),
        (name = "About", description = "This document."),
    ),
    components(schemas(web::problem::Problem, GatewayMessage)),
)]
struct Frame;

/// Merges the parts of the functions, and adds to each operation the security and the answers that all of its kind have.
pub fn document(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut document = <Frame as utoipa::OpenApi>::openapi();
    for part in parts {
        document.merge(part);
    }
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(BEARER.to_owned(), RefOr::T(bearer()));
    components.security_schemes.insert(VISIT.to_owned(), RefOr::T(visit()));
    components.responses.extend(answers::components());
    components.schemas.values_mut().for_each(schemas::finish);
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            complete(path, operation);
        }
    }
    document
}

fn bearer() -> SecurityScheme {
    let description = "A token of the site's identity provider, in the header `Authorization`.";
    let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(http.description(Some(description)).build())
}

fn visit() -> SecurityScheme {
    let description = "The cookie that opening a link sets, for that link alone; on http://localhost its name is `visit`. \
                       A link with neither a password nor a number of uses needs none.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("__Secure-visit", description)))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// Adds the security and answers that follow from an operation's path and parameters. Its own ones are kept.
fn complete(path: &str, operation: &mut Operation) {
    let audience = if path.starts_with("/s/") { Audience::Recipients } else { Audience::Users };
    let mut usual = vec![429, 500, 503];
    match audience {
        Audience::Recipients => {
            usual.extend([404, 410]);
            operation.security = Some(vec![requirement(VISIT), SecurityRequirement::default()]);
            if path != LANDING {
                usual.push(401);
            }
        }
        // An operation with its own security needs no token.
        Audience::Users if operation.security.is_some() => {}
        Audience::Users => {
            usual.extend([401, 403]);
            operation.security = Some(vec![requirement(BEARER)]);
        }
    }
    let takes = |place: &ParameterIn| {
        let mut parameters = operation.parameters.iter().flatten();
        parameters.any(|one| matches!(one, RefOr::T(parameter) if parameter.parameter_in == *place))
    };
    if takes(&ParameterIn::Path) {
        usual.push(404);
    }
    if takes(&ParameterIn::Query) {
        usual.push(422);
    }
    if operation.request_body.is_some() {
        usual.extend([400, 413, 422]);
    }
    for status in usual {
        let answers = &mut operation.responses.responses;
        answers.entry(status.to_string()).or_insert_with(|| answers::reference(audience, status));
    }
    for (status, answer) in &mut operation.responses.responses {
        answers::fill(audience, status, answer);
    }
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, std::iter::empty::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::query::Query;

    fn schema_of<T: IntoParams>(name: &str) -> Value {
        let parameters = serde_json::to_value(T::into_params(|| None)).unwrap();
        let mut parameters = parameters.as_array().unwrap().iter();
        parameters.find(|parameter| parameter["name"] == name).unwrap()["schema"].clone()
    }

    fn fits(query: String) -> bool {
        let mut query = Query::read(&format!("/?{query}").parse().unwrap(), &["q", "limit"]);
        query.typed();
        query.limit(1);
        query.finish().is_ok()
    }

    #[test]
    fn the_document_has_the_limits_of_lists_that_are_checked() {
        let limit = schema_of::<Page>("limit");
        let (least, most) = (limit["minimum"].as_u64().unwrap(), limit["maximum"].as_u64().unwrap());
        assert!(fits(format!("limit={least}")) && fits(format!("limit={most}")));
        assert!(!fits(format!("limit={}", least - 1)) && !fits(format!("limit={}", most + 1)));
        assert_eq!(limit["default"], crate::query::USUAL_LIMIT);
        let longest = schema_of::<Typed>("q")["maxLength"].as_u64().unwrap() as usize;
        assert!(
            fits(format!("q={}", "x".repeat(longest))) && !fits(format!("q={}", "x".repeat(longest + 1)))
        );
    }

    #[test]
    fn fields_of_answers_are_required_and_patterns_of_words_become_enums() {
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        struct Sample {
            none: Option<String>,
            #[schema(nullable = false)]
            left_out: Option<String>,
            #[schema(pattern = "^(queued|sent)$")]
            state: String,
        }
        let mut schema = <Sample as utoipa::PartialSchema>::schema();
        schemas::finish(&mut schema);
        let schema = serde_json::to_value(schema).unwrap();
        assert_eq!(schema["required"], serde_json::json!(["state", "none"]));
        assert_eq!(schema["properties"]["state"]["enum"], serde_json::json!(["queued", "sent"]));
    }
}
