//! Single values as they are typed. Nothing is refused here: what makes no sense is kept as it was typed, so that all of it
//! can be told at once.

use std::convert::Infallible;
use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// A value, or what was typed in its place.
pub(super) type Typed<T> = Result<T, String>;

/// A number.
pub(super) fn number<T: FromStr>(text: &str) -> Result<Typed<T>, Infallible> {
    Ok(text.trim().parse::<T>().map_err(|_| text.to_owned()))
}

/// A value that knows its own words.
pub(super) fn word<T: FromStr>(text: &str) -> Result<Typed<T>, Infallible> {
    number::<T>(text)
}

/// `R,G,B` or `#RRGGBB`.
pub(super) fn matte(text: &str) -> Result<Typed<[u8; 3]>, Infallible> {
    let parts: Option<Vec<u8>> = match text.strip_prefix('#') {
        Some(hex) if hex.len() == 6 && hex.is_ascii() => (0..3).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect(),
        Some(_) => None,
        None => text.split(',').map(|part| part.trim().parse::<u8>().ok()).collect(),
    };
    Ok(parts.and_then(|parts| parts.try_into().ok()).ok_or_else(|| text.to_owned()))
}

/// Bytes: `512MiB`, `1.5GB`, `1000000`.
pub(super) fn size(text: &str) -> Result<Typed<u64>, Infallible> {
    Ok(parse_size::parse_size(text).map_err(|_| text.to_owned()))
}

/// A moment: so long ago (`7d`, `1w 12h`), a day at its beginning in UTC, or RFC 3339.
pub(super) fn when(text: &str) -> Result<Typed<OffsetDateTime>, Infallible> {
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
    Ok(ago().or_else(day).or_else(moment).ok_or_else(|| text.to_owned()))
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
            assert_eq!(matte(text).ok().and_then(Result::ok), expected, "{text}");
        }
        assert_eq!(size("256MiB"), Ok(Ok(256 << 20)));
        assert_eq!(size("2GB"), Ok(Ok(2_000_000_000)));
        assert_eq!(size("much"), Ok(Err("much".to_owned())));
    }

    #[test]
    fn moments() {
        let parsed = |text: &str| when(text).ok().and_then(Result::ok);
        assert_eq!(parsed("2026-11-01"), Some(datetime!(2026-11-01 0:00 UTC)));
        assert_eq!(parsed("2026-11-01T12:00:00+01:00"), Some(datetime!(2026-11-01 11:00 UTC)));
        let then = parsed("7d").expect("an age");
        let week = OffsetDateTime::now_utc() - then;
        assert!(
            (Duration::days(7)..Duration::days(7) + Duration::minutes(1)).contains(&week),
            "{week}"
        );
        for text in ["yesterday", "2026-13-01", "", "-3d", "99999999999999999999y", "9999999y"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
