//! About the program: which build it is, where it keeps things, what it is made of with all licences, and diagnostics to be copied for
//! somebody who helps. Nothing is sent anywhere.
//!
//! - `page`: how it looks; `list`: the licences; `workers`: looking at the machine, unpacking the licences.

mod list;
mod page;
#[cfg(test)]
mod tests;
mod workers;

use std::path::PathBuf;

pub(super) use self::page::show;
use super::model::Model;
use super::office::Office;
use super::shell::{self, Toast, Tone};
use crate::about::Licences;
use crate::engine::Machine;

/// Facts about the program.
#[derive(Debug, Default)]
pub(super) struct State {
    is_open: bool,
    /// Counts openings, and what was asked for last.
    opened: (u64, Part),
    /// `None` while a worker looks.
    facts: Option<Facts>,
    licences: Option<&'static Licences>,
    /// Diagnostics are on their way to the clipboard.
    gathering: bool,
    /// What draws the window: card, interface, driver; `None` in tests.
    pub(super) drawn_by: Option<String>,
}

/// What is shown of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Program,
    Licences,
}

/// What a look at the machine found.
#[derive(Debug)]
pub(super) struct Facts {
    machine: Machine,
    places: Vec<Place>,
    home: Option<PathBuf>,
}

/// Somewhere the program keeps something.
#[derive(Debug)]
struct Place {
    what: &'static str,
    path: Option<PathBuf>,
    /// It is there by now.
    is_there: bool,
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The opening that this is about.
    opened: u64,
    part: Part,
    list: list::ListView,
}

/// What a person asks for.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Open(Part),
    Close,
    CopyDiagnostics,
}

/// What the workers tell.
#[derive(Debug)]
pub(super) enum News {
    Facts(Box<Facts>),
    Licences(&'static Licences),
    /// For the clipboard; `None`: a part of the program failed, which is told elsewhere.
    Diagnostics(Option<String>),
}

impl State {
    /// It lies over the page.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let state = &mut model.about;
    match command {
        Command::Open(part) => {
            state.is_open = true;
            state.opened = (state.opened.0 + 1, part);
            // Looked at anew: there may be a history by now.
            workers::look(office);
            if state.licences.is_none() {
                workers::unpack(office);
            }
        }
        Command::Close => state.is_open = false,
        Command::CopyDiagnostics => {
            if !state.gathering {
                state.gathering = true;
                workers::gather(state.drawn_by.clone(), office);
            }
        }
    }
}

pub(super) fn hear(model: &mut Model, news: News, office: &Office) {
    let state = &mut model.about;
    match news {
        News::Facts(facts) => state.facts = Some(*facts),
        News::Licences(all) => state.licences = Some(all),
        News::Diagnostics(text) => {
            state.gathering = false;
            let Some(text) = text else { return };
            shell::act(model, shell::Command::Copy(text), office);
            let toast = Toast::new(Tone::Success, "Diagnostics are in the clipboard")
                .detail("Versions, system, graphics and drives. None of your files is named, and nothing was sent.");
            model.shell.toast(toast);
        }
    }
}
