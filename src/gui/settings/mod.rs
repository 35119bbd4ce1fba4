//! The settings: those changed most in the left panel, all of them on a page, presets.
//!
//! Values in layers as on the command line (`state`); the page is drawn from the table of all settings, so that none can be
//! forgotten; files are read and written by workers (`work`).

mod appearance;
mod cards;
mod control;
mod nav;
mod page;
mod presets;
mod quick;
mod row;
mod sheet;
mod state;
#[cfg(test)]
mod tests;
mod work;

use std::path::PathBuf;

use serde_json::Value;

#[cfg(test)]
pub(super) use self::cards::tests::made_up;
pub(super) use self::cards::{Cards, Taken, in_full, taken};
pub(super) use self::page::{show, show_top};
pub(super) use self::presets::show as show_presets;
pub(super) use self::quick::show as show_quick;
pub(super) use self::sheet::show as show_over;
use self::state::Dropped;
pub(super) use self::state::{Kept, State};
use super::command::Outbox;
use super::model::Model;
use super::office::Office;
use super::shell::{self, Page};
use super::theme::{self, Text};
use super::widgets;
use crate::config::{Heading, Own, PresetError};
use crate::engine::{Adapter, Layer};

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// What is looked for among all settings.
    search: String,
    /// What is being typed, while the field has the keyboard.
    typing: Option<(&'static str, String)>,
    /// To be scrolled to, and given the keyboard.
    go_to: Option<GoTo>,
    /// How many times a setting was asked for that the page has shown.
    shown: u64,
    /// The heading that is in sight.
    section: Option<Heading>,
    /// Height of the page, and of what needs a change on top of it, as drawn last.
    height: f32,
    banner: f32,
    sheet: Option<sheet::Sheet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoTo {
    Heading(Heading),
    Setting(&'static str),
}

/// What a person asks of the settings.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// A value.
    Set(&'static str, Value),
    /// What stands in a field now.
    Type(&'static str, String),
    /// To what preset and library give.
    ResetOne(&'static str),
    /// All of them.
    Reset,
    /// Begin from this preset.
    Use(String),
    /// Bring back what using another preset dropped.
    TakeBack(Box<Dropped>),
    SaveAs {
        name: String,
        replace: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Import {
        from: PathBuf,
        replace: bool,
    },
    Export {
        to: PathBuf,
        replace: bool,
    },
    Delete(String),
    Restore(String),
    /// A dialog of the system.
    Browse {
        to_save: bool,
    },
    /// Asks the drivers anew.
    LookForCards,
    /// Shows a setting on the page of all.
    Show(&'static str),
}

/// What the workers tell.
#[derive(Debug)]
pub(super) enum News {
    /// The own presets that there are.
    Presets(Vec<Own>),
    /// What the library of the ticked shards says; asked for at this revision of them.
    Library {
        revision: u64,
        found: Result<Option<(PathBuf, Layer)>, String>,
    },
    /// A preset was saved, renamed, imported, exported or deleted, or not.
    Done {
        what: Deed,
        ended: Result<(), PresetError>,
        own: Vec<Own>,
    },
    /// The graphics cards of this machine.
    Cards(Vec<Adapter>),
    /// A dialog of the system was answered; `None`: there is none here.
    Chosen(Option<Option<PathBuf>>),
}

/// What was done to a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Saved(String),
    Renamed { from: String, to: String },
    Imported(String),
    Exported(PathBuf),
    Deleted(String),
    Restored(String),
}

/// What is due at the start.
pub(super) fn start(_: &mut Model, office: &Office) {
    work::list(office);
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let state = &mut model.settings;
    let changes_values = matches!(
        command,
        Command::Set(..) | Command::Type(..) | Command::ResetOne(_) | Command::Reset | Command::Use(_) | Command::TakeBack(_)
    );
    if changes_values && model.run.is_running() {
        // Fixed for this run; a toast of a moment ago may still offer it.
        return;
    }
    match command {
        Command::Set(key, value) => state.set(key, &value),
        Command::Type(key, text) => state.type_in(key, text),
        Command::ResetOne(key) => state.reset_one(key),
        Command::Reset => state.reset(),
        Command::Use(name) => {
            if let Some(dropped) = state.take_preset(&name) {
                let count = dropped.changes.len().max(dropped.wrong.len()) as u64;
                let detail = format!(
                    "{} of {} dropped.",
                    super::format::things(count, "change", "changes"),
                    dropped.preset
                );
                let toast = shell::Toast::new(shell::Tone::Success, format!("{} is in use", state.preset()));
                let toast = toast.detail(detail).link("Undo", Command::TakeBack(Box::new(dropped)));
                model.shell.toast(toast);
            }
        }
        Command::TakeBack(dropped) => state.take_back(*dropped),
        Command::SaveAs { name, replace } => work::save(office, name, state.now().clone(), replace),
        Command::Rename { from, to } => work::rename(office, from, to),
        Command::Import { from, replace } => work::import(office, from, replace),
        Command::Export { to, replace } => work::export(office, state.now().clone(), to, replace),
        Command::Delete(name) => work::delete(office, name),
        Command::Restore(name) => work::restore(office, name),
        Command::Show(key) => {
            state.shown = (state.shown.0 + 1, Some(key));
            shell::act(model, shell::Command::Go(Page::Settings), office);
        }
        Command::LookForCards => cards::look(&mut state.cards, office),
        Command::Browse { to_save } => work::browse(office, to_save, state.preset().to_owned()),
    }
}

pub(super) fn hear(model: &mut Model, news: News, _: &Office) {
    let state = &mut model.settings;
    match news {
        News::Presets(own) => listed(model, own),
        News::Library { revision, found } => {
            if model.run.is_running() {
                // Fixed for this run; asked again after it.
                state.asked_for = None;
            } else if state.asked_for == Some(revision) {
                state.found_library(found);
            }
        }
        News::Cards(found) => state.cards.heard(found),
        News::Chosen(answer) => match answer {
            Some(Some(path)) => state.chosen = (state.chosen.0 + 1, Some(path)),
            Some(None) => {}
            None => model.shell.toast(
                shell::Toast::new(shell::Tone::Warning, "This system shows no file dialog")
                    .detail("Type the path into the field instead; everything else works."),
            ),
        },
        News::Done { what, ended, own } => done(model, what, ended, own),
    }
}

fn listed(model: &mut Model, own: Vec<Own>) {
    if let Some(gone) = model.settings.listed(own) {
        let toast = shell::Toast::new(shell::Tone::Warning, format!("The preset {gone} is gone"));
        let detail = format!(
            "{} is in use instead. Look through the settings before you shrink.",
            model.settings.preset()
        );
        model.shell.toast(toast.detail(detail));
    }
}

fn done(model: &mut Model, what: Deed, ended: Result<(), PresetError>, own: Vec<Own>) {
    let asked_in_a_sheet = !matches!(what, Deed::Deleted(_) | Deed::Restored(_));
    let good = |title: String| shell::Toast::new(shell::Tone::Success, title);
    let toast = match (&ended, what) {
        (Ok(()), Deed::Saved(name)) => {
            model.settings.saved_as(&name, own);
            good(format!("Saved as {name}"))
        }
        (Ok(()), Deed::Renamed { from, to }) => {
            model.settings.renamed(&from, &to, own);
            good(format!("{from} is now called {to}"))
        }
        (Ok(()), Deed::Imported(name)) => {
            listed(model, own);
            good(format!("{name} is among your presets")).link("Use it", Command::Use(name))
        }
        (Ok(()), Deed::Exported(path)) => good("The preset was written".to_owned())
            .detail(path.display().to_string())
            .link("Show file", shell::Command::ShowFile(path)),
        (Ok(()), Deed::Deleted(name)) => {
            listed(model, own);
            good(format!("{name} was deleted")).link("Undo", Command::Restore(name))
        }
        (Ok(()), Deed::Restored(name)) => {
            listed(model, own);
            good(format!("{name} is back"))
        }
        (Err(error), _) if !asked_in_a_sheet => {
            let detail = error.to_string();
            listed(model, own);
            shell::Toast::new(shell::Tone::Danger, "The preset is as it was").detail(detail)
        }
        // The sheet tells it beside its field.
        (Err(_), _) => {
            listed(model, own);
            answer(model, ended);
            return;
        }
    };
    if asked_in_a_sheet {
        answer(model, ended);
    }
    model.shell.toast(toast);
}

fn answer(model: &mut Model, ended: Result<(), PresetError>) {
    model.settings.answers += 1;
    model.settings.answer = ended;
}

/// Starts what became due: looks for the file of a library when other shards are ticked.
pub(super) fn settle(model: &mut Model, office: &Office) {
    // Not at the start: drivers that take long, or worse, are to be met where somebody wants them.
    if matches!(model.shell.page, Page::Settings | Page::Report) && model.settings.cards.wants_a_look() {
        cards::look(&mut model.settings.cards, office);
    }
    let revision = model.shards.revision;
    if model.settings.asked_for != Some(revision) && !model.run.is_running() {
        model.settings.asked_for = Some(revision);
        work::look_for_library(office, revision, model.shards.ticked());
    }
}

/// What the status bar says while settings need a change, and on their own page; false where there is nothing to say.
pub(super) fn show_status(ui: &mut egui::Ui, model: &Model, _: &mut Outbox) -> bool {
    let count = model.settings.faults().len() as u64;
    let on_page = model.shell.page == Page::Settings;
    if count == 0 && !on_page {
        return false;
    }
    let words = if count == 0 {
        "No setting needs a change".to_owned()
    } else {
        let needs = if count == 1 { "needs" } else { "need" };
        format!("{} {needs} a change", super::format::things(count, "setting", "settings"))
    };
    let tone = if count == 0 { shell::Tone::Success } else { shell::Tone::Danger };
    let status = shell::Status {
        tone: Some(tone),
        text: words,
        detail: String::new(),
    };
    shell::show_status(ui, &status);
    if on_page {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            widgets::label(ui, "Saved as you type", Text::Small, theme::tokens(ui).text2);
        });
    }
    true
}
