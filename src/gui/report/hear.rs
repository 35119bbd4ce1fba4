//! What the workers tell, and what follows.

use std::path::PathBuf;
use std::sync::Arc;

use super::act::ask_replace;
use super::sheet::Opened;
use super::state::{Beside, Wanted};
use super::{bench, workers};
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{self, Toast, Tone};
use crate::report::history::{Damaged, Entry};

/// What the workers tell.
#[derive(Debug)]
pub(in crate::gui) enum News {
    /// The history as it is now.
    History {
        entries: Vec<Entry>,
        damaged: Vec<Damaged>,
        /// Why there is none.
        problem: Option<String>,
        home: Option<PathBuf>,
    },
    /// The report of this revision.
    Opened {
        revision: u64,
        result: Result<Arc<Opened>, String>,
    },
    /// For the clipboard.
    Markdown(String),
    /// What the system's dialog gave; `at_once`: so fast that there was none.
    Place {
        id: u64,
        path: Option<PathBuf>,
        at_once: bool,
    },
    /// A file of ours bears the name.
    WouldReplace {
        id: u64,
        path: PathBuf,
    },
    Saved {
        id: u64,
        path: PathBuf,
    },
    NotSaved {
        id: u64,
        problem: String,
    },
    Deleted {
        path: PathBuf,
        problem: Option<String>,
    },
    Bench(bench::News),
}

pub(in crate::gui) fn hear(model: &mut Model, news: News, office: &Office) {
    let report = &mut model.report;
    match news {
        News::History {
            entries,
            damaged,
            problem,
            home,
        } => {
            report.entries = Arc::new(entries);
            report.damaged = Arc::new(damaged);
            report.no_history = problem;
            report.home = home;
            report.looked = true;
            let known = &report.entries;
            report.marked.retain(|path| known.iter().any(|entry| entry.path == *path));
            report.arrange();
            open_what_is_due(model);
        }
        News::Opened { revision, result } => {
            if revision != report.revision {
                return;
            }
            report.reading = false;
            let before = match result {
                Ok(opened) => {
                    report.trouble = None;
                    report.opened.replace(opened)
                }
                Err(problem) => {
                    report.trouble = Some(problem);
                    report.whole_comparison = false;
                    report.opened.take()
                }
            };
            // A report of a million images takes its time to let go of.
            if let Some(before) = before {
                office.spawn("let go of a report", move |_| drop(before));
            }
        }
        News::Markdown(text) => {
            shell::act(model, shell::Command::Copy(text), office);
            model
                .shell
                .toast(Toast::new(Tone::Success, "Copied as Markdown").detail("Paste it into an issue, a chat or a note."));
        }
        News::Place { id, path, at_once } => {
            let Some(exporting) = report.exporting.as_mut().filter(|exporting| exporting.id == id) else {
                return;
            };
            exporting.busy = false;
            match path {
                Some(path) => {
                    report.next_question += 1;
                    exporting.id = report.next_question;
                    exporting.path = path;
                }
                None => exporting.no_dialog = at_once,
            }
        }
        News::WouldReplace { id, path } => {
            if let Some(exporting) = report.exporting.as_mut().filter(|exporting| exporting.id == id) {
                exporting.busy = false;
                ask_replace(model, path);
            }
        }
        News::Saved { id, path } => {
            if report.exporting.as_ref().is_some_and(|exporting| exporting.id == id) {
                report.exporting = None;
            }
            report.kept.folder = path.parent().map(ToOwned::to_owned);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
            let toast = Toast::new(Tone::Success, format!("{name} is written"))
                .detail(folder)
                .link("Show file", shell::Command::ShowFile(path));
            model.shell.toast(toast);
        }
        News::NotSaved { id, problem } => match report.exporting.as_mut().filter(|exporting| exporting.id == id) {
            Some(exporting) => {
                exporting.busy = false;
                exporting.problem = Some(problem);
            }
            // Asked and closed meanwhile: the failure must be told all the same.
            None => model.shell.toast(Toast::new(Tone::Danger, "Nothing was written").detail(problem)),
        },
        News::Deleted { path, problem } => {
            if let Some(problem) = problem {
                model
                    .shell
                    .toast(Toast::new(Tone::Danger, "The report was not deleted").detail(problem));
                return;
            }
            if report.opened.as_ref().is_some_and(|opened| opened.path == path) {
                report.opened = None;
                report.revision += 1;
            }
            workers::look(model, office);
        }
        News::Bench(news) => bench::hear(model, news, office),
    }
}

/// What was waited for, else the newest run, else the newest dry run: once, where nothing is open yet.
fn open_what_is_due(model: &mut Model) {
    let report = &mut model.report;
    let awaited = report.awaited.take();
    let by_id = awaited.and_then(|id| report.entries.iter().find(|entry| entry.id == id));
    let newest = || {
        let nothing_yet = report.opened.is_none() && !report.reading && report.wanted.is_none();
        let live = report.entries.iter().find(|entry| entry.kind == crate::engine::Kind::Run);
        live.or(report.entries.first()).filter(|_| nothing_yet)
    };
    if let Some(entry) = by_id.or_else(newest) {
        report.wanted = Some(Wanted {
            path: entry.path.clone(),
            beside: Beside::Fitting,
        });
    }
}
