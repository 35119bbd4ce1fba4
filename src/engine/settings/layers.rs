//! Settings in layers: each value comes from the strongest place that gives it, and can tell which.
//!
//! Flag before library file before preset before default. A layer is a tree of sections and values, as in a preset's TOML;
//! every value is judged by itself, so that all that is wrong is told at once and names the place it stands in.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{Originals, Settings};

/// Where a value comes from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The program.
    Default,
    /// A preset of this name.
    Preset(String),
    /// The file of a library.
    Library(PathBuf),
    /// The command line, or a field of the window.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => out.write_str("default"),
            Origin::Preset(name) => write!(out, "preset {name}"),
            Origin::Library(path) => write!(out, "{}", path.display()),
            Origin::Flag => out.write_str("command line"),
        }
    }
}

/// Values of one place: `{section: {name: value}}`, only those that it gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    values: Map<String, Value>,
    /// The preset it builds on.
    preset: Option<String>,
}

/// One value in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Section and name, for example `picture.target`.
    pub key: String,
    /// As a preset writes it; `none` where nothing is chosen.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Settings in force, where each comes from, and what is wrong with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Of a value that makes no sense the next weaker one, so that the rest can be judged.
    pub settings: Settings,
    /// Every value, by section in the order of [`Settings`], then by name.
    pub explained: Vec<Explained>,
    /// A sentence each; empty when a run may begin.
    pub problems: Vec<String>,
}

impl Layer {
    /// Reads a preset or the file of a library: sections of [`Settings`] as TOML tables, and in front of them, where it
    /// builds on one, `preset = "name"` and a `description`.
    ///
    /// # Errors
    /// What is wrong with the TOML, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.trim_start_matches('\u{feff}').parse().map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            format!("line {line}: {}", error.message())
        })?;
        let mut layer = Self::default();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("preset", toml::Value::String(name)) => layer.preset = Some(name),
                ("preset", _) => return Err("preset must be the name of a preset".to_owned()),
                ("description", _) => {}
                (_, value) => {
                    layer.values.insert(key, as_json(value));
                }
            }
        }
        Ok(layer)
    }

    /// The preset it names as its ground.
    pub fn preset(&self) -> Option<&str> {
        self.preset.as_deref()
    }

    /// The value that it gives to `key` (section and name with a dot between).
    pub fn value(&self, key: &str) -> Option<&Value> {
        let (section, name) = key.split_once('.')?;
        self.values.get(section)?.get(name)
    }

    /// Whether it gives `key` a value.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Gives `key` (section and name with a dot between) this value.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let section = self.values.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(section) = section {
            section.insert(name.to_owned(), value.into());
        }
    }
}

impl Settings {
    /// The value of a setting, by section and name with a dot between; `None` where there is no such setting.
    pub fn value(&self, key: &str) -> Option<Value> {
        let (section, name) = key.split_once('.')?;
        tree(self).get(section)?.get(name).cloned()
    }

    /// Every setting's section and name with a dot between, and its value.
    pub fn values(&self) -> Vec<(String, Value)> {
        let tree = tree(self);
        sections(&tree)
            .flat_map(|(section, values)| values.iter().map(move |(name, value)| (format!("{section}.{name}"), value.clone())))
            .collect()
    }

    /// These settings with another value for one of them.
    ///
    /// # Errors
    /// Why it is no value of this setting, or that there is none.
    pub fn with_value(&self, key: &str, value: &Value) -> Result<Settings, String> {
        match key.split_once('.') {
            Some((section, name)) if self.value(key).is_some() => settings_of(&with(&tree(self), section, name, value)),
            _ => Err(format!("there is no setting {key}")),
        }
    }
}

/// TOML and JSON hold the same values; only times are written as text.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(yes) => yes.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| (key, as_json(value))).collect()),
    }
}

