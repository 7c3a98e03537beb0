//! The requests of the OpenAPI document. They are types of their own, because the code reads queries and bodies field by
//! field to report all faults at once.
#![expect(dead_code, reason = "only for the document")]

use std::borrow::Cow;

use domain::id::LinkId;
use domain::openapi::{TargetDocument, TermsDocument};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Which links are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichLinks {
    /// Only links with this status.
    #[param(inline)]
    status: Option<ListedStatus>,
    /// The order; `-` means descending.
    #[param(inline)]
    sort: Option<LinkSort>,
    /// Whose links: `all` is for administrators only.
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

/// A target, or an existing link.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichTarget {
    /// The kind of the target; for a selection use POST.
    #[param(inline)]
    kind: Option<TargetKind>,
    /// The asset or folder.
    #[param(pattern = "^[0-9a-f]{32}$")]
    id: Option<String>,
    /// Whether the folders below a folder are shared too.
    #[param(default = false)]
    include_subfolders: Option<bool>,
    /// An existing link, instead of all other parameters.
    link: Option<LinkId>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum TargetKind {
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

/// A request to send a link by mail.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMails {
    /// At most 100 addresses, separated by commas, semicolons or line breaks.
    #[schema(examples("anna@example.org, ben@example.org"))]
    to: String,
    /// A text from the sender.
    #[schema(max_length = 2_000)]
    message: Option<String>,
    /// An id that the client chooses. If a request is repeated with the same id, no address gets a second mail.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,100}$")]
    request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mail::{Message, parse_request_id};

    #[test]
    fn the_document_has_the_limits_of_mails_that_are_checked() {
        let schema = serde_json::to_value(NewMails::schema()).unwrap();
        let longest =
            usize::try_from(schema["properties"]["message"]["maxLength"].as_u64().unwrap()).unwrap();
        assert!(
            Message::parse(&"x".repeat(longest)).is_ok() && Message::parse(&"x".repeat(longest + 1)).is_err()
        );
        assert_eq!(schema["properties"]["request_id"]["pattern"], "^[A-Za-z0-9_-]{1,100}$");
        assert!(parse_request_id(&"-".repeat(100)).is_ok() && parse_request_id(&"_".repeat(101)).is_err());
        assert!(parse_request_id("").is_err() && parse_request_id("a b").is_err());
    }
}
