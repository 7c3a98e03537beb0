//! The terms of a link: the fields that a body sets and edits. A new link starts with the usual terms, changed by its
//! body.

use domain::field_error::Faults;
use domain::link::body::{self, Given, LinkBody};
use domain::link::{Access, DownloadOptions, Link};
use domain::password::Password;
use jiff::Timestamp;

/// What a link's creator decides, except target and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    title: String,
    expires: Option<String>,
    time_zone: Option<String>,
    expires_at: Option<Timestamp>,
    max_uses: Option<u32>,
    access: Access,
    attributes: Option<Vec<String>>,
    options: DownloadOptions,
}

impl Terms {
    /// The terms of a new link without any given: permanent, and originals can be downloaded.
    pub fn usual() -> Self {
        Self {
            title: String::new(),
            expires: None,
            time_zone: None,
            expires_at: None,
            max_uses: None,
            access: Access::Download,
            attributes: None,
            options: DownloadOptions { original: true, ..DownloadOptions::default() },
        }
    }

    /// The terms of a link.
    pub fn of(link: &Link) -> Self {
        Self {
            title: link.title.clone(),
            expires: link.expires.clone(),
            time_zone: link.time_zone.clone(),
            expires_at: link.expires_at,
            max_uses: link.max_uses,
            access: link.access,
            attributes: link.attributes.clone(),
            options: link.options,
        }
    }

    /// The link with these terms.
    pub fn onto(self, link: Link) -> Link {
        let Self { title, expires, time_zone, expires_at, max_uses, access, attributes, options } = self;
        Link { title, expires, time_zone, expires_at, max_uses, access, attributes, options, ..link }
    }

    /// Changes the fields that the body names, for a target that can offer `eligible`. A field with a fault is not
    /// changed, and the fault is added to `faults`.
    pub fn change(
        self,
        body: LinkBody,
        eligible: DownloadOptions,
        now: Timestamp,
        faults: &mut Faults,
    ) -> Self {
        let mut terms = self;
        if let Given::Set(title) = body.title
            && let Some(title) = faults.take(body::title(title.as_deref()))
        {
            terms.title = title;
        }
        if let Given::Set(number) = body.max_uses
            && let Some(uses) = faults.take(body::max_uses(number))
        {
            terms.max_uses = uses;
        }
        if let Given::Set(names) = body.attributes
            && let Some(names) = faults.take(body::attributes(names))
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
            let options = body::options(terms.access, body.options.value(), eligible);
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
        let zone_named = time_zone != Given::Absent;
        if let Given::Set(zone) = time_zone
            && faults.take(zone.as_deref().map(body::zone).transpose()).is_some()
        {
            self.time_zone = zone;
        }
        match expires {
            Given::Set(None) => (self.expires, self.expires_at) = (None, None),
            Given::Set(Some(text)) => {
                let end = body::expires_at(&text, self.time_zone.as_deref(), now);
                if let Some(end) = faults.take(end) {
                    (self.expires, self.expires_at) = (Some(text), Some(end));
                }
            }
            // The date stays, but means another instant in the new time zone. A past instant is no fault, because the
            // request does not set the date.
            Given::Absent if zone_named => {
                if let Some(text) = &self.expires
                    && let Some(end) = faults.take(body::end(text, self.time_zone.as_deref()))
                {
                    self.expires_at = Some(end);
                }
            }
            Given::Absent => {}
        }
    }
}

/// The password that a body sets or removes.
pub(crate) fn password(given: Given<String>, faults: &mut Faults) -> Given<Password> {
    match given {
        Given::Absent => Given::Absent,
        Given::Set(None) => Given::Set(None),
        Given::Set(Some(text)) => Given::Set(faults.take(body::password(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: DownloadOptions = DownloadOptions { original: true, thumbnail: true, preview: true };

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    fn change(terms: Terms, json: &str) -> Result<Terms, Vec<String>> {
        let mut faults = Faults::default();
        let eligible = DownloadOptions { thumbnail: false, ..ALL };
        let terms = terms.change(serde_json::from_str(json).unwrap(), eligible, now(), &mut faults);
        if faults.is_empty() { Ok(terms) } else { Err(faults.into_iter().map(|fault| fault.field).collect()) }
    }

    #[test]
    fn a_body_changes_what_it_names_and_nothing_else() {
        let terms = change(
            Terms::usual(),
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
    fn all_faults_are_named_together() {
        let faults = change(
            Terms::usual(),
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
        let dated = Terms {
            expires: Some("2026-11-24".into()),
            expires_at: Some("2026-11-24T23:59:59Z".parse().unwrap()),
            ..Terms::usual()
        };
        let moved = change(dated.clone(), r#"{"time_zone": "Pacific/Kiritimati"}"#).unwrap();
        assert_eq!(
            moved.expires_at,
            Some("2026-11-24T09:59:59Z".parse().unwrap()),
            "past, but not set by this request"
        );
        assert_eq!(change(dated.clone(), r#"{"expires": "2026-11-23"}"#).unwrap_err(), ["expires"]);
        let instant = Terms { expires: Some("2026-12-01T00:00:00Z".into()), ..dated };
        let kept = change(instant, r#"{"time_zone": "Asia/Tokyo"}"#).unwrap();
        assert_eq!(kept.expires_at, Some("2026-12-01T00:00:00Z".parse().unwrap()));
        assert_eq!(kept.time_zone.as_deref(), Some("Asia/Tokyo"));
    }

    #[test]
    fn view_only_removes_the_options_and_download_restores_originals() {
        let chosen = Terms { options: ALL, ..Terms::usual() };
        let view_only = change(chosen.clone(), r#"{"access": "view_only"}"#).unwrap();
        assert_eq!((view_only.access, view_only.options), (Access::ViewOnly, DownloadOptions::default()));
        assert_eq!(change(view_only.clone(), r#"{"options": {"original": true}}"#).unwrap_err(), ["options"]);
        assert_eq!(
            change(chosen.clone(), r#"{"access": "view_only", "options": {"original": true}}"#).unwrap_err(),
            ["options"]
        );
        assert_eq!(
            change(view_only.clone(), r#"{"options": null, "title": "x"}"#).unwrap().access,
            Access::ViewOnly
        );
        assert_eq!(change(view_only, r#"{"access": "download"}"#).unwrap().options, Terms::usual().options);
        let kept = change(chosen.clone(), r#"{"access": "download", "title": "x"}"#).unwrap();
        assert_eq!(kept.options, ALL, "chosen options stay, although a thumbnail is missing now");
    }

    #[test]
    fn a_password_is_set_removed_or_left() {
        let mut faults = Faults::default();
        assert!(matches!(password(Given::Absent, &mut faults), Given::Absent));
        assert!(matches!(password(Given::Set(None), &mut faults), Given::Set(None)));
        assert!(matches!(password(Given::Set(Some("x".into())), &mut faults), Given::Set(Some(_))));
        assert!(faults.is_empty());
        password(Given::Set(Some(String::new())), &mut faults);
        assert!(faults.has("password"));
    }
}
