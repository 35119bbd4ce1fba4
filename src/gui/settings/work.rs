//! What the settings leave to workers: presets on disk, the file of a library, the system's dialogs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Deed, News};
use crate::config::{self, PresetError, Presets};
use crate::engine::Settings;
use crate::gui::office::{Office, Places};

/// A dialog that is gone sooner was never there: nobody cancels so quickly.
const NEVER_THERE: Duration = Duration::from_millis(300);

fn presets_of(places: &Places) -> Option<Presets> {
    places.config.as_ref().map(|config| Presets::at(config.join("presets")))
}

/// Reads the list of own presets.
pub(super) fn list(office: &Office) {
    let presets = presets_of(&office.places);
    office.spawn("list presets", move |courier| {
        courier.tell(News::Presets(presets.map(|presets| presets.own()).unwrap_or_default()));
    });
}

fn change(office: &Office, name: &'static str, work: impl FnOnce(&Presets) -> (Deed, Result<(), PresetError>) + Send + 'static) {
    // Without a folder of its own every change says so, in words that fit it.
    let presets = presets_of(&office.places).unwrap_or_else(Presets::of_this_user);
    office.spawn(name, move |courier| {
        let (what, ended) = work(&presets);
        courier.tell(News::Done {
            what,
            ended,
            own: presets.own(),
        });
    });
}

pub(super) fn save(office: &Office, name: String, settings: Settings, replace: bool) {
    change(office, "save preset", move |presets| {
        let name = name.trim().to_owned();
        let ended = presets.save(&name, &settings, replace).map(|_| ());
        (Deed::Saved(name), ended)
    });
}

pub(super) fn rename(office: &Office, from: String, to: String) {
    change(office, "rename preset", move |presets| {
        let to = to.trim().to_owned();
        let ended = presets.rename(&from, &to);
        (Deed::Renamed { from, to }, ended)
    });
}

pub(super) fn import(office: &Office, from: PathBuf, replace: bool) {
    change(office, "import preset", move |presets| match presets.import(&from, replace) {
        Ok(name) => (Deed::Imported(name), Ok(())),
        Err(error) => (Deed::Imported(String::new()), Err(error)),
    });
}

pub(super) fn export(office: &Office, settings: Settings, to: PathBuf, replace: bool) {
    change(office, "export preset", move |_| {
        let ended = config::export(&settings, &to, replace);
        (Deed::Exported(to), ended)
    });
}

pub(super) fn delete(office: &Office, name: String) {
    change(office, "delete preset", move |presets| {
        let ended = presets.delete(&name);
        (Deed::Deleted(name), ended)
    });
}

pub(super) fn restore(office: &Office, name: String) {
    change(office, "bring preset back", move |presets| {
        let ended = presets.restore(&name);
        (Deed::Restored(name), ended)
    });
}

/// What the library of these folders says of its settings. On a worker: they may lie on a drive that answers slowly.
pub(super) fn look_for_library(office: &Office, revision: u64, folders: Vec<PathBuf>) {
    office.spawn("look for the library's settings", move |courier| {
        courier.tell(News::Library {
            revision,
            found: config::library(&folders),
        });
    });
}

/// Lets a person choose a file in the system's own dialog.
pub(super) fn browse(office: &Office, to_save: bool, name: String) {
    office.spawn("file dialog", move |courier| {
        let begun = Instant::now();
        let dialog = rfd::FileDialog::new().add_filter("Presets", &["toml"]);
        let path = if to_save {
            dialog.set_file_name(format!("{name}.toml")).save_file()
        } else {
            dialog.pick_file()
        };
        let there_was_one = path.is_some() || begun.elapsed() >= NEVER_THERE;
        courier.tell(News::Chosen(there_was_one.then_some(path)));
    });
}
