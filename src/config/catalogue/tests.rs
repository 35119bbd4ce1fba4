//! The table against the engine's settings, the flags and the limits of values.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::*;
use crate::engine::Settings;

#[test]
fn every_setting_is_in_it_once() {
    let keys: Vec<&str> = CATALOGUE.iter().map(|row| row.key).collect();
    let unique: HashSet<&str> = keys.iter().copied().collect();
    assert_eq!(unique.len(), keys.len());
    let known = Settings::default().values();
    assert_eq!(known.iter().map(|(key, _)| key.as_str()).collect::<HashSet<_>>(), unique);
}

#[test]
fn rows_of_a_heading_stand_together_in_order() {
    let headings: Vec<Heading> = CATALOGUE.iter().map(|row| row.heading).collect();
    assert!(headings.is_sorted(), "{headings:?}");
    for heading in Heading::ALL {
        assert_eq!(headings.contains(&heading), heading != Heading::Appearance, "{heading:?}");
    }
}

/// What a row shows of a default, typed again, is the default; and each of its choices is a value of the setting.
#[test]
fn rows_and_settings_agree() {
    let settings = Settings::default();
    for row in &CATALOGUE {
        let value = settings.value(row.key).expect(row.key);
        assert_eq!(value.is_null(), row.none.is_some(), "{}", row.key);
        let again = row.parse(&row.text(&value)).expect(row.key);
        let again = settings.with_value(row.key, &again).expect(row.key);
        assert_eq!(again, settings, "{}", row.key);
        match row.kind {
            Kind::Choice(choices) => {
                for choice in choices {
                    settings.with_value(row.key, &json!(choice.value)).expect(row.key);
                }
            }
            Kind::Several(choices) => {
                let all: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
                settings.with_value(row.key, &json!(all)).expect(row.key);
            }
            Kind::Switch => {
                settings.with_value(row.key, &json!(true)).expect(row.key);
            }
            _ => {}
        }
        if let Some(on) = row.none.and_then(|none| none.on) {
            let value = row.parse(on).expect(row.key);
            settings.with_value(row.key, &value).expect(row.key);
        }
    }
}

/// The ends of a range are values, and the engine calls what lies beyond them wrong.
#[test]
fn ranges_are_those_of_the_engine() {
    let faulty = |key: &str, value: Value| {
        let settings = Settings::default().with_value(key, &value);
        settings.is_err() || settings.is_ok_and(|s| s.faults().iter().any(|fault| fault.key == key))
    };
    for row in &CATALOGUE {
        match row.kind {
            Kind::Whole { from, to, .. } => {
                assert!(!faulty(row.key, json!(from)), "{} {from}", row.key);
                assert!(faulty(row.key, json!(from - 1)), "{} below {from}", row.key);
                assert!(to == u64::MAX || faulty(row.key, json!(to + 1)), "{} above {to}", row.key);
                assert!(row.parse(&(from - 1).to_string()).is_err() && row.parse(&from.to_string()).is_ok());
            }
            Kind::Number { from, to, with_from, .. } => {
                assert_eq!(faulty(row.key, json!(from)), !with_from, "{}", row.key);
                assert!(!faulty(row.key, json!(to)) && faulty(row.key, json!(to + 1.0)), "{}", row.key);
                assert_eq!(row.parse(&from.to_string()).is_ok(), with_from, "{}", row.key);
                assert!(row.parse(&(to + 1.0).to_string()).is_err() && row.parse("NaN").is_err() && row.parse("inf").is_err());
            }
            Kind::Bytes { from } => {
                assert!(!faulty(row.key, json!(from)), "{} {from}", row.key);
                assert!(from == 0 || (faulty(row.key, json!(from - 1)) && row.parse(&(from - 1).to_string()).is_err()));
            }
            _ => {}
        }
    }
}

#[test]
fn what_is_no_value_is_told_in_a_sentence() {
    for (key, text, sentence) in [
        ("picture.quality", "105", "Use a number from 1 to 100."),
        ("picture.quality", "", "Use a number from 1 to 100."),
        ("picture.quality", "9.5", "Use a whole number from 1 to 100."),
        ("picture.target", "70000", "Use a number from 1 to 65,500."),
        ("choose.limit", "0", "Use a whole number of at least 1."),
        ("picture.min_score", "0", "Use a number above 0 and up to 100."),
        ("machine.memory", "1 MiB", "Use at least 64 MiB."),
        ("machine.memory", "much", "Use a size such as 512 MiB or 2 GB."),
        ("picture.matte", "blue", "Use a colour such as #727272 or 114,114,114."),
        ("choose.slice", "9/8", "Use one of several such as 2/8, counted from 1."),
        (
            "choose.newer_than",
            "yesterday",
            "Use an age such as 7d or 12h, or a day such as 2026-11-01.",
        ),
    ] {
        assert_eq!(row(key).expect(key).parse(text), Err(sentence.to_owned()), "{key} {text}");
    }
    assert_eq!(row("picture.target").expect("target").parse("1,024"), Ok(json!(1024)));
    assert_eq!(row("machine.workers").expect("workers").parse(" "), Ok(Value::Null));
}

#[test]
fn search_finds_by_all_its_words() {
    let found = |query: &str| {
        CATALOGUE
            .iter()
            .filter(|row| row.is_found_by(query))
            .map(|row| row.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("EXIF"), ["picture.metadata"]);
    assert_eq!(found("gps"), ["picture.keep_gps"]);
    assert_eq!(found("--workers"), ["machine.workers"]);
    assert_eq!(found("colour edges"), ["picture.chroma"]);
    assert_eq!(found("no such thing"), Vec::<&str>::new());
    assert_eq!(found("").len(), CATALOGUE.len());
}
