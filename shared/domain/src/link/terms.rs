//! The terms of a link. A new link starts with the usual terms, changed by its body.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::field_error::Faults;
use crate::link::access::Access;
use crate::link::body::{self, Given, LinkBody};
use crate::link::offer::Offer;

// A link's row and its document in the API both have these fields. A new term needs a field here, one in `LinkBody`, and
// its rule in `LinkTerms::change`.
/// The terms of a link: all that its creator decides and may edit, except target and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CurrentTerms))]
pub struct LinkTerms {
    /// The heading of the page that recipients see.
    pub title: String,
    /// The end as its creator gave it: a date or an instant.
    #[serde(default)]
    pub expires: Option<String>,
    /// The time zone in which a date ends, by its IANA name.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The instant at which the link ends, in whole milliseconds.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// How many visits may be spent.
    #[serde(default)]
    pub max_uses: Option<u32>,
    /// Whether recipients may download.
    pub access: Access,
    /// The attributes shown in list view; `None` for the default ones.
    #[serde(default)]
    pub attributes: Option<Vec<String>>,
    /// What may be downloaded; `None` for view only.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::link::offer::OfferDocument>))]
    pub options: Option<Offer>,
}

impl LinkTerms {
    /// The terms of a new link whose body gives none: no end, and originals can be downloaded.
    pub fn usual() -> Self {
        Self {
            title: String::new(),
            expires: None,
            time_zone: None,
            expires_at: None,
            max_uses: None,
            access: Access::Download,
            attributes: None,
            options: Some(Offer::originals()),
        }
    }

    /// Changes the fields that the body names, for a target that can offer `eligible`. A field with a fault is not
    /// changed, and the fault is added to `faults`.
    pub fn change(self, body: LinkBody, eligible: &Offer, now: Timestamp, faults: &mut Faults) -> Self {
        let mut terms = self;
        if let Given::Set(title) = body.title
            && let Some(title) = faults.take(body::parse_title(title.as_deref()))
        {
            terms.title = title;
        }
        if let Given::Set(number) = body.max_uses
            && let Some(uses) = faults.take(body::parse_max_uses(number))
        {
            terms.max_uses = uses;
        }
        if let Given::Set(names) = body.attributes
            && let Some(names) = faults.take(body::parse_attributes(names))
        {
            terms.attributes = names;
        }
        terms.change_end(body.expires, body.time_zone, now, faults);

        let access_before = terms.access;
        match body.access {
            Given::Absent => {}
            Given::Set(Some(access)) => terms.access = access,
            Given::Set(None) => faults.add("access", "Choose download or view_only."),
        }
        // Another access without options gets the usual ones: originals, or none for view only.
        if body.options != Given::Absent || terms.access != access_before {
            let options = check_options(terms.access, body.options.value(), eligible);
            if let Some(options) = faults.take_all(options) {
                terms.options = options;
            }
        }
        terms
    }

    fn change_end(
        &mut self,
        expires: Given<String>,
        time_zone: Given<String>,
        now: Timestamp,
        faults: &mut Faults,
    ) {
        let zone_given = time_zone != Given::Absent;
        if let Given::Set(zone) = time_zone
            && faults.take(zone.as_deref().map(body::parse_time_zone).transpose()).is_some()
        {
            self.time_zone = zone;
        }
        match expires {
            Given::Set(None) => (self.expires, self.expires_at) = (None, None),
            Given::Set(Some(text)) => {
                let end = body::parse_new_end(&text, self.time_zone.as_deref(), now);
                if let Some(end) = faults.take(end) {
                    (self.expires, self.expires_at) = (Some(text), Some(end));
                }
            }
            // The date stays, but means another instant in the new time zone. A past instant is no fault, because the
            // request does not set the date.
            Given::Absent if zone_given => {
                if let Some(text) = &self.expires
                    && let Some(end) = faults.take(body::parse_end(text, self.time_zone.as_deref()))
                {
                    self.expires_at = Some(end);
                }
            }
            Given::Absent => {}
        }
    }
}

