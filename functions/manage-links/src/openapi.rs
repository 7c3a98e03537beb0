//! What the OpenAPI document says of requests: their queries and bodies are read field by field, so that all faults are
//! named at once.
#![expect(dead_code, reason = "for the document alone")]

use std::borrow::Cow;

use domain::id::LinkId;
use domain::openapi::{TargetDocument, TermsDocument};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Which links are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichLinks {
    /// Those that stand so.
    #[param(inline)]
    status: Option<ListedStatus>,
    /// In which order; `-` is from the last to the first.
    #[param(inline)]
    sort: Option<LinkSort>,
    /// Whose: `all` is for administrators.
    #[param(inline)]
    owner: Option<WhoseLinks>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ListedStatus {
    Active,
    Expired,
    UsedUp,
    Disabled,
    OwnerGone,
}

#[derive(ToSchema)]
#[schema(default = "-created")]
enum LinkSort {
    #[schema(rename = "created")]
    Oldest,
    #[schema(rename = "-created")]
    Newest,
    #[schema(rename = "title")]
    Title,
    #[schema(rename = "-title")]
    TitleDescending,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case", default = "me")]
enum WhoseLinks {
    Me,
    All,
}

/// A target, or a link that has one.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichTarget {
    /// What the target is; a selection is asked for by POST.
    #[param(inline)]
    kind: Option<AskedKind>,
    /// The asset or folder.
    #[param(pattern = "^[0-9a-f]{32}$")]
    id: Option<String>,
    /// Whether the folders below a folder are shared too.
    #[param(default = false)]
    include_subfolders: Option<bool>,
    /// A link, in place of all the others.
    link: Option<LinkId>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum AskedKind {
    Asset,
    Folder,
}

/// A new link: what it shares, and its terms.
pub(crate) struct NewLink;

impl PartialSchema for NewLink {
    fn schema() -> RefOr<Schema> {
        let mut schema = TermsDocument::schema();
        if let RefOr::T(Schema::Object(terms)) = &mut schema {
            let target = Ref::from_schema_name(TargetDocument::name());
            terms.properties.insert("target".to_owned(), target.into());
            terms.required = vec!["target".to_owned(), "title".to_owned()];
            terms.description = Some("A new link: what it shares, and its terms.".to_owned());
        }
        schema
    }
}

impl ToSchema for NewLink {
    fn name() -> Cow<'static, str> {
        "NewLink".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((TargetDocument::name().into(), TargetDocument::schema()));
        TargetDocument::schemas(schemas);
        TermsDocument::schemas(schemas);
    }
}

/// Addresses that a link is mailed to.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMails {
    /// At most 100 addresses, with commas, semicolons or line breaks between them.
    #[schema(examples("anna@example.org, ben@example.org"))]
    to: String,
    /// What the sender writes.
    #[schema(max_length = 2_000)]
    message: Option<String>,
    /// The request's name: the same again mails nobody twice.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,100}$")]
    request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mail::{Message, parse_request_id};

    #[test]
    fn the_limits_of_a_mailing_that_are_told_are_those_that_are_held() {
        let told = serde_json::to_value(NewMails::schema()).unwrap();
        let longest = usize::try_from(told["properties"]["message"]["maxLength"].as_u64().unwrap()).unwrap();
        assert!(
            Message::parse(&"x".repeat(longest)).is_ok() && Message::parse(&"x".repeat(longest + 1)).is_err()
        );
        assert_eq!(told["properties"]["request_id"]["pattern"], "^[A-Za-z0-9_-]{1,100}$");
        assert!(parse_request_id(&"-".repeat(100)).is_ok() && parse_request_id(&"_".repeat(101)).is_err());
        assert!(parse_request_id("").is_err() && parse_request_id("a b").is_err());
    }
}
