//! The request bodies of the OpenAPI document. They are types of their own, because the code reads bodies field by field
//! to report all faults at once, and its types do not have the limits.

use utoipa::ToSchema;

use crate::id::{AssetId, FolderId};
use crate::link::Access;

/// The terms of a link: all that may be edited.
#[derive(ToSchema)]
#[schema(as = LinkTerms)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "described for readers of the document")]
pub struct TermsDocument {
    /// The heading of the page that recipients see, without line breaks. Spaces at both ends are removed.
    #[schema(required = false, min_length = 1, max_length = 200)]
    pub title: String,
    /// When the link ends: a date, an instant, or null for no end. With a date it ends at 23:59:59 in `time_zone`. At most
    /// 100 years from now.
    #[schema(examples("2036-12-04", "2036-12-04T17:00:00Z"))]
    pub expires: Option<String>,
    /// The time zone in which a date ends, by its IANA name; UTC if not given.
    #[schema(examples("Europe/Paris"))]
    pub time_zone: Option<String>,
    /// How many visits can be opened, including those opened before; null for no limit.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_uses: Option<i64>,
    /// A password, or null for none. No answer contains it.
    #[schema(write_only, min_length = 1, max_length = 200)]
    pub password: Option<String>,
    #[schema(required = false)]
    pub access: Access,
    /// The names of the attributes that recipients see, each once; null for the default ones.
    #[schema(max_items = 100, min_length = 1, max_length = 100)]
    pub attributes: Option<Vec<String>>,
    /// What can be downloaded; originals if not given. Must be left out or null if `access` is `view_only`.
    pub options: Option<OptionsDocument>,
}

/// What can be downloaded; at least one option. `/api/share-options` lists the options that a target has.
#[derive(ToSchema)]
#[schema(as = DownloadOptions)]
#[serde(deny_unknown_fields)]
pub struct OptionsDocument {
    /// The original files.
    #[serde(default)]
    pub original: bool,
    /// Images of 150 px.
    #[serde(default)]
    pub thumbnail: bool,
    /// Images of 500 px.
    #[serde(default)]
    pub preview: bool,
    /// Not available yet: an empty list.
    #[schema(max_items = 0, required = false)]
    pub views: Vec<String>,
    /// Not available yet: an empty list.
    #[schema(max_items = 0, required = false)]
    pub presets: Vec<String>,
    /// Not available yet: null or false.
    pub pdf: Option<bool>,
    /// Spreadsheets of attributes. Not available yet: an empty list.
    #[schema(max_items = 0, required = false)]
    pub attributes: Vec<String>,
    /// Not available yet: false.
    #[serde(default)]
    pub attribute_history: bool,
}

/// What a link shares.
#[derive(ToSchema)]
#[schema(as = Target)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TargetDocument {
    /// One asset.
    Asset {
        /// Its id.
        id: AssetId,
    },
    /// The assets that a folder has at the time of each visit.
    Folder {
        /// Its id.
        id: FolderId,
        /// Whether the folders below it are shared too.
        include_subfolders: Option<bool>,
    },
    /// Assets in this order. An id that is given twice counts once.
    Selection {
        /// Their ids.
        #[schema(min_items = 1, max_items = 5_000)]
        assets: Vec<AssetId>,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::DeserializeOwned;
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::field_error::Faults;
    use crate::link::Offer;
    use crate::link::body::Given;
    use crate::link::body::{self, AttributesBody, LinkBody, MAX_SELECTION, TargetBody};

    fn schema<T: PartialSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()
    }

    /// The fields that a body can have: serde lists them in its error about an unknown field.
    fn read<T: DeserializeOwned>(other: &str) -> BTreeSet<String> {
        let error = serde_json::from_str::<T>(other).err().unwrap().to_string();
        let (_, known) = error.split_once("expected one of").unwrap();
        known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn fields_of(schema: &Value) -> BTreeSet<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_document_has_exactly_the_fields_that_are_read() {
        let mut terms = fields_of(&schema::<TermsDocument>());
        terms.insert("target".to_owned());
        assert_eq!(terms, read::<LinkBody>(r#"{"?": 1}"#));
        assert_eq!(fields_of(&schema::<OptionsDocument>()), read::<Offer>(r#"{"?": 1}"#));
        let targets = schema::<TargetDocument>();
        let targets =
            targets["oneOf"].as_array().unwrap().iter().flat_map(fields_of).collect::<BTreeSet<_>>();
        assert_eq!(targets, read::<TargetBody>(r#"{"kind": "asset", "?": 1}"#));
    }

    #[test]
    fn the_document_has_the_limits_that_are_checked() {
        let (terms, targets) = (schema::<TermsDocument>(), schema::<TargetDocument>());
        let limit = |place: &str| {
            let limit = terms.pointer(&format!("/properties/{place}")).and_then(Value::as_u64);
            usize::try_from(limit.unwrap_or_else(|| panic!("{place} is not in the document"))).unwrap()
        };
        let check = |least: usize, most: usize, fits: &dyn Fn(usize) -> bool| {
            assert!(fits(least) && fits(most) && !fits(least - 1) && !fits(most + 1), "{least} to {most}");
        };
        check(limit("title/minLength"), limit("title/maxLength"), &|n| {
            body::parse_title(Some(&"x".repeat(n))).is_ok()
        });
        check(limit("password/minLength"), limit("password/maxLength"), &|n| {
            let mut faults = Faults::default();
            body::parse_password(Given::Set(Some("x".repeat(n))), &mut faults);
            faults.is_empty()
        });
        check(limit("max_uses/minimum"), limit("max_uses/maximum"), &|n| {
            body::parse_max_uses(Some(i64::try_from(n).unwrap())).is_ok()
        });
        let accepts = |names: Vec<String>| body::parse_attributes(Some(AttributesBody::Names(names))).is_ok();
        check(limit("attributes/items/minLength"), limit("attributes/items/maxLength"), &|n| {
            accepts(vec!["x".repeat(n)])
        });
        let most = limit("attributes/maxItems");
        let names = |n: usize| (0..n).map(|n| n.to_string()).collect();
        assert!(accepts(names(most)) && !accepts(names(most + 1)));
        assert_eq!(targets["oneOf"][2]["properties"]["assets"]["maxItems"], MAX_SELECTION);
    }
}
