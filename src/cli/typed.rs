//! Single values as they are typed. Nothing is refused here: what makes no sense is kept as it was typed, so that all of it
//! can be told at once.

use std::convert::Infallible;
use std::str::FromStr;

use time::OffsetDateTime;

use crate::config::{parse_bytes, parse_colour, parse_moment};

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

/// What takes away a value that a preset or a library's file chose.
const NONE: &str = "none";

/// A value, or `none`.
pub(super) fn or_none<T: FromStr>(text: &str) -> Result<Typed<Option<T>>, Infallible> {
    none_or(text, number::<T>)
}

/// As [`size`], or `none`.
pub(super) fn size_or_none(text: &str) -> Result<Typed<Option<u64>>, Infallible> {
    none_or(text, size)
}

/// A moment: an age, a day or a time, or `none`.
pub(super) fn when_or_none(text: &str) -> Result<Typed<Option<OffsetDateTime>>, Infallible> {
    none_or(text, when)
}

fn none_or<T>(text: &str, parse: impl Fn(&str) -> Result<Typed<T>, Infallible>) -> Result<Typed<Option<T>>, Infallible> {
    if text.trim().eq_ignore_ascii_case(NONE) {
        return Ok(Ok(None));
    }
    parse(text).map(|typed| typed.map(Some))
}

/// `R,G,B` or `#RRGGBB`.
pub(super) fn matte(text: &str) -> Result<Typed<[u8; 3]>, Infallible> {
    Ok(parse_colour(text).ok_or_else(|| text.to_owned()))
}

/// Bytes: `512MiB`, `1.5GB`, `1000000`.
pub(super) fn size(text: &str) -> Result<Typed<u64>, Infallible> {
    Ok(parse_bytes(text).ok_or_else(|| text.to_owned()))
}

fn when(text: &str) -> Result<Typed<OffsetDateTime>, Infallible> {
    Ok(parse_moment(text).ok_or_else(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_kept_as_it_was_typed() {
        assert_eq!(matte("blue"), Ok(Err("blue".to_owned())));
        assert_eq!(size("256MiB"), Ok(Ok(256 << 20)));
        assert_eq!(size("much"), Ok(Err("much".to_owned())));
        assert_eq!(number::<u8>(" 7 "), Ok(Ok(7)));
        assert_eq!(number::<u8>("256"), Ok(Err("256".to_owned())));
        assert_eq!(when_or_none("yesterday"), Ok(Err("yesterday".to_owned())));
    }

    #[test]
    fn nothing_can_be_chosen() {
        assert_eq!(or_none::<u64>("None "), Ok(Ok(None)));
        assert_eq!(or_none::<u64>("5"), Ok(Ok(Some(5))));
        assert_eq!(or_none::<u64>("nine"), Ok(Err("nine".to_owned())));
        assert_eq!(size_or_none("none"), Ok(Ok(None)));
        assert_eq!(when_or_none("none"), Ok(Ok(None)));
    }
}
