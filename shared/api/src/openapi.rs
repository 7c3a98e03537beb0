//! The OpenAPI document: the functions' parts put together, and what all of their routes have in common. No function is
//! built with it; the document that `shared/api/openapi.json` keeps is served.

mod answers;
mod schemas;

use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::answers::Audience;

/// Users sign in by this scheme.
const BEARER: &str = "bearer";
/// Recipients come by this one, where their link has a gate.
const VISIT: &str = "visit";
/// Its first page is shown to everybody who has the link's URL; what is below it asks for a visit.
const LANDING: &str = "/s/{token}";

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document alone")]
pub struct Page {
    /// Where the page begins: what the page before it told as `next`.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What is searched for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document alone")]
pub struct Typed {
    /// What names must contain, in whatever case.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// Which link a recipient has.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "for the document alone")]
pub struct Token {
    /// The secret of the link's URL.
    token: String,
}

/// What API Gateway says itself on AWS, where it answers in a function's place.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document alone")]
struct GatewayMessage {
    /// A few words.
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
        (name = "Links", description = "A user's links, and their mails."),
        (name = "Library", description = "Folders, assets, and who is signed in."),
        (name = "Users", description = "For administrators: the site's users."),
        (name = "Recipients", description = "What whoever has a link's URL may do, without an account."),
        (name = "About", description = "This document."),
    ),
    components(schemas(web::problem::Problem, GatewayMessage)),
)]
struct Frame;

/// The functions' parts as one document. Each operation also has the security, and the answers, that every one of its
/// kind has.
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

/// Adds what follows from where an operation is and what it takes. What it says itself stays.
fn complete(path: &str, operation: &mut Operation) {
    let audience = if path.starts_with("/s/") { Audience::Recipients } else { Audience::Users };
    let mut usual = vec![429, 500, 503];
    match audience {
        Audience::Recipients => {
            usual.extend([404, 410]);
            if path != LANDING {
                usual.push(401);
                operation.security = Some(vec![requirement(VISIT), SecurityRequirement::default()]);
            }
        }
        // One that says so itself is open to everybody.
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
        let told = serde_json::to_value(T::into_params(|| None)).unwrap();
        let mut told = told.as_array().unwrap().iter();
        told.find(|one| one["name"] == name).unwrap()["schema"].clone()
    }

    fn fits(query: String) -> bool {
        let mut query = Query::read(&format!("/?{query}").parse().unwrap(), &["q", "limit"]);
        query.typed();
        query.limit(1);
        query.finish().is_ok()
    }

    #[test]
    fn the_limits_of_lists_that_are_told_are_those_that_are_held() {
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
    fn an_answer_has_all_of_its_fields_and_its_words_are_a_choice() {
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        struct Told {
            none: Option<String>,
            #[schema(nullable = false)]
            left_out: Option<String>,
            #[schema(pattern = "^(queued|sent)$")]
            state: String,
        }
        let mut schema = <Told as utoipa::PartialSchema>::schema();
        schemas::finish(&mut schema);
        let told = serde_json::to_value(schema).unwrap();
        assert_eq!(told["required"], serde_json::json!(["state", "none"]));
        assert_eq!(told["properties"]["state"]["enum"], serde_json::json!(["queued", "sent"]));
    }
}
