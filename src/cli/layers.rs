//! From what was typed, the presets and the library's own file to the settings in force.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::Common;
use super::exit::Exit;
use super::{complain, say};
use crate::engine::{Explained, Layer, Origin, PRESETS, Preset, Resolved, Settings};
use crate::report::format;

/// Settings of a library lie in this file, in the library or above the shard that was named.
const LIBRARY_FILE: &str = "shardpress.toml";

/// A longer file is no settings.
const LONGEST: u64 = 1 << 20;

/// Everything that decides a setting, put together. Problems of all layers come together, too.
pub(super) fn resolve(common: &Common) -> Resolved {
    let (flags, mut problems) = common.flags();
    let mut layers = vec![(Origin::Flag, flags)];
    let mut preset = common.preset.clone();
    match library(&common.paths) {
        Ok(None) => {}
        Ok(Some((path, layer))) => {
            // A preset that is named now replaces the one that the library builds on.
            preset = preset.or_else(|| layer.preset().map(str::to_owned));
            layers.push((Origin::Library(path), layer));
        }
        Err(problem) => problems.push(problem),
    }
    if let Some(name) = preset {
        match find(&name) {
            Ok((name, layer)) => layers.push((Origin::Preset(name), layer)),
            Err(problem) => problems.push(problem),
        }
    }
    let mut resolved = Settings::resolve(layers);
    problems.append(&mut resolved.problems);
    resolved.problems = problems;
    resolved
}

/// The file of the library that the paths lie in; several must say the same.
fn library(paths: &[PathBuf]) -> Result<Option<(PathBuf, Layer)>, String> {
    let mut found: Option<(PathBuf, Layer)> = None;
    for path in paths {
        // `x/..` and links: the folder that is meant, not the words.
        let folder = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let candidates = [Some(folder.as_path()), folder.parent()];
        let Some(file) = candidates
            .into_iter()
            .flatten()
            .map(|folder| folder.join(LIBRARY_FILE))
            .find(|file| file.is_file())
        else {
            continue;
        };
        let layer = Layer::parse(&text_of(&file)?).map_err(|problem| told(&file, &problem))?;
        match &found {
            Some((other, same)) if *same != layer => {
                return Err(format!(
                    "{} and {} want different settings; work on these libraries one after the other.",
                    other.display(),
                    file.display()
                ));
            }
            Some(_) => {}
            None => found = Some((file, layer)),
        }
    }
    Ok(found)
}

/// A preset by its name: a file that was named, an own one, or one of the program's.
fn find(name: &str) -> Result<(String, Layer), String> {
    let path = Path::new(name);
    let file = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
        Some(path.to_owned())
    } else {
        own().into_iter().find(|(own, _)| own == name).map(|(_, file)| file)
    };
    if let Some(file) = file {
        let layer = Layer::parse(&text_of(&file)?).map_err(|problem| told(&file, &problem))?;
        if layer.preset().is_some() {
            return Err(told(&file, "a preset cannot build on another one"));
        }
        return Ok((name.to_owned(), layer));
    }
    match Preset::find(name) {
        Some(preset) => Layer::parse(preset.text).map(|layer| (preset.name.to_owned(), layer)),
        None => {
            let known: Vec<String> = own()
                .into_iter()
                .map(|(name, _)| name)
                .chain(PRESETS.map(|p| p.name.to_owned()))
                .collect();
            Err(format!("There is no preset {name}; there are {}.", known.join(", ")))
        }
    }
}

fn told(file: &Path, problem: &str) -> String {
    format!("{}: {problem}. Mend the file, or move it away.", file.display())
}

fn text_of(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = fs::File::open(file).and_then(|opened| opened.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > LONGEST => Err(told(file, "it is too long for settings")),
        Ok(_) => Ok(text),
        Err(error) => Err(told(file, &error.to_string())),
    }
}

/// Where own presets lie; `None` where the system names no folder for configuration. It need not exist.
fn folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "shardpress").map(|dirs| dirs.config_dir().join("presets"))
}

/// Own presets: name and file.
fn own() -> Vec<(String, PathBuf)> {
    let Some(entries) = folder().and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut all: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect();
    all.sort();
    all
}

/// `shardpress presets`.
pub(super) fn presets(name: Option<&str>) -> Exit {
    match name {
        Some(name) => match find(name) {
            Ok((name, layer)) => {
                let resolved = Settings::resolve(vec![(Origin::Preset(name.clone()), layer)]);
                for problem in &resolved.problems {
                    complain(&format::one_line(problem));
                }
                let description = Preset::find(&name).map_or("", |preset| preset.description);
                say(&resolved.settings.to_preset(description));
                if resolved.problems.is_empty() { Exit::Done } else { Exit::Usage }
            }
            Err(problem) => {
                complain(&format::one_line(&problem));
                Exit::Usage
            }
        },
        None => {
            for preset in PRESETS {
                say(&format!("{:<16} {}", preset.name, preset.description));
            }
            for (name, file) in own() {
                say(&format!("{:<16} {}", format::shown_name(name.as_ref()), format::shown(&file)));
            }
            if let Some(folder) = folder() {
                say(&format!("Own presets are TOML files in {}.", format::shown(&folder)));
            }
            Exit::Done
        }
    }
}

/// `plan --explain`: every setting, its value and where that comes from.
pub(super) fn explain(explained: &[Explained]) {
    let width = |part: fn(&Explained) -> &str| explained.iter().map(|e| part(e).chars().count()).max().unwrap_or(0).min(40);
    let (keys, values) = (width(|e| &e.key), width(|e| &e.value));
    for Explained { key, value, origin } in explained {
        say(&format::one_line(&format!("{key:<keys$}  {value:<values$}  {origin}")));
    }
    say("");
}
