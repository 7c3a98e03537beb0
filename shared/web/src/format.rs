//! Sizes, counts, dates and durations in words.

use jiff::Timestamp;

/// A size in decimal units, as file managers of recipients say it: "1 byte", "640 KB", "5.9 MB", "318 MB".
#[must_use]
pub fn bytes(size: u64) -> String {
    if size < 1000 {
        return count(size, "byte", "bytes");
    }
    let mut value = size as f64 / 1000.0;
    for unit in ["KB", "MB", "GB", "TB"] {
        // Whatever would round to 1000 is said in the next unit.
        if value < 999.5 {
            let decimals = usize::from(unit != "KB" && value < 99.95);
            let text = format!("{value:.decimals$}");
            return format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text));
        }
        value /= 1000.0;
    }
    format!("{value:.1} PB")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_and_never_say_1000() {
        for (size, words) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1 KB"),
            (640_400, "640 KB"),
            (999_499, "999 KB"),
            (999_500, "1 MB"),
            (5_900_000, "5.9 MB"),
            (6_000_000, "6 MB"),
            (99_940_000, "99.9 MB"),
            (99_960_000, "100 MB"),
            (318_000_000, "318 MB"),
            (999_600_000, "1 GB"),
            (15_000_000_000, "15 GB"),
            (3_750_000_000_000, "3.8 TB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(bytes(size), words, "{size}");
        }
    }

    #[test]
    fn counts_have_their_plural() {
        assert_eq!(count(0, "asset", "assets"), "0 assets");
        assert_eq!(count(1, "asset", "assets"), "1 asset");
        assert_eq!(count(2, "asset", "assets"), "2 assets");
        assert_eq!(count(1_234_567, "asset", "assets"), "1,234,567 assets");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
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
    fn durations_and_waits_round_up() {
        assert_eq!(duration(0), "0:00");
        assert_eq!(duration(6_100), "0:07");
        assert_eq!(duration(245_000), "4:05");
        assert_eq!(duration(3_723_000), "1:02:03");
        assert_eq!(wait(0), "1 second");
        assert_eq!(wait(60), "1 minute");
        assert_eq!(wait(61), "2 minutes");
        assert_eq!(wait(900), "15 minutes");
        assert_eq!(wait(7200), "2 hours");
    }
}
