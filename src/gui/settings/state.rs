//! The settings in force and where each comes from: own changes over a library's file over a preset, as on the command line.
//! Texts that are no value are kept as they were typed, with what is wrong, beside the last value that was one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Cards;
use crate::config::{CATALOGUE, Own, Row, caption, command_line, row};
use crate::engine::{Layer, Origin, Originals, PRESETS, Preset, Settings};

/// The preset of a new window.
pub(super) const FIRST_PRESET: &str = "Training 512";
const ORIGINALS: &str = "safety.originals";

/// What is remembered of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::gui) struct Kept {
    preset: String,
    changes: BTreeMap<String, Value>,
    /// Texts that are no value (yet).
    wrong: BTreeMap<String, String>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            preset: FIRST_PRESET.to_owned(),
            changes: BTreeMap::new(),
            wrong: BTreeMap::new(),
        }
    }
}

/// Something that needs a change before a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gui) struct Fault {
    /// The setting to change; `None` where a file is what is wrong.
    pub(in crate::gui) key: Option<&'static str>,
    /// What to do about it.
    pub(in crate::gui) sentence: String,
}

/// A preset in the list.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Listed {
    pub(in crate::gui) name: String,
    /// In a few words; where it cannot be used, why.
    pub(in crate::gui) caption: Result<String, String>,
    /// One of the program's.
    pub(in crate::gui) built_in: bool,
    layer: Layer,
}

/// Changes that choosing another preset dropped, to bring them back.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Dropped {
    pub(super) preset: String,
    pub(super) changes: BTreeMap<String, Value>,
    pub(super) wrong: BTreeMap<&'static str, String>,
}

/// Facts of the settings.
#[derive(Debug)]
pub(in crate::gui) struct State {
    now: Arc<Settings>,
    /// The same by key: the page asks for each of them in every frame.
    values: BTreeMap<String, Value>,
    /// What preset and library give, without own changes.
    base: Settings,
    base_values: BTreeMap<String, Value>,
    /// Goes up whenever [`valid`](Self::valid) changes.
    pub(in crate::gui) revision: u64,
    faults: Vec<Fault>,
    preset: String,
    ground: Layer,
    changes: BTreeMap<String, Value>,
    wrong: BTreeMap<&'static str, String>,
    library: Option<(PathBuf, Layer)>,
    library_problem: Option<String>,
    own: Vec<Listed>,
    built_in: Vec<Listed>,
    /// An own preset is in use, and the list has not been read yet.
    waits_for_list: bool,
    /// Revision of the ticked shards whose library was asked for.
    pub(super) asked_for: Option<u64>,
    /// The graphics cards of this machine.
    pub(in crate::gui) cards: Cards,
    /// How many times a preset was saved, renamed and so on, and how the last one ended.
    pub(super) answers: u64,
    pub(super) answer: Result<(), crate::config::PresetError>,
    /// A file that was chosen in a dialog, and how many were before it.
    pub(super) chosen: (u64, Option<PathBuf>),
    /// A setting that the page is to show, and how many were before it.
    pub(super) shown: (u64, Option<&'static str>),
}

impl Default for State {
    fn default() -> Self {
        Self::from_kept(Kept::default())
    }
}

impl State {
    pub(in crate::gui) fn from_kept(kept: Kept) -> Self {
        let known = |key: &str| row(key).map(|row| row.key);
        let built_in: Vec<Listed> = PRESETS.iter().map(built_in).collect();
        let mut state = Self {
            now: Arc::default(),
            values: BTreeMap::new(),
            base: Settings::default(),
            base_values: BTreeMap::new(),
            revision: 1,
            faults: Vec::new(),
            waits_for_list: Preset::find(&kept.preset).is_none(),
            preset: kept.preset,
            ground: Layer::default(),
            changes: kept.changes.into_iter().filter(|(key, _)| known(key).is_some()).collect(),
            wrong: kept
                .wrong
                .into_iter()
                .filter_map(|(key, text)| Some((known(&key)?, text)))
                .collect(),
            library: None,
            library_problem: None,
            own: Vec::new(),
            built_in,
            asked_for: None,
            cards: Cards::default(),
            answers: 0,
            answer: Ok(()),
            chosen: (0, None),
            shown: (0, None),
        };
        state.take_ground();
        state.resolve();
        state
    }

