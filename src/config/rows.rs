//! One setting as a row: what it is called, what it does, what it may be, and its value as the text of a field or of a flag.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::words::{bytes_text, parse_bytes, parse_colour, parse_moment};
use crate::engine::{Fit, Slice};
use crate::report::format;

/// Under which heading a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Heading {
    /// What size and shape replacements have.
    Size,
    /// How they are encoded.
    Encoding,
    /// What becomes of transparency.
    Colour,
    /// What is said of a picture beside its pixels.
    Metadata,
    /// What becomes of the files beside the images.
    Sidecars,
    /// What becomes of originals, and how they are guarded.
    Originals,
    /// Where several files want one name.
    Names,
    /// Which images and shards are worked on.
    Files,
    /// What the machine gives.
    Speed,
    /// How the window looks; its rows are the window's own.
    Appearance,
}

impl Heading {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Heading; 10] = [
        Heading::Size,
        Heading::Encoding,
        Heading::Colour,
        Heading::Metadata,
        Heading::Sidecars,
        Heading::Originals,
        Heading::Names,
        Heading::Files,
        Heading::Speed,
        Heading::Appearance,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Heading::Size => "Size and fit",
            Heading::Encoding => "Encoding",
            Heading::Colour => "Colour and alpha",
            Heading::Metadata => "Metadata",
            Heading::Sidecars => "Sidecars",
            Heading::Originals => "Originals",
            Heading::Names => "Name clashes",
            Heading::Files => "Which files",
            Heading::Speed => "Speed",
            Heading::Appearance => "Appearance",
        }
    }
}

/// One of several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// As a preset writes it.
    pub value: &'static str,
    /// As people read it.
    pub label: &'static str,
}

/// What values a setting has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Yes or no.
    Switch,
    /// One of these.
    Choice(&'static [Choice]),
    /// Any of these.
    Several(&'static [Choice]),
    /// A whole number, both ends included.
    Whole {
        /// Behind the number; may be empty.
        unit: &'static str,
        /// The smallest.
        from: u64,
        /// The largest; `u64::MAX` where there is no bound.
        to: u64,
    },
    /// A number.
    Number {
        /// Behind the number; may be empty.
        unit: &'static str,
        /// The smallest.
        from: f64,
        /// Whether `from` itself is a value.
        with_from: bool,
        /// The largest.
        to: f64,
    },
    /// Bytes, with a unit.
    Bytes {
        /// The smallest.
        from: u64,
    },
    /// What a picture has to fit.
    Fit,
    /// A colour.
    Colour,
    /// Globs, one a line.
    Globs,
    /// One word or several.
    Word,
    /// A moment, an age or a day.
    Moment,
    /// One of several slices.
    Slice,
    /// A graphics card, by its name or a part of it.
    Card,
}

/// What it means that a setting has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Optional {
    /// Stands in the empty field.
    pub hint: &'static str,
    /// The value with which it is switched on; `None` where an empty field says it well enough.
    pub on: Option<&'static str>,
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Section and name, as in a preset.
    pub key: &'static str,
    /// Flags of the command line, without dashes in front.
    pub flags: &'static [&'static str],
    /// Where it stands.
    pub heading: Heading,
    /// What it is called.
    pub label: &'static str,
    /// What it does, in one sentence.
    pub says: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Given where it may have no value.
    pub none: Option<Optional>,
    /// What people may look for that stands nowhere else in the row.
    pub words: &'static str,
}

impl Row {
    /// Whether every word that is looked for is in this row.
    pub fn is_found_by(&self, query: &str) -> bool {
        let mut all = format!(
            "{} {} {} {} {} {}",
            self.label,
            self.says,
            self.words,
            self.key,
            self.flags.join(" "),
            self.heading.label()
        );
        if let Kind::Choice(choices) | Kind::Several(choices) = self.kind {
            for choice in choices {
                all.push(' ');
                all.push_str(choice.label);
            }
        }
        let all = all.to_lowercase();
        let query = query.to_lowercase();
        let mut words = query.split_whitespace().map(|word| word.trim_start_matches('-'));
        words.all(|word| all.contains(word))
    }

    /// The value as the text of a field; empty where there is none.
    pub fn text(&self, value: &Value) -> String {
        match (self.kind, value) {
            (_, Value::Null) => String::new(),
            (Kind::Bytes { .. }, Value::Number(number)) => number.as_u64().map_or_else(String::new, |bytes| bytes_text(bytes, " ")),
            (Kind::Number { .. }, Value::Number(number)) => number.as_f64().map_or_else(String::new, |number| number.to_string()),
            (Kind::Whole { .. }, Value::Number(number)) => number.as_u64().map_or_else(String::new, format::count),
            (Kind::Colour, Value::Array(parts)) => {
                let part = |i: usize| parts.get(i).and_then(Value::as_u64).unwrap_or(0);
                format!("#{:02X}{:02X}{:02X}", part(0), part(1), part(2))
            }
            (Kind::Moment, Value::String(text)) => moment_text(text),
            (_, Value::Array(parts)) => parts.iter().map(plain).collect::<Vec<_>>().join("\n"),
            (_, value) => plain(value),
        }
    }

