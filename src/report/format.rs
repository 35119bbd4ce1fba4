//! Numbers as people read them, the same everywhere. Sizes are decimal (1 kB = 1,000 bytes, 1 MB = 1,000 kB), as drives are
//! sold and MB/s are counted; memory alone is binary (1 MiB = 1,048,576 bytes), as it is set; thousands are separated by commas, a unit by a space.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::name::{Name, one_line as escaped};

const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];

/// A path as a terminal may show it: on one line, without anything that steers the terminal.
pub fn shown(path: &Path) -> String {
    Name::of_path(path).one_line()
}

/// As [`shown`], for a file name.
pub fn shown_name(name: &OsStr) -> String {
    Name::new(name).one_line()
}

/// A sentence that may hold names: as [`shown`].
pub fn one_line(text: &str) -> String {
    escaped(text)
}

/// Text of several lines for a terminal: as [`shown`], but for the line breaks.
pub fn printable(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

/// A size: `999 B`, `1.2 kB`, `45.3 MB`, `123 GB`.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1000 { format!("{bytes} B") } else { scaled(bytes as f64) }
}

/// A size with three significant digits, for figures that are to be compared: `1.23 GB`.
pub fn fine_bytes(bytes: u64) -> String {
    if bytes < 1000 {
        format!("{bytes} B")
    } else {
        scaled_to(bytes as f64, true)
    }
}

/// As [`fine_bytes`], maybe negative.
pub fn fine_signed_bytes(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", fine_bytes(value.unsigned_abs()))
}

/// Memory, and limits that are set in such units: `768 MiB`, `1.5 GiB` (1 MiB = 1,048,576 bytes). Memory comes in powers of
/// two, and `--memory 768MiB` must not be told back as 805 MB.
pub fn memory(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return memory_in(value, unit);
        }
        value /= 1024.0;
    }
    memory_in(value, "TiB")
}

/// Without decimals where there are none.
fn memory_in(value: f64, unit: &str) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 {
        format!("{tenths:.0} {unit}")
    } else {
        format!("{tenths:.1} {unit}")
    }
}

/// A size that may be negative: `-1.2 kB`.
pub fn signed_bytes(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", bytes(value.unsigned_abs()))
}

/// Bytes a second: `27.1 MB/s`.
pub fn rate(bytes_per_second: f64) -> String {
    if bytes_per_second < 999.5 {
        format!("{:.0} B/s", bytes_per_second.max(0.0))
    } else {
        format!("{}/s", scaled(bytes_per_second))
    }
}

/// At least 1,000; one decimal below 100 of a unit.
fn scaled(bytes: f64) -> String {
    scaled_to(bytes, false)
}

/// `fine`: two decimals below 10 of a unit.
fn scaled_to(bytes: f64, fine: bool) -> String {
    let mut value = bytes / 1000.0;
    for unit in UNITS {
        // 999.5 would be printed as 1000 of this unit.
        if value < 999.5 || unit == UNITS[UNITS.len() - 1] {
            return if fine && value < 9.995 {
                format!("{value:.2} {unit}")
            } else if value < 99.95 {
                format!("{value:.1} {unit}")
            } else {
                format!("{value:.0} {unit}")
            };
        }
        value /= 1000.0;
    }
    unreachable!("the last unit takes everything")
}

