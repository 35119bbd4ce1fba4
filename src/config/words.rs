//! Single values as people type them: bytes, colours, moments. The command line and the window take the same words.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// `R,G,B` or `#RRGGBB`.
pub fn parse_colour(text: &str) -> Option<[u8; 3]> {
    let text = text.trim();
    let parts: Option<Vec<u8>> = match text.strip_prefix('#') {
        Some(hex) if hex.len() == 6 && hex.is_ascii() => (0..3).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect(),
        Some(_) => None,
        None => text.split(',').map(|part| part.trim().parse::<u8>().ok()).collect(),
    };
    parts?.try_into().ok()
}

/// Bytes: `512MiB`, `1.5 GB`, `1000000`.
pub fn parse_bytes(text: &str) -> Option<u64> {
    parse_size::parse_size(text.trim()).ok()
}

/// A moment: so long ago (`7d`, `1w 12h`), a day at its beginning in UTC, or RFC 3339.
pub fn parse_moment(text: &str) -> Option<OffsetDateTime> {
    let word = text.trim();
    let ago = || {
        humantime::parse_duration(word)
            .ok()
            .and_then(|age| OffsetDateTime::now_utc().checked_sub(age.try_into().ok()?))
    };
    let day = || {
        Date::parse(word, format_description!("[year]-[month]-[day]"))
            .ok()
            .map(|day| day.midnight().assume_utc())
    };
    let moment = || OffsetDateTime::parse(word, &Rfc3339).ok();
    ago().or_else(day).or_else(moment)
}

/// Bytes so that [`parse_bytes`] gives the same again: in the largest binary unit that leaves a whole number.
pub(super) fn bytes_text(bytes: u64, between: &str) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes > 0 && bytes.trailing_zeros() >= shift {
            return format!("{}{between}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn colours_and_sizes() {
        for (text, expected) in [
            ("1,2,3", Some([1, 2, 3])),
            ("#0aFF10", Some([10, 255, 16])),
            (" 0, 0 ,255", Some([0, 0, 255])),
            ("256,0,0", None),
            ("1,2", None),
            ("#fff", None),
            ("#ééé", None),
            ("", None),
        ] {
            assert_eq!(parse_colour(text), expected, "{text}");
        }
        for (text, expected) in [
            ("256MiB", Some(256 << 20)),
            ("256 MiB", Some(256 << 20)),
            ("2GB", Some(2_000_000_000)),
            ("much", None),
            ("", None),
        ] {
            assert_eq!(parse_bytes(text), expected, "{text}");
        }
        for bytes in [0, 1, 1023, 1024, 1 << 20, 3 << 29, 512 << 20, 5 << 30, u64::from(u32::MAX)] {
            for between in ["", " "] {
                assert_eq!(parse_bytes(&bytes_text(bytes, between)), Some(bytes), "{bytes}");
            }
        }
    }

    #[test]
    fn moments() {
        assert_eq!(parse_moment("2026-11-01"), Some(datetime!(2026-11-01 0:00 UTC)));
        assert_eq!(parse_moment("2026-11-01T12:00:00+01:00"), Some(datetime!(2026-11-01 11:00 UTC)));
        let then = parse_moment("7d").expect("an age");
        let week = OffsetDateTime::now_utc() - then;
        assert!(
            (Duration::days(7)..Duration::days(7) + Duration::minutes(1)).contains(&week),
            "{week}"
        );
        for text in ["yesterday", "2026-13-01", "", "-3d", "99999999999999999999y", "9999999y"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}
