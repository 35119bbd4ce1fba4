//! From what was typed, the presets and the library's own file to the settings in force.

use super::args::Common;
use super::exit::Exit;
use super::{complain, say};
use crate::config::{Presets, library};
use crate::engine::{Explained, Origin, PRESETS, Preset, Resolved, Settings};
use crate::report::format;

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
        match Presets::of_this_user().find(&name) {
            Ok(found) => layers.push((Origin::Preset(found.name), found.layer)),
            Err(problem) => problems.push(problem),
        }
    }
    let mut resolved = Settings::resolve(layers);
    problems.append(&mut resolved.problems);
    resolved.problems = problems;
    resolved
}

/// `shardpress presets`.
pub(super) fn presets(name: Option<&str>) -> Exit {
    let presets = Presets::of_this_user();
    match name {
        Some(name) => match presets.find(name) {
            Ok(found) => {
                let resolved = Settings::resolve(vec![(Origin::Preset(found.name.clone()), found.layer)]);
                for problem in &resolved.problems {
                    complain(&format::one_line(problem));
                }
                let description = Preset::find(&found.name).map_or("", |preset| preset.description);
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
            for own in presets.own() {
                say(&format!(
                    "{:<16} {}",
                    format::shown_name(own.name.as_ref()),
                    format::shown(&own.file)
                ));
            }
            if let Some(folder) = presets.folder() {
                say(&format!("Own presets are TOML files in {}.", format::shown(folder)));
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