/// A number with thousands separated: `12,345`.
pub fn count(value: u64) -> String {
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

/// A number of things: `1 image`, `12,345 images`.
pub fn things(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// Images a second: `12.3 images/s`, `1,234 images/s`.
pub fn images_rate(images_per_second: f64) -> String {
    format!("{} images/s", number(images_per_second))
}

/// A plain number: one decimal below 100, none above.
pub fn number(value: f64) -> String {
    if value.abs() < 99.95 {
        format!("{value:.1}")
    } else {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}", count(value.abs().round() as u64))
    }
}

/// A part of one: `62.4 %`.
pub fn percent(share: f64) -> String {
    // Adding zero takes the sign off a negative zero.
    format!("{:.1} %", share * 100.0 + 0.0)
}

/// Part of a whole as a share of one; 0 where the whole is nothing.
pub fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// A time: `420 ms`, `12.3 s`, `3 min 05 s`, `2 h 03 min`, `4 d 02 h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// A short time, milliseconds: `0.16 ms`, `2.5 ms`, `160 ms`, `1.6 s`.
pub fn milliseconds(value: f64) -> String {
    if value < 0.995 {
        format!("{:.2} ms", value.max(0.0))
    } else if value < 9.95 {
        format!("{value:.1} ms").replace(".0 ", " ")
    } else {
        seconds(value / 1e3).replace(".0 ", " ")
    }
}

/// A time in seconds, as [`duration`]; nonsense (negative, not finite) counts as none.
pub fn seconds(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(shown(Path::new("a\n\u{1b}]0;x\u{7}/b")), "a\\n\\u{1b}]0;x\\u{7}/b");
        assert_eq!(shown_name(OsStr::new("a\tb")), "a\\tb");
        assert_eq!(printable("one\ntwo \u{1b}[2J\r\n"), "one\ntwo \\u{1b}[2J\\r\n");
    }

    #[test]
    fn sizes() {
        for (value, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1234, "1.2 kB"),
            (99_949, "99.9 kB"),
            (99_951, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_200_000_000, "1.2 GB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(bytes(value), text, "{value}");
        }
        for (value, text) in [
            (999, "999 B"),
            (1000, "1.00 kB"),
            (9_996, "10.0 kB"),
            (123_400, "123 kB"),
            (2_345_678, "2.35 MB"),
        ] {
            assert_eq!(fine_bytes(value), text, "{value}");
        }
        for (value, text) in [
            (0, "0 B"),
            (1 << 20, "1 MiB"),
            (768 << 20, "768 MiB"),
            (3 << 29, "1.5 GiB"),
            (1 << 50, "1024 TiB"),
        ] {
            assert_eq!(memory(value), text, "{value}");
        }
        assert_eq!(fine_signed_bytes(-1200), "-1.20 kB");
        assert_eq!(signed_bytes(-1200), "-1.2 kB");
        assert_eq!(signed_bytes(i64::MIN), "-9223 PB");
        assert_eq!(
            (rate(0.0), rate(999.6), rate(27_123_456.0)),
            ("0 B/s".into(), "1.0 kB/s".into(), "27.1 MB/s".into())
        );
    }

    #[test]
    fn counts() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(value), text);
        }
        assert_eq!(
            (things(1, "image", "images"), things(0, "image", "images")),
            ("1 image".into(), "0 images".into())
        );
        assert_eq!(
            (number(99.94), number(99.96), number(-1234.4)),
            ("99.9".into(), "100".into(), "-1,234".into())
        );
        assert_eq!((percent(0.624), percent(-0.0)), ("62.4 %".into(), "0.0 %".into()));
    }

    #[test]
    fn times() {
        for (millis, text) in [
            (0, "0 ms"),
            (420, "420 ms"),
            (1000, "1.0 s"),
            (59_940, "59.9 s"),
            (59_960, "1 min 00 s"),
            (185_000, "3 min 05 s"),
            (3_599_600, "1 h 00 min"),
            (7_380_000, "2 h 03 min"),
            (353_000_000, "4 d 02 h"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text, "{millis}");
        }
        for (value, text) in [(0.158, "0.16 ms"), (1.0, "1 ms"), (2.5, "2.5 ms"), (10.0, "10 ms"), (1000.0, "1 s")] {
            assert_eq!(milliseconds(value), text);
        }
        assert_eq!(
            (seconds(f64::NAN), seconds(-1.0), seconds(2.0)),
            ("0 ms".into(), "0 ms".into(), "2.0 s".into())
        );
    }
}
