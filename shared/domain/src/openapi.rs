//! What may be sent, as the OpenAPI document says it. The bodies themselves are read field by field, so that all faults
//! are named at once: their types say less than what is held.

use utoipa::ToSchema;

use crate::id::{AssetId, FolderId};
use crate::link::Access;

/// The terms of a link: all that may be edited.
#[derive(ToSchema)]
#[schema(as = LinkTerms)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "told to readers of the document, not of the code")]
pub struct TermsDocument {
    /// What recipients read at the top, without line breaks. Spaces around it are left out.
    #[schema(required = false, min_length = 1, max_length = 200)]
    pub title: String,
    /// A date, an instant, or null for no end. A date ends with its day in `time_zone`. Within the next 100 years.
    #[schema(examples("2036-12-04", "2036-12-04T17:00:00Z"))]
    pub expires: Option<String>,
    /// The time zone in which a date ends, by its IANA name; UTC unless given.
    #[schema(examples("Europe/Paris"))]
    pub time_zone: Option<String>,
    /// How many visits may be opened; null for any number. Those that were opened before count.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_uses: Option<i64>,
    /// A password, or null for none. It is never told again.
    #[schema(write_only, min_length = 1, max_length = 200)]
    pub password: Option<String>,
    #[schema(required = false)]
    pub access: Access,
    /// The names of the attributes that recipients see, each once; null for the usual ones.
    #[schema(max_items = 100, min_length = 1, max_length = 100)]
    pub attributes: Option<Vec<String>>,
    /// What may be downloaded: originals unless given. Left out, or null, where `access` is `view_only`.
    pub options: Option<OptionsDocument>,
}

/// What may be downloaded, at least one of it. A link's target must be able to offer it: see `/api/share-options`.
#[derive(ToSchema)]
#[schema(as = DownloadOptions)]
#[serde(deny_unknown_fields)]
pub struct OptionsDocument {
    /// The files themselves.
    #[serde(default)]
    pub original: bool,
    /// Images of 150 px.
    #[serde(default)]
    pub thumbnail: bool,
    /// Images of 500 px.
    #[serde(default)]
    pub preview: bool,
    /// Nothing has any yet.
    #[schema(max_items = 0, required = false)]
    pub views: Vec<String>,
    /// No site has any yet.
    #[schema(max_items = 0, required = false)]
    pub presets: Vec<String>,
    /// No site makes any yet: null, or false.
    pub pdf: Option<bool>,
    /// No site makes spreadsheets of attributes yet.
    #[schema(max_items = 0, required = false)]
    pub attributes: Vec<String>,
    /// No site keeps any yet: false.
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
    /// A folder's assets, as they are at each visit.
    Folder {
        /// Its id.
        id: FolderId,
        /// Whether the folders below it are shared too.
        include_subfolders: Option<bool>,
    },
    /// Assets in their order. One that is named twice counts once.
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

    /// The fields that a body may have, as serde names them where there is another.
    fn read<T: DeserializeOwned>(other: &str) -> BTreeSet<String> {
        let error = serde_json::from_str::<T>(other).err().unwrap().to_string();
        let (_, known) = error.split_once("expected one of").unwrap();
        known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn told(schema: &Value) -> BTreeSet<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn every_field_that_is_read_is_told_and_no_other() {
        let mut terms = told(&schema::<TermsDocument>());
        terms.insert("target".to_owned());
        assert_eq!(terms, read::<LinkBody>(r#"{"?": 1}"#));
        assert_eq!(told(&schema::<OptionsDocument>()), read::<Offer>(r#"{"?": 1}"#));
        let targets = schema::<TargetDocument>();
        let targets = targets["oneOf"].as_array().unwrap().iter().flat_map(told).collect::<BTreeSet<_>>();
        assert_eq!(targets, read::<TargetBody>(r#"{"kind": "asset", "?": 1}"#));
    }

    #[test]
    fn the_limits_that_are_told_are_those_that_are_held() {
        let (terms, targets) = (schema::<TermsDocument>(), schema::<TargetDocument>());
        let limit = |place: &str| {
            let told = terms.pointer(&format!("/properties/{place}")).and_then(Value::as_u64);
            usize::try_from(told.unwrap_or_else(|| panic!("{place} is not told"))).unwrap()
        };
        let held = |least: usize, most: usize, fits: &dyn Fn(usize) -> bool| {
            assert!(fits(least) && fits(most) && !fits(least - 1) && !fits(most + 1), "{least} to {most}");
        };
        held(limit("title/minLength"), limit("title/maxLength"), &|n| {
            body::title(Some(&"x".repeat(n))).is_ok()
        });
        held(limit("password/minLength"), limit("password/maxLength"), &|n| {
            let mut faults = Faults::default();
            body::password(Given::Set(Some("x".repeat(n))), &mut faults);
            faults.is_empty()
        });
        held(limit("max_uses/minimum"), limit("max_uses/maximum"), &|n| {
            body::max_uses(Some(i64::try_from(n).unwrap())).is_ok()
        });
        let named = |names: Vec<String>| body::attributes(Some(AttributesBody::Names(names))).is_ok();
        held(limit("attributes/items/minLength"), limit("attributes/items/maxLength"), &|n| {
            named(vec!["x".repeat(n)])
        });
        let most = limit("attributes/maxItems");
        let names = |n: usize| (0..n).map(|n| n.to_string()).collect();
        assert!(named(names(most)) && !named(names(most + 1)));
        assert_eq!(targets["oneOf"][2]["properties"]["assets"]["maxItems"], MAX_SELECTION);
    }
}
