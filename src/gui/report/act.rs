//! What a person asks of the reports, and what follows at once. Everything that reads or writes is given to a worker.

use std::path::{Path, PathBuf};

use super::state::{Beside, Column, Exporting, Wanted, What};
use super::{Segment, bench, workers};
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{self, Dialog};
use crate::gui::theme::Icon;

/// What a person asks of the reports.
#[derive(Debug, Clone)]
pub(in crate::gui) enum Command {
    /// The history changed: look again, and open the report with this id.
    Open(Option<String>),
    /// The same, and goes to this page.
    GoTo(String),
    /// Opens a report of the history.
    Show(PathBuf),
    /// Compares the open one with this one, or with none.
    Against(Option<PathBuf>),
    Segment(Segment),
    WholeComparison(bool),
    Sort(Column),
    /// Ticks a run to be compared, or unticks it.
    Mark(PathBuf),
    CompareMarked,
    AskDelete(PathBuf),
    Delete(PathBuf),
    CopyMarkdown,
    /// Asks where to.
    Export(What),
    /// The system's dialog for that.
    ChoosePlace(String),
    CloseExport,
    /// `true`: a file of ours of that name is replaced.
    Save(PathBuf, bool),
    Bench(bench::Command),
}

pub(in crate::gui) fn act(model: &mut Model, command: Command, office: &Office) {
    let report = &mut model.report;
    match command {
        Command::Open(id) => {
            report.due = true;
            if id.is_some() {
                report.awaited = id;
                report.kept.segment = Segment::Report;
                report.whole_comparison = false;
            }
        }
        Command::GoTo(id) => {
            act(model, Command::Open(Some(id)), office);
            shell::act(model, shell::Command::Go(shell::Page::Report), office);
        }
        Command::Show(path) => {
            report.kept.segment = Segment::Report;
            report.whole_comparison = false;
            report.wanted = Some(Wanted {
                path,
                beside: Beside::Fitting,
            });
        }
        Command::Against(path) => {
            let Some(open) = &report.opened else { return };
            if path.is_none() {
                report.whole_comparison = false;
            }
            report.wanted = Some(Wanted {
                path: open.path.clone(),
                beside: path.map_or(Beside::Nothing, Beside::This),
            });
        }
        Command::Segment(segment) => report.kept.segment = segment,
        Command::WholeComparison(whole) => report.whole_comparison = whole,
        Command::Sort(by) => {
            report.sort.down = if report.sort.by == by {
                !report.sort.down
            } else {
                by != Column::Folder
            };
            report.sort.by = by;
            report.arrange();
        }
        Command::Mark(path) => {
            let before = report.marked.len();
            report.marked.retain(|marked| *marked != path);
            if report.marked.len() == before {
                report.marked.push(path);
                // The two that were ticked last.
                if report.marked.len() > 2 {
                    report.marked.remove(0);
                }
            }
        }
        Command::CompareMarked => {
            let mut marked = std::mem::take(&mut report.marked);
            // The later one is what is looked at: names begin with the time.
            marked.sort();
            if let [earlier, later] = &marked[..] {
                report.kept.segment = Segment::Report;
                report.whole_comparison = true;
                report.wanted = Some(Wanted {
                    path: later.clone(),
                    beside: Beside::This(earlier.clone()),
                });
            }
        }
        Command::AskDelete(path) => ask_delete(model, path),
        Command::Delete(path) => workers::delete(office, path),
        Command::CopyMarkdown => workers::copy(model, office),
        Command::Export(what) => ask_where(model, what),
        Command::ChoosePlace(typed) => {
            if let Some(exporting) = &mut report.exporting {
                exporting.busy = true;
                exporting.problem = None;
                workers::choose(office, exporting, Path::new(&typed));
            }
        }
        Command::CloseExport => report.exporting = None,
        Command::Save(path, replace) => save(model, office, path, replace),
        Command::Bench(command) => bench::act(model, command, office),
    }
}

fn ask_delete(model: &mut Model, path: PathBuf) {
    let Some(entry) = model.report.entry(&path) else { return };
    let now = format::local(time::OffsetDateTime::now_utc());
    let what = super::sheet::kind_name(entry.kind).to_lowercase();
    let title = format!(
        "Delete the report of the {what} of {}?",
        format::moment(format::local(entry.started), now)
    );
    let dialog = Dialog::new(
        title,
        "The report goes for good. Images and kept originals stay as they are; an undo does not need it.",
    )
    .final_answer("Delete report", Some(Icon::Trash2), Command::Delete(path));
    model.shell.ask(dialog);
}

/// Suggests a name beside what was exported last.
fn ask_where(model: &mut Model, what: What) {
    let report = &mut model.report;
    let stem = match (what, &report.opened) {
        (What::Benchmark(_), _) => report.bench.stem(),
        (_, Some(open)) => Some(stem(&open.sheet.title, open.report.started, what, open)),
        (_, None) => None,
    };
    let Some(stem) = stem else { return };
    let folder = report.kept.folder.clone().or_else(|| report.home.clone()).unwrap_or_default();
    report.next_question += 1;
    report.exporting = Some(Exporting {
        id: report.next_question,
        what,
        path: folder.join(format!("{stem}.{}", what.ending())),
        busy: false,
        problem: None,
        no_dialog: false,
    });
}

/// A file name of letters that every system takes: `shard_00000-2026-11-22-1407`.
fn stem(title: &str, started: time::OffsetDateTime, what: What, open: &super::sheet::Opened) -> String {
    let when = format::local(started);
    let part = match what {
        What::Plot(at) => open.sheet.plots.get(at).map_or("plot", |plot| plot.title.as_str()),
        What::Comparison(_) => "comparison",
        What::Report(_) | What::Benchmark(_) => "report",
    };
    file_stem(&format!(
        "{title} {part} {}-{:02}-{:02}-{:02}{:02}",
        when.year(),
        u8::from(when.month()),
        when.day(),
        when.hour(),
        when.minute()
    ))
}

/// Whatever stands in a name, as a file name.
pub(super) fn file_stem(text: &str) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    text.chars().map(safe).collect::<String>().trim_matches(['-', '.']).to_owned()
}

fn save(model: &mut Model, office: &Office, path: PathBuf, replace: bool) {
    let report = &mut model.report;
    let Some(exporting) = &mut report.exporting else { return };
    if exporting.busy {
        return;
    }
    if path.as_os_str().is_empty() || path.file_name().is_none() {
        exporting.problem = Some("Name the file to write.".to_owned());
        return;
    }
    if !path.is_absolute() {
        exporting.problem = Some("Begin with the whole path of a folder, for example the one you opened the shard from.".to_owned());
        return;
    }
    exporting.busy = true;
    exporting.problem = None;
    exporting.path = path;
    workers::save(model, office, replace);
}

/// The confirmation of a replacement.
pub(super) fn ask_replace(model: &mut Model, path: PathBuf) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let dialog = Dialog::new(
        format!("Replace {name}?"),
        format!(
            "{} holds an earlier export. It is replaced as a whole, or not at all.",
            path.display()
        ),
    )
    .answer("Replace file", Some(Icon::Replace), Command::Save(path, true));
    shell::State::ask(&mut model.shell, dialog);
}