    /// The value that a text means, in the form that a preset has.
    ///
    /// # Errors
    /// What to write instead, as a sentence.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        if text.is_empty() && self.none.is_some() {
            return Ok(Value::Null);
        }
        match self.kind {
            Kind::Switch => match text {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err("Use true or false.".to_owned()),
            },
            Kind::Choice(choices) => {
                let labels: Vec<&str> = choices.iter().map(|choice| choice.label).collect();
                let found = choices.iter().find(|choice| choice.value == text);
                found
                    .map(|choice| choice.value.into())
                    .ok_or_else(|| format!("Use one of {}.", labels.join(", ")))
            }
            Kind::Several(choices) => {
                let wanted: Vec<&str> = text.split_whitespace().collect();
                let known = |word: &&str| choices.iter().any(|choice| choice.value == *word);
                if wanted.iter().all(known) {
                    Ok(json!(wanted))
                } else {
                    Err("Use some of the formats that are offered.".to_owned())
                }
            }
            Kind::Whole { from, to, .. } => {
                let digits: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '_')).collect();
                match digits.parse::<u64>() {
                    Ok(number) if (from..=to).contains(&number) => Ok(number.into()),
                    _ if to == u64::MAX => Err(format!("Use a whole number of at least {}.", format::count(from))),
                    _ if text.parse::<f64>().is_ok() && digits.parse::<u64>().is_err() && !text.starts_with('-') => {
                        Err(format!("Use a whole number from {} to {}.", format::count(from), format::count(to)))
                    }
                    _ => Err(format!("Use a number from {} to {}.", format::count(from), format::count(to))),
                }
            }
            Kind::Number { from, with_from, to, .. } => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && number <= to && (number > from || (with_from && number >= from)) => Ok(number.into()),
                _ if with_from => Err(format!("Use a number from {from} to {to}.")),
                _ => Err(format!("Use a number above {from} and up to {to}.")),
            },
            Kind::Bytes { from } => match parse_bytes(text) {
                Some(bytes) if bytes >= from => Ok(bytes.into()),
                Some(_) => Err(format!("Use at least {}.", bytes_text(from, " "))),
                None => Err("Use a size such as 512 MiB or 2 GB.".to_owned()),
            },
            Kind::Fit => text
                .parse::<Fit>()
                .map(|fit| fit.to_string().into())
                .map_err(|_| "Use longest, shortest, a box such as 768x512, or megapixels such as 1.5MP.".to_owned()),
            Kind::Colour => parse_colour(text)
                .map(|colour| json!(colour))
                .ok_or_else(|| "Use a colour such as #727272 or 114,114,114.".to_owned()),
            Kind::Globs => Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()),
            Kind::Word | Kind::Card => Ok(text.into()),
            Kind::Moment => parse_moment(text)
                .and_then(|when| when.format(&Rfc3339).ok())
                .map(Value::from)
                .ok_or_else(|| "Use an age such as 7d or 12h, or a day such as 2026-11-01.".to_owned()),
            Kind::Slice => match text.parse::<Slice>() {
                Ok(slice) if slice.of >= 1 && (1..=slice.of).contains(&slice.index) => Ok(slice.to_string().into()),
                _ => Err("Use one of several such as 2/8, counted from 1.".to_owned()),
            },
        }
    }

    /// Whether its flags may be given without a value, and then want it behind a sign.
    pub(super) fn may_stand_alone(&self) -> bool {
        self.flags.len() > 1 || (self.kind == Kind::Switch && self.flags != ["huffman"])
    }

    /// What says this value on the command line; the flags without dashes in front, each with its value.
    pub(super) fn typed(&self, value: &Value) -> Vec<(&'static str, Option<String>)> {
        let flag = self.flags.first().copied().unwrap_or_default();
        let one = |text: String| vec![(flag, Some(text))];
        match (self.key, self.kind, value) {
            ("picture.shape", ..) => match value.as_str() {
                Some("crop") => vec![("crop", None)],
                Some("pad") => vec![("pad", None)],
                _ => vec![("crop", Some("false".to_owned()))],
            },
            ("picture.optimise_huffman", ..) => one(if value == &Value::Bool(true) { "optimised" } else { "standard" }.to_owned()),
            (_, Kind::Switch, Value::Bool(true)) => vec![(flag, None)],
            // Words of people could be "none", so there nothing is what says nothing.
            (_, Kind::Word | Kind::Card, Value::Null) => one(String::new()),
            (_, _, Value::Null) => one("none".to_owned()),
            (_, Kind::Globs, Value::Array(globs)) if globs.is_empty() => one(String::new()),
            (_, Kind::Globs, Value::Array(globs)) => globs.iter().map(|glob| (flag, Some(plain(glob)))).collect(),
            (_, Kind::Several(_), Value::Array(all)) if all.is_empty() => one("none".to_owned()),
            (_, _, Value::Array(parts)) => one(parts.iter().map(plain).collect::<Vec<_>>().join(",")),
            (_, Kind::Bytes { .. }, Value::Number(number)) => {
                one(number.as_u64().map_or_else(|| number.to_string(), |n| bytes_text(n, "")))
            }
            (_, Kind::Number { .. }, value) => one(self.text(value)),
            (_, _, value) => one(plain(value)),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A day without its beginning, everything else in full.
fn moment_text(text: &str) -> String {
    match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(when) if when.offset().is_utc() && when.time() == time::Time::MIDNIGHT => when.date().to_string(),
        _ => text.to_owned(),
    }
}