    pub(in crate::gui) fn keep(&self) -> Kept {
        Kept {
            preset: self.preset.clone(),
            changes: self.changes.clone(),
            wrong: self.wrong.iter().map(|(key, text)| ((*key).to_owned(), text.clone())).collect(),
        }
    }

    /// The settings in force; `None` while one of them makes no sense.
    pub(in crate::gui) fn valid(&self) -> Option<Arc<Settings>> {
        (self.faults.is_empty() && !self.waits_for_list).then(|| Arc::clone(&self.now))
    }

    /// As they are shown: of what makes no sense the last value that did.
    pub(super) fn now(&self) -> &Settings {
        &self.now
    }

    /// All that needs a change, in the order of the page; what is wrong with a file first.
    pub(in crate::gui) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// What is wrong with one setting.
    pub(super) fn fault(&self, key: &str) -> Option<&str> {
        self.faults
            .iter()
            .find(|fault| fault.key == Some(key))
            .map(|fault| fault.sentence.as_str())
    }

    /// What stands in the field of a setting: what was typed where that is no value.
    pub(super) fn text(&self, row: &Row) -> String {
        match self.wrong.get(row.key) {
            Some(text) => text.clone(),
            None => row.text(&self.value(row.key)),
        }
    }

    /// The value of a setting.
    pub(super) fn value(&self, key: &str) -> Value {
        self.values.get(key).cloned().unwrap_or_default()
    }

    /// The name of the preset in use.
    pub(in crate::gui) fn preset(&self) -> &str {
        &self.preset
    }

    /// How many settings differ from preset and library.
    pub(super) fn changed(&self) -> usize {
        self.changes.keys().filter(|key| !self.wrong.contains_key(key.as_str())).count() + self.wrong.len()
    }

    pub(super) fn is_changed(&self, key: &str) -> bool {
        self.changes.contains_key(key) || self.wrong.contains_key(key)
    }

    /// What a setting would be without the own change, as text.
    pub(super) fn base_text(&self, row: &Row) -> String {
        self.base_values.get(row.key).map_or_else(String::new, |value| row.text(value))
    }

    /// The library whose file gives this setting.
    pub(super) fn library_of(&self, key: &str) -> Option<String> {
        let (file, layer) = self.library.as_ref()?;
        (!self.is_changed(key) && layer.has(key)).then(|| library_name(file))
    }

    /// The library whose file is in force, how many settings it gives, and the preset that it would build on.
    pub(super) fn library(&self) -> Option<(String, usize, Option<&str>)> {
        let (file, layer) = self.library.as_ref()?;
        Some((
            library_name(file),
            CATALOGUE.iter().filter(|row| layer.has(row.key)).count(),
            layer.preset(),
        ))
    }

    /// All presets: the program's, then own ones.
    pub(super) fn presets(&self) -> impl Iterator<Item = &Listed> {
        self.built_in.iter().chain(&self.own)
    }

    pub(super) fn own(&self) -> &[Listed] {
        &self.own
    }

    /// The same on the command line.
    pub(super) fn command(&self, paths: &[PathBuf]) -> Vec<std::ffi::OsString> {
        let mut base = self.base.clone();
        if self.library_deletes() {
            // On the command line, too, a library's word alone deletes nothing.
            base.safety.originals = Originals::Keep;
        }
        command_line(paths, Some(&self.preset), &base, &self.now)
    }

    pub(super) fn set(&mut self, key: &'static str, value: &Value) {
        // Through the settings, so that 90 and 90.0 are one value.
        let Some(value) = self.now.with_value(key, value).ok().and_then(|settings| settings.value(key)) else {
            return;
        };
        self.wrong.remove(key);
        let agreed = key == ORIGINALS && self.library_deletes();
        if self.base_values.get(key) == Some(&value) && !agreed {
            self.changes.remove(key);
        } else {
            self.changes.insert(key.to_owned(), value);
        }
        self.resolve();
    }

