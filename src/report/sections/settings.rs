//! The settings in force, all of them: read off the value that JSON has, so that a setting that is added later is told as well,
//! if need be under the name it has there.

use serde_json::Value;

use super::super::format::{self, count};
use super::super::page::{Block, Section, Span, Table, Width, code, joined};
use super::super::value::Report;
use crate::engine::Settings;

/// How a value is told.
#[derive(Clone, Copy)]
enum How {
    /// As it is; `null` as these words.
    Plain(&'static str),
    /// With thousands separated, and a unit.
    Count(&'static str),
    /// Bytes as memory; `null` as these words.
    Memory(&'static str),
}

const NONE: How = How::Plain("none");
const ANY: How = How::Plain("any");

/// Path in the value, label, and how it is told; in this order.
const LABELS: [(&str, &str, How); 49] = [
    ("picture.target", "Target", How::Count("pixels")),
    ("picture.fit", "Fit", NONE),
    ("picture.multiple_of", "Sides are multiples of", NONE),
    ("picture.shape", "Shape", NONE),
    ("picture.upscale", "Enlarge smaller images", NONE),
    ("picture.filter", "Filter", NONE),
    ("picture.linear", "Linear light", NONE),
    ("picture.scaled_decode", "JPEGs decoded scaled", NONE),
    ("picture.quality", "Quality", NONE),
    ("picture.min_score", "Least score", NONE),
    ("picture.chroma", "Chroma", NONE),
    ("picture.optimise_huffman", "Optimised Huffman tables", NONE),
    ("picture.progressive", "Progressive", NONE),
    ("picture.matte", "Matte", NONE),
    ("picture.metadata", "Metadata", NONE),
    ("picture.keep_gps", "Keep the place", NONE),
    ("picture.prompts", "Carry prompts", NONE),
    ("choose.convert", "Converted at any size", NONE),
    ("choose.also", "On request", NONE),
    ("choose.recursive", "Recursive", NONE),
    ("choose.include", "Only images named", ANY),
    ("choose.exclude", "No images named", NONE),
    ("choose.min_size", "Smallest file", How::Memory("any")),
    ("choose.max_size", "Largest file chosen", How::Memory("any")),
    ("choose.newer_than", "Modified after", ANY),
    ("choose.shards", "Only shards named", ANY),
    ("choose.resume_from", "Resumed from", How::Plain("the first")),
    ("choose.slice", "Slice of the shards", How::Plain("all")),
    ("choose.limit", "Most images", How::Plain("any")),
    ("choose.skip_unless_smaller", "Skip unless smaller", NONE),
    ("choose.min_saving", "Least saving, percent", NONE),
    ("limits.max_pixels", "Most pixels", How::Count("")),
    ("limits.max_file_bytes", "Largest file", How::Memory("any")),
    ("limits.max_image_memory", "Most memory for an image", How::Memory("any")),
    ("limits.max_seconds", "Most seconds for an image", NONE),
    ("limits.max_seconds_per_megapixel", "And for each megapixel", NONE),
    ("safety.originals", "Originals", NONE),
    ("safety.write", "Write", NONE),
    ("safety.verify", "Verify", NONE),
    ("safety.collisions", "Collisions", NONE),
    ("safety.mtime", "Modification time", NONE),
    ("sidecars.update", "Update sidecars", NONE),
    ("sidecars.tag_flattened", "Tag of flattened images", NONE),
    ("machine.workers", "Workers", How::Plain("chosen by the program")),
    ("machine.io", "Reads in flight", How::Plain("adapts to the drive")),
    ("machine.memory", "Memory budget", How::Memory("chosen by the program")),
    ("machine.backend", "Backend", NONE),
    ("machine.adapter", "Graphics card", How::Plain("the most promising one")),
    ("machine.low_priority", "Low priority", NONE),
];

/// A setting for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Told {
    /// Its path in the value, for example `picture.target`.
    pub(in crate::report) path: String,
    /// What it is called.
    pub(in crate::report) label: String,
    /// What it is set to.
    pub(in crate::report) value: String,
}

pub(super) fn section(report: &Report) -> Section {
    let rows = told(&report.settings).into_iter().map(|one| vec![one.label, one.value]);
    let roots = joined(report.roots.iter().map(|root| code(root.text.clone())));
    let mut folders = vec![Span::Plain("Folders: ".to_owned())];
    folders.extend(roots);
    let blocks = vec![Table::of(&["Setting", "Value"], rows), Block::Text(folders)];
    Section::new("Settings", Width::Half, blocks)
}

/// All settings, the known ones first and in the order of [`LABELS`].
pub(in crate::report) fn told(settings: &Settings) -> Vec<Told> {
    let mut values = Vec::new();
    flatten(String::new(), serde_json::to_value(settings).unwrap_or_default(), &mut values);
    let place = |path: &str| LABELS.iter().position(|(known, ..)| *known == path).unwrap_or(LABELS.len());
    values.sort_by_key(|(path, _)| place(path));
    values
        .into_iter()
        .map(|(path, value)| {
            let (label, how) = LABELS
                .get(place(&path))
                .map_or((path.clone(), NONE), |(_, label, how)| ((*label).to_owned(), *how));
            let value = words(&value, how, path == "picture.matte");
            Told { path, label, value }
        })
        .collect()
}

/// Objects become dotted paths; everything else is a value.
fn flatten(path: String, value: Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(path, field, found);
            }
        }
        value => found.push((path, value)),
    }
}

