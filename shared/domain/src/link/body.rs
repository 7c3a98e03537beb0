//! The JSON body that creates or edits a link, and the checks of its fields.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

use crate::field_error::{Faults, FieldError};
use crate::link::access::Access;
use crate::link::offer::Offer;
use crate::password::Password;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// The largest number of uses.
pub const MAX_USES: u32 = 1_000_000;
/// The most assets of a selection.
pub const MAX_SELECTION: usize = 5_000;
/// The most attributes of a link.
const MAX_ATTRIBUTES: usize = 100;

/// A field of a PATCH body: left out (no change), null (removed), or given.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Given<T> {
    /// Left out.
    #[default]
    Absent,
    /// Null or a value.
    Set(Option<T>),
}

impl<T> Given<T> {
    /// The value; `None` if it is left out or null.
    pub fn value(self) -> Option<T> {
        match self {
            Given::Absent => None,
            Given::Set(value) => value,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Given::Set)
    }
}

/// The body of `POST /api/links` and, without the target, of `PATCH`. Unknown fields are refused, so that a typing
/// error is always noticed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkBody {
    /// What to share.
    pub target: Given<TargetBody>,
    /// The heading of the page that recipients see.
    pub title: Given<String>,
    /// A date, an RFC 3339 instant, or null.
    pub expires: Given<String>,
    /// The time zone in which a date ends.
    pub time_zone: Given<String>,
    /// Number of uses, or null.
    pub max_uses: Given<i64>,
    /// A password; null removes it.
    pub password: Given<String>,
    /// `download` or `view_only`.
    pub access: Given<Access>,
    /// Null, a list of names, or a set.
    pub attributes: Given<AttributesBody>,
    /// What may be downloaded.
    pub options: Given<Offer>,
}

/// The target as the client sent it, before it is checked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetBody {
    /// `asset`, `folder`, `selection`.
    pub kind: String,
    /// The asset or folder.
    #[serde(default)]
    pub id: Option<String>,
    /// The assets of a selection.
    #[serde(default)]
    pub assets: Option<Vec<String>>,
    /// Whether the folders below are shared too.
    #[serde(default)]
    pub include_subfolders: Option<bool>,
}

/// The attributes of list view as the client sent them, before they are checked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "null, a list of attribute names, or {\"set\": id}")]
pub enum AttributesBody {
    /// Picked one by one.
    Names(Vec<String>),
    /// Those of an attribute set.
    Set {
        /// Its id.
        set: String,
    },
}

/// A title: trimmed, 1 to [`MAX_TITLE`] characters, no control characters.
///
/// # Errors
/// What is wrong with it.
pub fn parse_title(text: Option<&str>) -> Result<String, FieldError> {
    let title = text.unwrap_or_default().trim();
    let fault = |message: String| Err(FieldError::new("title", message));
    match title.chars().take(MAX_TITLE + 1).count() {
        0 => fault("Give the link a title; recipients read it at the top of the page.".into()),
        n if n > MAX_TITLE => fault(format!("Use at most {MAX_TITLE} characters.")),
        _ if title.chars().any(char::is_control) => {
            fault("Leave out line breaks and control characters.".into())
        }
        _ => Ok(title.to_owned()),
    }
}

/// A number of uses: 1 to [`MAX_USES`].
///
/// # Errors
/// What is wrong with it.
pub fn parse_max_uses(number: Option<i64>) -> Result<Option<u32>, FieldError> {
    match number {
        None => Ok(None),
        Some(n) => match u32::try_from(n) {
            Ok(uses) if (1..=MAX_USES).contains(&uses) => Ok(Some(uses)),
            _ => Err(FieldError::new(
                "max_uses",
                format!("Give a number from 1 to {MAX_USES}, or null for no limit."),
            )),
        },
    }
}

/// The password that a body sets or removes. A fault is added to `faults`.
pub fn parse_password(given: Given<String>, faults: &mut Faults) -> Given<Password> {
    match given {
        Given::Absent => Given::Absent,
        Given::Set(None) => Given::Set(None),
        Given::Set(Some(text)) => {
            let password =
                Password::new(text).map_err(|fault| FieldError::new("password", fault.to_string()));
            Given::Set(faults.take(password))
        }
    }
}

/// The instant at which a link with this new end expires: 23:59:59 of a date in the time zone (UTC if none is given),
/// or the given instant. It must be in the future.
///
/// # Errors
/// When it does not parse, the zone is unknown, or it is in the past or more than 100 years away.
pub fn parse_new_end(
    expires: &str,
    time_zone: Option<&str>,
    now: Timestamp,
) -> Result<Timestamp, FieldError> {
    let end = parse_end(expires, time_zone)?;
    if end <= now {
        return Err(FieldError::new("expires", "This lies in the past. Choose a later date."));
    }
    if end > now.saturating_add(SignedDuration::from_hours(24 * 366 * 100)).unwrap_or(Timestamp::MAX) {
        return Err(FieldError::new(
            "expires",
            "Choose a date within the next 100 years, or null for no end.",
        ));
    }
    Ok(end)
}

/// As [`parse_new_end`], but also for a past end: a link that has expired may get another time zone.
///
/// # Errors
/// When it does not parse or the zone is unknown.
pub fn parse_end(expires: &str, time_zone: Option<&str>) -> Result<Timestamp, FieldError> {
    match expires.parse::<Timestamp>() {
        // Rows keep milliseconds, so finer parts are cut off here too: both must give the same instant.
        Ok(instant) => Timestamp::from_millisecond(instant.as_millisecond())
            .map_err(|_| FieldError::new("expires", "This date is out of range.")),
        Err(_) => end_of_day(expires, time_zone),
    }
}

