//! The first start: what the program does in a sentence, what becomes of originals in two, and two ways to begin: a sample library that
//! the program draws, or a folder of the person's own. Nothing else is asked, Escape leads past it, and the menu back to it.
//!
//! It comes by itself only where the window never ran before, and the file that every start leaves behind (`kept`) is the mark of
//! that: whoever used an older version has one.
//!
//! - `page`: how it looks; `workers`: where a sample library may go, and writing it.

mod page;
#[cfg(test)]
mod tests;
mod workers;

use std::path::{Path, PathBuf};

pub(super) use self::page::show;
use super::format;
use super::model::Model;
use super::office::Office;
use super::shards;
use super::shell::{self, Page, Toast, Tone};
use crate::engine::SampleSummary;

/// Facts of the first start.
#[derive(Debug, Default)]
pub(super) struct State {
    is_open: bool,
    /// Where a sample library would go; `None` while nobody looked.
    place: Option<PathBuf>,
    writing: Option<Writing>,
    /// Why it did not go well, in a sentence.
    problem: Option<String>,
}

/// A sample library that is being written.
#[derive(Debug)]
struct Writing {
    folder: PathBuf,
    /// Pictures.
    done: usize,
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The folder as it is typed.
    folder: String,
    /// The place that it was filled in from.
    from: Option<PathBuf>,
    /// The focus was given.
    is_settled: bool,
}

/// What a person asks for.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Open,
    Close,
    /// The system's dialog, for the folder that the sample library goes into.
    Choose,
    /// Writes the sample library into the folder as it was typed.
    Write(String),
    /// Begins with a folder of the person's own.
    OwnFolder,
}

/// What the workers tell.
#[derive(Debug)]
pub(super) enum News {
    Place(Option<PathBuf>),
    /// The system has no dialog for folders.
    NoDialog,
    /// So many pictures are written.
    Wrote(usize),
    Written {
        folder: PathBuf,
        summary: SampleSummary,
    },
    /// A sentence: which file or folder, what happened, what was left, what to do.
    Failed(String),
}

impl State {
    /// It lies over the page.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

/// What is due at the start.
pub(super) fn start(model: &mut Model, is_first: bool, office: &Office) {
    if is_first {
        act(model, Command::Open, office);
    }
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let state = &mut model.welcome;
    match command {
        Command::Open => {
            state.is_open = true;
            state.problem = None;
            // Asked anew: there may be a sample library by now.
            if state.writing.is_none() {
                let places = office.places.pictures.clone();
                office.spawn("place for a sample", move |courier| {
                    courier.tell(News::Place(workers::place(&places)));
                });
            }
        }
        Command::Close => state.is_open = false,
        Command::Choose => office.spawn("folder dialog", workers::choose),
        Command::Write(typed) => {
            if state.writing.is_some() {
                return;
            }
            let home = shards::home();
            let folder = shards::typed(&typed, home.as_deref()).into_iter().next();
            match folder.filter(|folder| folder.is_absolute()) {
                Some(folder) => {
                    state.problem = None;
                    state.writing = Some(Writing {
                        folder: folder.clone(),
                        done: 0,
                    });
                    workers::write(folder, office);
                }
                None => state.problem = Some("Name the folder with its whole path. Nothing was written.".to_owned()),
            }
        }
        Command::OwnFolder => {
            state.is_open = false;
            shards::act(model, shards::Command::ChooseFolders, office);
        }
    }
}

pub(super) fn hear(model: &mut Model, news: News, office: &Office) {
    let state = &mut model.welcome;
    match news {
        News::Place(place) => state.place = place,
        News::NoDialog => {
            state.problem = Some("This system shows no dialog for folders. Type the folder into the field instead.".to_owned());
        }
        News::Wrote(done) => {
            if let Some(writing) = &mut state.writing {
                // Threads tell in no order.
                writing.done = writing.done.max(done);
            }
        }
        News::Written { folder, summary } => {
            state.writing = None;
            state.is_open = false;
            let images = format::things(summary.images as u64, "picture", "pictures");
            let shards = format::things(summary.shards as u64, "shard", "shards");
            let toast = Toast::new(Tone::Success, format!("{images} in {shards} were written"))
                .detail(folder.display().to_string())
                .link("Show folder", shell::Command::ShowFile(folder.clone()));
            model.shell.toast(toast);
            shards::act(model, shards::Command::AddWhole(folder), office);
            shell::act(model, shell::Command::Go(Page::Plan), office);
        }
        News::Failed(sentence) => {
            state.writing = None;
            if state.is_open {
                state.problem = Some(sentence);
            } else {
                let toast = Toast::new(Tone::Danger, "The sample library was not written").detail(sentence);
                model.shell.toast(toast);
            }
        }
    }
}

/// A folder as it stands in the field: below the home folder as people type it there.
fn shown(folder: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| folder.strip_prefix(home).ok()) {
        // On Windows nobody knows the tilde.
        Some(below) if !cfg!(windows) => Path::new("~").join(below).display().to_string(),
        _ => folder.display().to_string(),
    }
}