fn words(value: &Value, how: How, tight: bool) -> String {
    match (value, how) {
        (Value::Null, How::Plain(nothing) | How::Memory(nothing)) => nothing.to_owned(),
        (Value::Null, How::Count(_)) => "none".to_owned(),
        (Value::Bool(value), _) => if *value { "yes" } else { "no" }.to_owned(),
        (Value::Number(number), How::Count(unit)) => match number.as_u64() {
            Some(number) => format!("{} {unit}", count(number)).trim_end().to_owned(),
            None => number.to_string(),
        },
        (Value::Number(number), How::Memory(_)) => number.as_u64().map_or_else(|| number.to_string(), format::memory),
        // A percentage of 0 is a floating number in the value.
        (Value::Number(number), How::Plain(_)) => number.to_string().trim_end_matches(".0").to_owned(),
        (Value::String(text), _) => text.clone(),
        (Value::Array(items), how) => {
            if let (true, How::Plain(nothing)) = (items.is_empty(), how) {
                return nothing.to_owned();
            }
            let items: Vec<String> = items.iter().map(|item| words(item, how, tight)).collect();
            items.join(if tight { "," } else { ", " })
        }
        (Value::Object(_), _) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_label_and_every_label_a_setting() {
        let told = told(&Settings::default());
        for one in &told {
            assert_ne!(one.label, one.path, "{} has no label", one.path);
            assert!(!one.value.is_empty(), "{} has no value", one.path);
        }
        for (path, label, _) in LABELS {
            assert!(told.iter().any(|one| one.path == path), "{path} ({label}) is no setting");
        }
    }

    #[test]
    fn values_read_well() {
        let mut settings = Settings::default();
        settings.choose.include = vec!["*.png".to_owned(), "a*".to_owned()];
        settings.machine.memory = Some(3 << 29);
        let told = told(&settings);
        let value = |path: &str| told.iter().find(|one| one.path == path).map(|one| one.value.as_str());
        for (path, expected) in [
            ("picture.target", "512 pixels"),
            ("picture.matte", "114,114,114"),
            ("picture.linear", "no"),
            ("choose.include", "*.png, a*"),
            ("choose.also", "none"),
            ("choose.min_saving", "0"),
            ("limits.max_pixels", "268,000,000"),
            ("machine.memory", "1.5 GiB"),
            ("machine.workers", "chosen by the program"),
        ] {
            assert_eq!(value(path), Some(expected), "{path}");
        }
    }
}