impl Settings {
    /// Puts layers over the defaults, in whatever order they come: the origin decides.
    pub fn resolve(mut layers: Vec<(Origin, Layer)>) -> Resolved {
        layers.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut problems = Vec::new();
        let default = tree(&Settings::default());
        let mut merged = default.clone();
        let mut origins: Vec<(String, Origin)> = Vec::new();
        for (origin, layer) in &layers {
            for (section, values) in &layer.values {
                let Some(Value::Object(known)) = default.get(section) else {
                    let sections: Vec<&str> = default.keys().map(String::as_str).collect();
                    problems.push(format!(
                        "{origin}: there is no section [{section}]; there are {}.",
                        listed(&sections)
                    ));
                    continue;
                };
                let Value::Object(values) = values else {
                    problems.push(format!("{origin}: {section} is a section of settings, not a value."));
                    continue;
                };
                for (name, value) in values {
                    let key = format!("{section}.{name}");
                    if !known.contains_key(name) {
                        let names: Vec<&str> = known.keys().map(String::as_str).collect();
                        problems.push(format!("{origin}: there is no setting {key}; [{section}] has {}.", listed(&names)));
                        continue;
                    }
                    // Alone among defaults: what is wrong now is wrong with this value.
                    if let Err(error) = settings_of(&with(&default, section, name, value)) {
                        problems.push(format!("{origin}: {key} is {value}: {error}."));
                        continue;
                    }
                    merged = with(&merged, section, name, value);
                    origins.retain(|(other, _)| *other != key);
                    origins.push((key, origin.clone()));
                }
            }
        }
        let settings = settings_of(&merged).unwrap_or_default();
        let origin_of = |key: &str| {
            origins
                .iter()
                .find(|(other, _)| other == key)
                .map_or(Origin::Default, |(_, o)| o.clone())
        };
        // Somebody else's folder must not be able to ask for what cannot be undone.
        if let Origin::Library(path) = origin_of("safety.originals")
            && settings.safety.originals == Originals::Delete
        {
            problems.push(format!(
                "{} asks to delete the originals for good. Say --originals delete to agree, or --originals keep.",
                path.display()
            ));
        }
        problems.extend(settings.problems());
        let explained = sections(&tree(&settings))
            .flat_map(|(section, values)| values.iter().map(move |(name, value)| (format!("{section}.{name}"), value)))
            .map(|(key, value)| Explained {
                origin: origin_of(&key),
                value: shown(value),
                key,
            })
            .collect();
        Resolved {
            settings,
            explained,
            problems,
        }
    }

    /// As the TOML of a preset: only what differs from the defaults.
    pub fn to_preset(&self, description: &str) -> String {
        let default = tree(&Settings::default());
        let mut text = format!("description = {}\n", toml::Value::from(description));
        for (section, values) in sections(&tree(self)) {
            let own: Vec<_> = values
                .iter()
                .filter(|(name, value)| default[section].get(*name) != Some(value))
                .collect();
            if !own.is_empty() {
                text.push_str(&format!("\n[{section}]\n"));
            }
            for (name, value) in own {
                // Nothing but nothing is written as nothing.
                if let Ok(value) = toml::Value::try_from(value) {
                    text.push_str(&format!("{name} = {value}\n"));
                }
            }
        }
        text
    }
}

fn tree(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(tree)) => tree,
        // Plain values of plain types: there is no way for them not to be a tree.
        _ => Map::new(),
    }
}

/// Sections in the order in which people read them; the tree sorts by name.
fn sections(tree: &Map<String, Value>) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    const FIRST: [&str; 3] = ["picture", "choose", "limits"];
    let place = |section: &str| FIRST.iter().position(|first| *first == section).unwrap_or(FIRST.len());
    let mut sections: Vec<_> = tree.iter().filter_map(|(name, values)| Some((name, values.as_object()?))).collect();
    sections.sort_by_key(|(name, _)| (place(name), name.as_str() == "machine"));
    sections.into_iter()
}

fn with(tree: &Map<String, Value>, section: &str, name: &str, value: &Value) -> Map<String, Value> {
    let mut tree = tree.clone();
    if let Some(Value::Object(values)) = tree.get_mut(section) {
        values.insert(name.to_owned(), value.clone());
    }
    tree
}

fn settings_of(tree: &Map<String, Value>) -> Result<Settings, String> {
    serde_json::from_value(Value::Object(tree.clone())).map_err(|error| error.to_string())
}

fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A value as a person reads it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::settings::{Chroma, Fit, Slice};

    fn layer(text: &str) -> Layer {
        Layer::parse(text).expect(text)
    }

    fn origin<'r>(resolved: &'r Resolved, key: &str) -> &'r Origin {
        &resolved.explained.iter().find(|e| e.key == key).expect(key).origin
    }

    #[test]
    fn the_strongest_place_wins_and_is_named() {
        let library = Origin::Library("lib/shardpress.toml".into());
        let mut flags = Layer::default();
        flags.set("picture.target", 300);
        let resolved = Settings::resolve(vec![
            (Origin::Flag, flags),
            (library.clone(), layer("[picture]\ntarget = 200\nquality = 80\n")),
            (
                Origin::Preset("p".into()),
                layer("[picture]\ntarget = 100\nquality = 70\nchroma = \"420\"\n"),
            ),
        ]);
        assert_eq!(resolved.problems, Vec::<String>::new());
        let p = &resolved.settings.picture;
        assert_eq!((p.target, p.quality, p.chroma, p.upscale), (300, 80, Chroma::C420, false));
        assert_eq!(origin(&resolved, "picture.target"), &Origin::Flag);
        assert_eq!(origin(&resolved, "picture.quality"), &library);
        assert_eq!(origin(&resolved, "picture.chroma"), &Origin::Preset("p".into()));
        assert_eq!(origin(&resolved, "picture.upscale"), &Origin::Default);
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let file = Origin::Library("x/shardpress.toml".into());
        let text = "[picture]\ntarget = \"big\"\nqality = 3\nfit = \"round\"\n[pictures]\nx = 1\n[safety]\noriginals = \"delete\"\n[choose]\nlimit = 0\n";
        let resolved = Settings::resolve(vec![(file, layer(text))]);
        let parts = [
            "picture.fit",
            "picture.qality",
            "picture.target",
            "[pictures]",
            "delete the originals",
            "The limit is",
        ];
        assert_eq!(resolved.problems.len(), parts.len(), "{:?}", resolved.problems);
        for part in parts {
            let found = resolved.problems.iter().filter(|p| p.contains(part)).count();
            assert_eq!(found, 1, "{part}: {:?}", resolved.problems);
        }
        assert_eq!(
            resolved.settings.picture,
            Settings::default().picture,
            "what makes no sense is not in force"
        );
        assert!(Layer::parse("[picture]\ntarget =\n").expect_err("broken").starts_with("line 2: "));
    }

    #[test]
    fn a_library_may_ask_to_delete_where_the_user_agrees() {
        let ask = |text: &str, agree: Option<&str>| {
            let mut flags = Layer::default();
            if let Some(agree) = agree {
                flags.set("safety.originals", agree);
            }
            Settings::resolve(vec![(Origin::Library("l".into()), layer(text)), (Origin::Flag, flags)])
        };
        let text = "[safety]\noriginals = \"delete\"\n";
        assert_eq!(ask(text, None).problems.len(), 1);
        assert_eq!(ask(text, Some("delete")).problems.len(), 0);
        assert_eq!(ask(text, Some("keep")).settings.safety.originals, Originals::Keep);
    }

    proptest! {
        /// A preset says all that was chosen, whatever that is.
        #[test]
        fn presets_come_back(target in 1_u32..9999, fit in 0..4_usize, quality in 1_u8..=100, score in proptest::option::of(1.0..100.0_f64),
                             globs in proptest::collection::vec("[a-z*?\"\\\\ ]{0,6}", 0..3), slice in proptest::option::of((1_u32..9, 9_u32..20)),
                             limit in proptest::option::of(1_u64..1_000_000), when in proptest::option::of(0_i64..2_000_000_000), deep: bool) {
            let mut settings = Settings::default();
            settings.picture.target = target;
            settings.picture.fit = [Fit::Longest, Fit::Shortest, Fit::Box { width: target, height: 7 }, Fit::Megapixels(0.5)][fit];
            settings.picture.quality = quality;
            settings.picture.min_score = score;
            settings.choose.include = globs;
            settings.choose.slice = slice.map(|(index, of)| Slice { index, of });
            settings.choose.limit = limit;
            settings.choose.newer_than = when.map(|s| time::OffsetDateTime::from_unix_timestamp(s).expect("in range"));
            settings.choose.recursive = deep;
            let text = settings.to_preset("a \"test\"");
            let back = Settings::resolve(vec![(Origin::Preset("x".into()), Layer::parse(&text).expect("own text"))]);
            prop_assert_eq!(back.settings, settings, "{}", text);
        }
    }
}
