//! Sizes, counts, dates and durations in words. static/words.js writes the same texts in scripts; the examples in
//! words.json test both.

use jiff::Timestamp;

/// A size in decimal units, as file managers show it: "1 byte", "640 KB", "5.9 MB", "318 MB".
#[must_use]
pub fn bytes(size: u64) -> String {
    if size < 1000 {
        return count(size, "byte", "bytes");
    }
    // Rounds a half up, as browsers do; `{:.1}` would round it to the even digit.
    let rounded = |value: f64, scale: f64| (value * scale).round() / scale;
    let mut value = size as f64 / 1000.0;
    for unit in ["KB", "MB", "GB", "TB"] {
        // A value that would round to 1000 is written in the next unit.
        if value < 999.5 {
            let scale = if unit != "KB" && value < 99.95 { 10.0 } else { 1.0 };
            return format!("{} {unit}", rounded(value, scale));
        }
        value /= 1000.0;
    }
    format!("{} PB", rounded(value, 10.0))
}

/// A number with separated thousands: "12,345".
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

/// A waiting time, rounded up so that nobody comes back too early: "1 minute", "12 minutes".
#[must_use]
pub fn wait(seconds: u64) -> String {
    match seconds {
        0..=59 => count(seconds.max(1), "second", "seconds"),
        60..=5400 => count(seconds.div_ceil(60), "minute", "minutes"),
        _ => count(seconds.div_ceil(3600), "hour", "hours"),
    }
}

/// An end in a time zone: only the day if it is that day's last second ("4 December 2026"), else also time and zone
/// ("4 December 2026, 18:00 Europe/Paris"). An unknown zone counts as UTC.
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

/// A file name split into stem and extension with its dot, so that a page can shorten the stem alone. The extension is
/// empty if the name has none or one of more than 12 characters.
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

    /// The examples of one function: input and expected text. tests/javascript runs the same ones on words.js.
    fn examples<Input: DeserializeOwned, Text: DeserializeOwned>(function: &str) -> Vec<(Input, Text)> {
        let all: serde_json::Value = serde_json::from_str(include_str!("../words.json")).unwrap();
        let examples = serde_json::from_value::<Vec<_>>(all[function].clone()).unwrap();
        assert!(!examples.is_empty(), "{function}");
        examples
    }

    #[test]
    fn pages_and_scripts_write_the_same_words() {
        for (value, expected) in examples::<u64, String>("number") {
            assert_eq!(number(value), expected);
        }
        for ((value, one, many), expected) in examples::<(u64, String, String), String>("count") {
            assert_eq!(count(value, &one, &many), expected);
        }
        for (size, expected) in examples::<u64, String>("bytes") {
            assert_eq!(bytes(size), expected, "{size}");
        }
        for ((width, height), expected) in examples::<(u32, u32), String>("dimensions") {
            assert_eq!(dimensions(width, height), expected);
        }
        for (milliseconds, expected) in examples::<u64, String>("duration") {
            assert_eq!(duration(milliseconds), expected, "{milliseconds}");
        }
        for (extension, expected) in examples::<String, String>("file_type") {
            let label = domain::file_type::FileType::of_extension(&extension).label();
            assert_eq!(label, expected, "{extension}");
        }
        for (name, (stem, extension)) in examples::<String, (String, String)>("split_name") {
            assert_eq!(split_name(&name), (stem.as_str(), extension.as_str()), "{name}");
        }
    }

    #[test]
    fn the_end_of_a_day_is_written_as_the_day() {
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
