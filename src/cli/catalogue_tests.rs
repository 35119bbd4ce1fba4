//! The table of all settings against the command line's own flags: none is missing on either side, and the command that the
//! window offers to copy means exactly what the window is set to.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, Parser as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::args::{Arguments, Command};
use crate::config::{CATALOGUE, Choice, Kind, Row, command_line};
use crate::engine::{Layer, Origin, Settings};

#[test]
fn every_flag_of_a_setting_is_in_the_table_once() {
    let command = Arguments::command();
    let run = command.find_subcommand("run").expect("run");
    let settings = ["Pictures", "Choice", "Safety", "Sidecars", "Machine"];
    let mut flags: Vec<&str> = run
        .get_arguments()
        .filter(|argument| argument.get_help_heading().is_some_and(|heading| settings.contains(&heading)))
        .filter_map(|argument| argument.get_long())
        .collect();
    let mut told: Vec<&str> = CATALOGUE.iter().flat_map(|row| row.flags).copied().collect();
    flags.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, flags);
    assert!(flags.len() > 40, "the headings were not found: {flags:?}");
}

#[test]
fn choices_are_those_of_the_flags() {
    let command = Arguments::command();
    let run = command.find_subcommand("run").expect("run");
    for row in CATALOGUE.iter().filter(|row| row.key != "picture.shape") {
        let (Kind::Choice(choices) | Kind::Several(choices)) = row.kind else {
            continue;
        };
        let argument = run
            .get_arguments()
            .find(|argument| argument.get_long() == Some(row.flags[0]))
            .expect(row.key);
        let mut possible: BTreeSet<String> = argument.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
        if matches!(row.kind, Kind::Several(_)) {
            assert!(possible.remove("none"), "{}", row.key);
        }
        let told: BTreeSet<String> = choices.iter().map(|choice| choice.value.to_owned()).collect();
        assert_eq!(told, possible, "{}", row.key);
    }
}

/// Any value of a row: in its range, or nothing where that is a value.
fn value(row: &'static Row) -> BoxedStrategy<Value> {
    let words = |choices: &'static [Choice]| choices.iter().map(|choice| choice.value).collect::<Vec<_>>();
    let some = match row.kind {
        Kind::Switch => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Choice(choices) => prop::sample::select(words(choices)).prop_map(Value::from).boxed(),
        Kind::Several(choices) => {
            let all = words(choices);
            let most = all.len();
            prop::sample::subsequence(all, 0..=most).prop_map(|some| json!(some)).boxed()
        }
        Kind::Whole { from, to, .. } => (from..=to).prop_map(Value::from).boxed(),
        Kind::Number { to, .. } => (0.01..=to).prop_map(Value::from).boxed(),
        Kind::Bytes { from } => prop_oneof![from..=(1 << 50), (from.max(1 << 20) >> 20..4096).prop_map(|mib| mib << 20)]
            .prop_map(Value::from)
            .boxed(),
        Kind::Fit => prop::sample::select(vec!["longest", "shortest", "768x512", "1.5MP", "0.25MP"])
            .prop_map(Value::from)
            .boxed(),
        Kind::Colour => any::<[u8; 3]>().prop_map(|colour| json!(colour)).boxed(),
        Kind::Globs => prop::collection::vec("[a-z*?'\" $,=-]{1,6}", 0..3)
            .prop_map(|globs| json!(globs))
            .boxed(),
        Kind::Word | Kind::Card => "[a-zé'\" $-]{1,6}".prop_map(Value::from).boxed(),
        Kind::Moment => prop::sample::select(vec!["2026-11-01T00:00:00Z", "2026-11-01T12:30:00.5+01:00"])
            .prop_map(Value::from)
            .boxed(),
        Kind::Slice => prop::sample::select(vec!["1/1", "2/8"]).prop_map(Value::from).boxed(),
    };
    match row.none {
        Some(_) => prop_oneof![Just(Value::Null), some].boxed(),
        None => some,
    }
}

/// Settings that differ from the defaults in some rows.
fn settings() -> impl Strategy<Value = Settings> {
    let rows: Vec<_> = CATALOGUE.iter().map(|row| prop::option::of(value(row))).collect();
    rows.prop_map(|values| {
        CATALOGUE
            .iter()
            .zip(values)
            .fold(Settings::default(), |settings, (row, value)| match value {
                Some(value) => settings.with_value(row.key, &value).expect(row.key),
                None => settings,
            })
    })
}

/// All values of settings, as a layer gives them.
fn layer(settings: &Settings) -> Layer {
    let mut layer = Layer::default();
    for (key, value) in settings.values() {
        layer.set(&key, value);
    }
    layer
}

proptest! {
    #[test]
    fn the_command_says_what_the_window_is_set_to(base in settings(), now in settings()) {
        let paths = [PathBuf::from("/data/a b"), PathBuf::from("-x")];
        let line: Vec<OsString> = command_line(&paths, Some("Small web"), &base, &now);
        let parsed = Arguments::try_parse_from(&line).map_err(|error| TestCaseError::fail(format!("{line:?}: {error}")))?;
        let Some(Command::Run(options)) = parsed.command else { panic!("run") };
        prop_assert_eq!(&options.common.preset, &Some("small-web".to_owned()));
        prop_assert_eq!(&options.common.paths, &[PathBuf::from("/data/a b"), PathBuf::from("./-x")]);
        let (flags, problems) = options.common.flags();
        prop_assert_eq!(problems, Vec::<String>::new(), "{:?}", line);
        let resolved = Settings::resolve(vec![(Origin::Preset("p".into()), layer(&base)), (Origin::Flag, flags)]);
        prop_assert_eq!(resolved.settings, now, "{:?}", line);
    }

    /// What a field shows of a value means that value.
    #[test]
    fn fields_keep_what_they_show(now in settings()) {
        for row in &CATALOGUE {
            let value = now.value(row.key).expect(row.key);
            let again = row.parse(&row.text(&value)).map_err(TestCaseError::fail)?;
            let again = now.with_value(row.key, &again).map_err(TestCaseError::fail)?;
            if !matches!(row.kind, Kind::Globs | Kind::Word | Kind::Card) {
                prop_assert_eq!(&again, &now, "{}", row.key);
            }
        }
    }
}