/// The download options of a link with this access on a target that can offer `eligible`.
///
/// # Errors
/// Options on a view-only link; else as [`Offer::check`].
fn check_options(access: Access, given: Option<Offer>, eligible: &Offer) -> Result<Option<Offer>, Faults> {
    match (access, given) {
        (Access::ViewOnly, None) => Ok(None),
        (Access::ViewOnly, Some(_)) => {
            let mut faults = Faults::default();
            faults.add("options", "A view-only link has no download options; leave them out.");
            Err(faults)
        }
        (Access::Download, None) => Ok(Some(Offer::originals())),
        (Access::Download, Some(given)) => given.check(eligible).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::Rendition;

    fn all() -> Offer {
        Offer::of([Rendition::Original, Rendition::Preview, Rendition::Thumbnail])
    }

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    fn change(terms: LinkTerms, json: &str) -> Result<LinkTerms, Vec<String>> {
        let mut faults = Faults::default();
        let eligible = Offer::of([Rendition::Original, Rendition::Preview]);
        let terms = terms.change(serde_json::from_str(json).unwrap(), &eligible, now(), &mut faults);
        if faults.is_empty() { Ok(terms) } else { Err(faults.into_iter().map(|fault| fault.field).collect()) }
    }

    #[test]
    fn a_body_changes_only_the_fields_that_it_has() {
        let terms = change(
            LinkTerms::usual(),
            r#"{"title": " Autumn ", "expires": "2026-12-04", "time_zone": "Europe/Paris", "max_uses": 3,
                "attributes": ["Credit"], "options": {"original": true, "preview": true}}"#,
        )
        .unwrap();
        assert_eq!((terms.title.as_str(), terms.max_uses), ("Autumn", Some(3)));
        assert_eq!(terms.expires_at, Some("2026-12-04T22:59:59Z".parse().unwrap()));
        let same = change(terms.clone(), "{}").unwrap();
        assert_eq!(same, terms);
        let freed =
            change(terms.clone(), r#"{"expires": null, "max_uses": null, "attributes": null}"#).unwrap();
        assert_eq!(
            (freed.expires, freed.expires_at, freed.max_uses, freed.attributes),
            (None, None, None, None)
        );
        assert_eq!((freed.title, freed.options), (terms.title, terms.options));
    }

    #[test]
    fn all_faults_are_reported_together() {
        let faults = change(
            LinkTerms::usual(),
            r#"{"title": " ", "expires": "2020-01-01", "time_zone": "Mars/Base", "max_uses": 0, "access": null,
                "attributes": ["a", "a"], "options": {"thumbnail": true, "views": ["Back"]}}"#,
        )
        .unwrap_err();
        assert_eq!(
            faults,
            [
                "title",
                "max_uses",
                "attributes",
                "time_zone",
                "expires",
                "access",
                "options.thumbnail",
                "options.views"
            ]
        );
    }

    #[test]
    fn a_new_time_zone_moves_a_date_even_into_the_past_but_not_an_instant() {
        let dated = LinkTerms {
            expires: Some("2026-11-24".into()),
            expires_at: Some("2026-11-24T23:59:59Z".parse().unwrap()),
            ..LinkTerms::usual()
        };
        let moved = change(dated.clone(), r#"{"time_zone": "Pacific/Kiritimati"}"#).unwrap();
        assert_eq!(
            moved.expires_at,
            Some("2026-11-24T09:59:59Z".parse().unwrap()),
            "past, but not set by this request"
        );
        assert_eq!(change(dated.clone(), r#"{"expires": "2026-11-23"}"#).unwrap_err(), ["expires"]);
        let instant = LinkTerms { expires: Some("2026-12-01T00:00:00Z".into()), ..dated };
        let kept = change(instant, r#"{"time_zone": "Asia/Tokyo"}"#).unwrap();
        assert_eq!(kept.expires_at, Some("2026-12-01T00:00:00Z".parse().unwrap()));
        assert_eq!(kept.time_zone.as_deref(), Some("Asia/Tokyo"));
    }

    #[test]
    fn view_only_removes_the_options_and_download_restores_originals() {
        let chosen = LinkTerms { options: Some(all()), ..LinkTerms::usual() };
        let view_only = change(chosen.clone(), r#"{"access": "view_only"}"#).unwrap();
        assert_eq!((view_only.access, &view_only.options), (Access::ViewOnly, &None));
        assert_eq!(change(view_only.clone(), r#"{"options": {"original": true}}"#).unwrap_err(), ["options"]);
        assert_eq!(
            change(chosen.clone(), r#"{"access": "view_only", "options": {"original": true}}"#).unwrap_err(),
            ["options"]
        );
        assert_eq!(
            change(view_only.clone(), r#"{"options": null, "title": "x"}"#).unwrap().access,
            Access::ViewOnly
        );
        assert_eq!(
            change(view_only, r#"{"access": "download"}"#).unwrap().options,
            LinkTerms::usual().options
        );
        let kept = change(chosen.clone(), r#"{"access": "download", "title": "x"}"#).unwrap();
        assert_eq!(kept.options, Some(all()), "chosen options stay, although a thumbnail is missing now");
    }
}