fn end_of_day(date: &str, time_zone: Option<&str>) -> Result<Timestamp, FieldError> {
    let is_date = date.len() == 10 && date.is_ascii();
    let date = date.parse::<Date>().ok().filter(|_| is_date).ok_or_else(|| {
        FieldError::new(
            "expires",
            "Give a date such as 2026-12-04 or an instant such as 2026-12-04T17:00:00Z.",
        )
    })?;
    let zone = match time_zone {
        Some(name) => parse_time_zone(name)?,
        None => TimeZone::UTC,
    };
    zone.to_timestamp(date.to_datetime(Time::constant(23, 59, 59, 0)))
        .map_err(|_| FieldError::new("expires", "This date is out of range."))
}

/// A time zone by its IANA name.
///
/// # Errors
/// When no time zone has this name.
pub fn parse_time_zone(name: &str) -> Result<TimeZone, FieldError> {
    TimeZone::get(name)
        .map_err(|_| FieldError::new("time_zone", "Give a time zone by its IANA name, such as Europe/Paris."))
}

/// The attributes chosen for list view; `None` for the default ones.
///
/// # Errors
/// When a name is empty, repeated or too long, there are too many, or the set does not exist.
pub fn parse_attributes(given: Option<AttributesBody>) -> Result<Option<Vec<String>>, FieldError> {
    let fault = |message: &str| Err(FieldError::new("attributes", message));
    let names = match given {
        None => return Ok(None),
        Some(AttributesBody::Set { .. }) => return fault("No attribute set has this id."),
        Some(AttributesBody::Names(names)) => names,
    };
    let mut seen = std::collections::HashSet::new();
    if names.len() > MAX_ATTRIBUTES {
        return fault("Choose at most 100 attributes.");
    }
    if names.iter().any(|name| name.trim().is_empty() || name.chars().count() > 100) {
        return fault("Each attribute's name has 1 to 100 characters.");
    }
    if !names.iter().all(|name| seen.insert(name)) {
        return fault("Name each attribute once.");
    }
    Ok(Some(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_date_ends_with_its_day_in_its_zone() {
        let paris = parse_new_end("2026-12-04", Some("Europe/Paris"), now()).unwrap();
        assert_eq!(paris.to_string(), "2026-12-04T22:59:59Z");
        assert_eq!(parse_new_end("2026-12-04", None, now()).unwrap().to_string(), "2026-12-04T23:59:59Z");
        let today = parse_new_end("2026-11-24", Some("America/Los_Angeles"), now()).unwrap();
        assert_eq!(today.to_string(), "2026-11-25T07:59:59Z");
        let exact = parse_new_end("2026-12-04T12:30:00+02:00", None, now()).unwrap();
        assert_eq!(exact.to_string(), "2026-12-04T10:30:00Z");
    }

    #[test]
    fn a_bad_end_is_refused_by_its_field() {
        for (expires, zone, field) in [
            ("2026-11-23", None, "expires"),
            ("2026-11-24T09:59:59Z", None, "expires"),
            ("tomorrow", None, "expires"),
            ("2026-02-30", None, "expires"),
            ("", None, "expires"),
            ("9999-12-31", None, "expires"),
            ("2026-12-04", Some("Mars/Olympus"), "time_zone"),
            ("2026-12-04", Some("../../etc/passwd"), "time_zone"),
        ] {
            assert_eq!(parse_new_end(expires, zone, now()).unwrap_err().field, field, "{expires}");
        }
    }

    #[test]
    fn titles_and_uses_have_bounds() {
        assert_eq!(parse_title(Some("  Autumn ")).unwrap(), "Autumn");
        for bad in [None, Some(""), Some("   "), Some("a\r\nb"), Some(&*"x".repeat(201))] {
            assert_eq!(parse_title(bad).unwrap_err().field, "title");
        }
        assert_eq!(parse_max_uses(Some(3)), Ok(Some(3)));
        for bad in [0, -1, i64::MAX, 1_000_001] {
            assert_eq!(parse_max_uses(Some(bad)).unwrap_err().field, "max_uses");
        }
    }

    #[test]
    fn left_out_null_and_given_are_different() {
        let body: LinkBody = serde_json::from_str(r#"{"title": "x", "password": null}"#).unwrap();
        assert_eq!(body.title, Given::Set(Some("x".into())));
        assert_eq!(body.password, Given::Set(None));
        assert_eq!(body.max_uses, Given::Absent);
        assert!(serde_json::from_str::<LinkBody>(r#"{"titel": "x"}"#).is_err());
    }

    #[test]
    fn a_password_is_set_removed_or_left() {
        let mut faults = Faults::default();
        assert!(matches!(parse_password(Given::Absent, &mut faults), Given::Absent));
        assert!(matches!(parse_password(Given::Set(None), &mut faults), Given::Set(None)));
        assert!(matches!(parse_password(Given::Set(Some("x".into())), &mut faults), Given::Set(Some(_))));
        assert!(faults.is_empty());
        parse_password(Given::Set(Some(String::new())), &mut faults);
        assert!(faults.has("password"));
    }
}
