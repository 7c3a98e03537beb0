//! Sizes, counts, dates and durations in words. static/words.js says the same where a script writes them; words.json
//! holds both to it.

use jiff::Timestamp;

/// A size in decimal units, as file managers of recipients say it: "1 byte", "640 KB", "5.9 MB", "318 MB".
#[must_use]
pub fn bytes(size: u64) -> String {
    if size < 1000 {
        return count(size, "byte", "bytes");
    }
    // A half is rounded up, as people and browsers do, and not to the even digit, as `{:.1}` would.
    let rounded = |value: f64, scale: f64| (value * scale).round() / scale;
    let mut value = size as f64 / 1000.0;
    for unit in ["KB", "MB", "GB", "TB"] {
        // What would round to 1000 is said in the next unit.
        if value < 999.5 {
            let scale = if unit != "KB" && value < 99.95 { 10.0 } else { 1.0 };
            return format!("{} {unit}", rounded(value, scale));
        }
        value /= 1000.0;
    }
    format!("{} PB", rounded(value, 10.0))
}

/// A number with its thousands apart: "12,345".
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: "1 asset", "2,400 assets".
#[must_use]
pub fn count(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

/// Pixel width × height: "6000 × 4000".
#[must_use]
pub fn dimensions(width: u32, height: u32) -> String {
    format!("{width} × {height}")
}

/// The length of a sound or video as players write it: "0:07", "4:05", "1:02:03".
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long to wait, rounded up so that the wait is over when the words say so: "1 minute", "12 minutes".
#[must_use]
pub fn wait(seconds: u64) -> String {
    match seconds {
        0..=59 => count(seconds.max(1), "second", "seconds"),
        60..=5400 => count(seconds.div_ceil(60), "minute", "minutes"),
        _ => count(seconds.div_ceil(3600), "hour", "hours"),
    }
}

/// When something ends, in a time zone: the day alone where it is that day's last second ("4 December 2026"),
/// else with the time and the zone ("4 December 2026, 18:00 Europe/Paris"). An unknown zone is taken as UTC.
#[must_use]
pub fn end(at: Timestamp, time_zone: &str) -> String {
    let (local, zone) = match at.in_tz(time_zone) {
        Ok(local) => (local, time_zone),
        Err(_) => (at.to_zoned_datetime(jiff::tz::TimeZone::UTC), "UTC"),
    };
    let day = local.strftime("%-d %B %Y");
    if local.strftime("%T").to_string() == "23:59:59" {
        day.to_string()
    } else {
        format!("{day}, {} {zone}", local.strftime("%H:%M"))
    }
}

/// A file type as people write it, from the extension it is stored as: "jpg" is "JPEG".
#[must_use]
pub fn file_type(extension: &str) -> String {
    match extension.to_lowercase().as_str() {
        "" => "File".to_owned(),
        "jpg" | "jpe" | "jfif" => "JPEG".to_owned(),
        "tif" => "TIFF".to_owned(),
        "webp" => "WebP".to_owned(),
        other => other.to_uppercase(),
    }
}

/// A file's name as its stem and its extension with the dot, which stays visible when the stem is cut short; the
/// extension is empty where the name has none of a usual length.
#[must_use]
pub fn split_name(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name[dot..].chars().count() <= 12 => name.split_at(dot),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    /// The examples of one function: what it is given, and what it says. tests/javascript runs them on words.js.
    fn examples<Given: DeserializeOwned, Said: DeserializeOwned>(function: &str) -> Vec<(Given, Said)> {
        let all: serde_json::Value = serde_json::from_str(include_str!("../words.json")).unwrap();
        let examples = serde_json::from_value::<Vec<_>>(all[function].clone()).unwrap();
        assert!(!examples.is_empty(), "{function}");
        examples
    }

    #[test]
    fn pages_and_scripts_say_the_same() {
        for (value, said) in examples::<u64, String>("number") {
            assert_eq!(number(value), said);
        }
        for ((value, one, many), said) in examples::<(u64, String, String), String>("count") {
            assert_eq!(count(value, &one, &many), said);
        }
        for (size, said) in examples::<u64, String>("bytes") {
            assert_eq!(bytes(size), said, "{size}");
        }
        for ((width, height), said) in examples::<(u32, u32), String>("dimensions") {
            assert_eq!(dimensions(width, height), said);
        }
        for (milliseconds, said) in examples::<u64, String>("duration") {
            assert_eq!(duration(milliseconds), said, "{milliseconds}");
        }
        for (extension, said) in examples::<String, String>("file_type") {
            assert_eq!(file_type(&extension), said, "{extension}");
        }
        for (name, (stem, extension)) in examples::<String, (String, String)>("split_name") {
            assert_eq!(split_name(&name), (stem.as_str(), extension.as_str()), "{name}");
        }
    }

    #[test]
    fn a_days_end_is_said_as_the_day() {
        let end_of_day: Timestamp = "2026-12-04T22:59:59Z".parse().unwrap();
        assert_eq!(end(end_of_day, "Europe/Paris"), "4 December 2026");
        assert_eq!(end(end_of_day, "UTC"), "4 December 2026, 22:59 UTC");
        assert_eq!(end(end_of_day, "No/Where"), "4 December 2026, 22:59 UTC");
        assert_eq!(end(end_of_day, "Asia/Tokyo"), "5 December 2026, 07:59 Asia/Tokyo");
    }

    #[test]
    fn waits_round_up() {
        assert_eq!(wait(0), "1 second");
        assert_eq!(wait(60), "1 minute");
        assert_eq!(wait(61), "2 minutes");
        assert_eq!(wait(900), "15 minutes");
        assert_eq!(wait(7200), "2 hours");
    }
}