    pub(super) fn type_in(&mut self, key: &'static str, text: String) {
        let Some(row) = row(key) else { return };
        match row.parse(&text) {
            Ok(value) => self.set(key, &value),
            Err(_) => {
                self.wrong.insert(key, text);
                self.resolve();
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.changes.clear();
        self.wrong.clear();
        self.resolve();
    }

    pub(super) fn reset_one(&mut self, key: &str) {
        self.changes.remove(key);
        self.wrong.remove(key);
        self.resolve();
    }

    /// Begins from another preset. Own changes go; they are given back, where there are any.
    pub(super) fn take_preset(&mut self, name: &str) -> Option<Dropped> {
        let listed = self.presets().find(|listed| listed.name == name && listed.caption.is_ok())?;
        let name = listed.name.clone();
        let dropped = (self.changed() > 0).then(|| Dropped {
            preset: self.preset.clone(),
            changes: self.changes.clone(),
            wrong: self.wrong.clone(),
        });
        self.preset = name;
        self.changes.clear();
        self.wrong.clear();
        self.take_ground();
        self.resolve();
        dropped
    }

    pub(super) fn take_back(&mut self, dropped: Dropped) {
        self.preset = dropped.preset;
        self.changes = dropped.changes;
        self.wrong = dropped.wrong;
        self.take_ground();
        self.resolve();
    }

    /// What is in force now is saved under this name: nothing is changed any more.
    pub(super) fn saved_as(&mut self, name: &str, own: Vec<Own>) {
        self.listed(own);
        self.preset = name.to_owned();
        self.take_ground();
        let changes = std::mem::take(&mut self.changes);
        self.rebase();
        for (key, value) in changes {
            if self.base_values.get(&key) != Some(&value) {
                self.changes.insert(key, value);
            }
        }
        self.resolve();
    }

    pub(super) fn renamed(&mut self, from: &str, to: &str, own: Vec<Own>) {
        if self.preset == from {
            self.preset = to.to_owned();
        }
        self.listed(own);
    }

    /// The list of own presets was read. Gives the name of the one in use where it is gone: then what it said is kept as
    /// changes of the first preset.
    pub(super) fn listed(&mut self, own: Vec<Own>) -> Option<String> {
        self.own = own.into_iter().map(listed).collect();
        if self.waits_for_list {
            // From nothing to something, whatever it is.
            self.revision += 1;
        }
        let is_there = self.presets().any(|listed| listed.name == self.preset && listed.caption.is_ok());
        if is_there {
            self.waits_for_list = false;
            self.take_ground();
            self.resolve();
            return None;
        }
        let gone = std::mem::replace(&mut self.preset, FIRST_PRESET.to_owned());
        let kept = std::mem::take(&mut self.now);
        let known = !self.waits_for_list;
        self.waits_for_list = false;
        self.take_ground();
        self.rebase();
        if known {
            for (key, value) in kept.values() {
                if self.base_values.get(&key) != Some(&value) {
                    self.changes.insert(key, value);
                }
            }
        }
        self.resolve();
        Some(gone)
    }

    /// What the library of the ticked shards says.
    pub(super) fn found_library(&mut self, found: Result<Option<(PathBuf, Layer)>, String>) {
        let (library, problem) = match found {
            Ok(library) => (library, None),
            Err(problem) => (None, Some(problem)),
        };
        if library != self.library || problem != self.library_problem {
            self.library = library;
            self.library_problem = problem;
            self.resolve();
        }
    }

    fn library_deletes(&self) -> bool {
        self.library
            .as_ref()
            .is_some_and(|(_, layer)| layer.value(ORIGINALS).and_then(Value::as_str) == Some("delete"))
    }

    fn take_ground(&mut self) {
        let ground = self
            .presets()
            .find(|listed| listed.name == self.preset)
            .map(|listed| listed.layer.clone());
        self.ground = ground.unwrap_or_default();
    }

    fn layers(&self) -> Vec<(Origin, Layer)> {
        let mut layers = vec![(Origin::Preset(self.preset.clone()), self.ground.clone())];
        layers.extend(
            self.library
                .iter()
                .map(|(file, layer)| (Origin::Library(file.clone()), layer.clone())),
        );
        layers
    }

    fn rebase(&mut self) {
        self.base = Settings::resolve(self.layers()).settings;
        self.base_values = self.base.values().into_iter().collect();
    }

    /// Puts it all together again, after any change.
    fn resolve(&mut self) {
        self.rebase();
        let mut flags = Layer::default();
        for (key, value) in &self.changes {
            flags.set(key, value.clone());
        }
        let asks = self.library_deletes() && !self.changes.contains_key(ORIGINALS);
        if asks {
            // Until a person agrees; and then it is not told in the words of the command line.
            flags.set(ORIGINALS, "keep");
        }
        let mut layers = self.layers();
        layers.push((Origin::Flag, flags));
        let resolved = Settings::resolve(layers);
        let own = resolved.settings.faults();
        let mut faults: Vec<Fault> = self
            .library_problem
            .iter()
            .chain(
                resolved
                    .problems
                    .iter()
                    .filter(|problem| own.iter().all(|fault| fault.sentence != **problem)),
            )
            .map(|problem| Fault {
                key: None,
                sentence: problem.clone(),
            })
            .collect();
        for row in &CATALOGUE {
            if let Some(Err(sentence)) = self.wrong.get(row.key).map(|text| row.parse(text)) {
                faults.push(Fault {
                    key: Some(row.key),
                    sentence,
                });
            } else if let Some(fault) = own.iter().find(|fault| fault.key == row.key) {
                faults.push(Fault {
                    key: Some(row.key),
                    sentence: fault.sentence.clone(),
                });
            } else if asks && row.key == ORIGINALS {
                faults.push(Fault {
                    key: Some(row.key),
                    sentence: "This library asks to delete the originals for good. Choose Keep, or agree with Delete.".to_owned(),
                });
            }
        }
        let before = self.faults.is_empty();
        if *self.now != resolved.settings || before != faults.is_empty() {
            self.revision += 1;
        }
        self.values = resolved.settings.values().into_iter().collect();
        self.now = Arc::new(resolved.settings);
        self.faults = faults;
    }
}

fn built_in(preset: &Preset) -> Listed {
    listed(Own {
        name: preset.name.to_owned(),
        file: PathBuf::new(),
        layer: Layer::parse(preset.text),
    })
    .of_the_program()
}

fn listed(own: Own) -> Listed {
    let caption = own.layer.as_ref().map_err(Clone::clone).and_then(|layer| {
        let resolved = Settings::resolve(vec![(Origin::Preset(own.name.clone()), layer.clone())]);
        match resolved.problems.first() {
            Some(problem) => Err(problem.clone()),
            None => Ok(caption(&resolved.settings)),
        }
    });
    Listed {
        name: own.name,
        caption,
        built_in: false,
        layer: own.layer.unwrap_or_default(),
    }
}

impl Listed {
    fn of_the_program(self) -> Self {
        Self { built_in: true, ..self }
    }
}

/// A library is called as its folder is.
fn library_name(file: &Path) -> String {
    file.parent()
        .and_then(Path::file_name)
        .map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own(name: &str, text: &str) -> Own {
        Own {
            name: name.to_owned(),
            file: PathBuf::new(),
            layer: Layer::parse(text),
        }
    }

    fn library(text: &str) -> Result<Option<(PathBuf, Layer)>, String> {
        Ok(Some(("/data/flora/shardpress.toml".into(), Layer::parse(text).expect("sound"))))
    }

    #[test]
    fn a_change_that_is_taken_back_is_none() {
        let mut state = State::default();
        let first = state.revision;
        state.set("picture.quality", &json!(80));
        assert_eq!((state.changed(), state.revision), (1, first + 1));
        state.set("picture.quality", &json!(95));
        assert_eq!((state.changed(), state.revision), (0, first + 2));
        state.type_in("picture.min_score", "90".to_owned());
        state.set("picture.min_score", &json!(90));
        assert_eq!(state.revision, first + 3, "90 and 90.0 are one value");
        state.reset();
        assert_eq!(state.now(), &Settings::default());
    }

    #[test]
    fn what_is_no_value_stays_as_it_was_typed() {
        let mut state = State::default();
        state.type_in("picture.quality", "105".to_owned());
        state.type_in("machine.memory", "much".to_owned());
        assert!(state.valid().is_none());
        assert_eq!(state.now().picture.quality, 95);
        assert_eq!(state.text(row("picture.quality").expect("a row")), "105");
        let keys: Vec<_> = state.faults().iter().map(|fault| fault.key).collect();
        assert_eq!(keys, [Some("picture.quality"), Some("machine.memory")]);
        let mut state = State::from_kept(state.keep());
        assert_eq!(state.fault("picture.quality"), Some("Use a number from 1 to 100."));
        state.type_in("picture.quality", "90".to_owned());
        state.reset_one("machine.memory");
        assert_eq!(state.valid().map(|now| now.picture.quality), Some(90));
    }

    #[test]
    fn what_does_not_go_together_is_told_at_its_setting() {
        let mut state = State::default();
        state.set("picture.shape", &json!("crop"));
        assert!(state.fault("picture.shape").is_some_and(|said| said.contains("crop")));
        assert!(state.valid().is_none());
        state.set("picture.multiple_of", &json!(64));
        assert!(state.valid().is_some());
    }

    #[test]
    fn a_library_stands_between_preset_and_changes() {
        let mut state = State::default();
        state.set("picture.quality", &json!(70));
        state.found_library(library("[picture]\nquality = 60\ntarget = 300\n"));
        assert_eq!((state.now().picture.quality, state.now().picture.target), (70, 300));
        assert_eq!(state.library_of("picture.target").as_deref(), Some("flora"));
        assert_eq!(state.library_of("picture.quality"), None, "an own change is not the library's");
        assert_eq!(state.library(), Some(("flora".to_owned(), 2, None)));
        state.found_library(Ok(None));
        assert_eq!((state.now().picture.quality, state.now().picture.target), (70, 512));
        state.found_library(Err("flora: no good".to_owned()));
        assert!(state.valid().is_none() && state.faults()[0].key.is_none());
    }

    #[test]
    fn a_library_alone_deletes_nothing() {
        let mut state = State::default();
        state.found_library(library("[safety]\noriginals = \"delete\"\n"));
        assert!(state.valid().is_none());
        assert_eq!(state.now().safety.originals, Originals::Keep);
        state.set(ORIGINALS, &json!("delete"));
        assert_eq!(state.valid().map(|now| now.safety.originals), Some(Originals::Delete));
        let line = state.command(&["x".into()]);
        assert!(line.ends_with(&["--originals".into(), "delete".into()]), "{line:?}");
        state.set(ORIGINALS, &json!("keep"));
        assert_eq!(state.valid().map(|now| now.safety.originals), Some(Originals::Keep));
    }

    #[test]
    fn presets_come_and_go() {
        let mut state = State::default();
        state.listed(vec![own("mine", "[picture]\ntarget = 700\n"), own("bad", "[picture]\nx = 1\n")]);
        assert!(state.presets().any(|listed| listed.name == "bad" && listed.caption.is_err()));
        state.set("picture.quality", &json!(70));
        assert!(state.take_preset("bad").is_none() && state.preset() == FIRST_PRESET);
        let dropped = state.take_preset("mine").expect("a change was dropped");
        assert_eq!((state.now().picture.target, state.now().picture.quality), (700, 95));
        state.take_back(dropped);
        assert_eq!((state.preset(), state.now().picture.quality), (FIRST_PRESET, 70));
        state.saved_as("new", vec![own("new", "[picture]\nquality = 70\n")]);
        assert_eq!((state.preset(), state.changed(), state.now().picture.quality), ("new", 0, 70));
        state.renamed("new", "newer", vec![own("newer", "[picture]\nquality = 70\n")]);
        assert_eq!(state.preset(), "newer");
        assert_eq!(state.listed(Vec::new()).as_deref(), Some("newer"));
        assert_eq!(
            (state.preset(), state.now().picture.quality, state.changed()),
            (FIRST_PRESET, 70, 1)
        );
    }

    #[test]
    fn an_own_preset_is_waited_for() {
        let mut state = State::default();
        state.listed(vec![own("mine", "[picture]\ntarget = 700\n")]);
        state.take_preset("mine");
        let mut again = State::from_kept(state.keep());
        assert!(again.valid().is_none());
        let before = again.revision;
        assert_eq!(again.listed(vec![own("mine", "[picture]\ntarget = 700\n")]), None);
        assert_eq!(again.valid().map(|now| now.picture.target), Some(700));
        assert!(again.revision > before);
    }
}
